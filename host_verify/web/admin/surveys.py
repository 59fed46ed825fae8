"""The fleet's clocks for the pages. A survey reads every token, so it is kept for some minutes."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from statistics import median
from typing import Any

from markupsafe import Markup

from ... import report
from ...policy import Policy
from ...report import Survey
from ...store import Store
from . import plots, texts
from .plots import Sizes

_KEPT = 300  # s
_NAMED = 100  # tokens
_MOST_BINS = 40
_WIDTHS = (2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)  # s of a bin


@dataclass(frozen=True, slots=True)
class Shown:
    """A survey in the pages' words."""

    found: Survey

    @property
    def leaving(self) -> list[dict[str, Any]]:
        """The tokens about to fall out of their window, the soonest first."""
        return [
            {"id": each.id, "user": each.user, "why": each.why, "when": texts.day(each.when)}
            for each in self.found.leaving[:_NAMED]
        ]

    @property
    def left_out(self) -> int:
        """How many more there are."""
        return max(0, len(self.found.leaving) - _NAMED) + self.found.left_out

    def shown(self, sizes: Sizes) -> dict[str, Any] | None:
        """Return the figures and the plot of the fleet's offsets; None where no clock is known."""
        offsets = self.found.offsets
        if not offsets:
            return None
        facts = [
            ("Clocks known", f"{len(offsets):,}"),
            ("Median offset", f"{median(map(abs, offsets)):,.0f} s"),
            ("Codes in a window", f"{self.found.mean_codes:.2f}"),
            ("A guess is right", texts.odds(self.found.mean_odds)),
        ]
        count = len(self.found.leaving) + self.found.left_out
        about = f"{texts.count(count, 'token')} {'is' if count == 1 else 'are'} about to fall out"
        return {
            "facts": facts,
            "plot": _plot(offsets, sizes),
            "leaving": about if count else "No token is about to fall out of its window",
            "made": self.found.utc,
        }


class Surveys:
    """Keeps the last survey; one for each worker."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()  # one at a time: the others wait for it, and have it too
        self._last: Survey | None = None

    def now(self, store: Store, utc: int) -> Shown:
        """Return a survey made at `utc` or not long before."""
        with self._lock:
            last = self._last
            if last is None or not 0 <= utc - last.utc < _KEPT:
                last = self._last = report.survey(store, self._policy, utc)
            return Shown(last)


def _plot(offsets: Sequence[float], sizes: Sizes) -> Markup:
    low, high = min(offsets), max(offsets)
    width = next((each for each in _WIDTHS if (high - low) / each <= _MOST_BINS - 2), _WIDTHS[-1])
    found = Counter(floor(offset / width) for offset in offsets)
    bins = [(place * width, found[place]) for place in range(min(found) - 1, max(found) + 2)]
    label = (
        f"Plot of how many of {len(offsets):,} clocks are how far off: from {texts.seconds(low)} to "
        f"{texts.seconds(high)}, half of them within {median(map(abs, offsets)):,.0f} s"
    )
    return plots.offsets(bins, width, label, sizes)
