"""How often anyone may ask: buckets of tries that refill evenly (GCRA, the leaky bucket as a meter)."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

MINUTE = 60.0
_MOST = 100_000  # buckets kept, then those that are full again are dropped


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests a minute; 0 is no limit. Each worker counts for itself.

    user  attempts for one user's name, known or not
    key   requests by one API key
    all   requests together
    """

    user: int = 30
    key: int = 60_000
    all: int = 120_000


class Limiter:
    """Lets through `per_minute` tries of each caller, all of a minute's at once if none came before."""

    def __init__(self, per_minute: int, clock: Callable[[], float]) -> None:
        self._interval = MINUTE / per_minute if per_minute else 0.0
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}

    def wait(self, caller: Hashable) -> float:
        """Count a try of `caller` and return 0, or return the seconds to wait, uncounted."""
        if not self._interval:
            return 0.0
        now = self._clock()
        full_at = max(self._full_at.get(caller, now), now) + self._interval
        if full_at - now > MINUTE + self._interval / 2:
            return full_at - now - MINUTE
        if len(self._full_at) >= _MOST:
            self._full_at = {name: at for name, at in self._full_at.items() if at > now}
        self._full_at[caller] = full_at
        return 0.0
