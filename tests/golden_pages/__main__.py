"""`python -m tests.golden_pages [--accept]` draws all screens and writes build/screens.html.

Exits with 1 where a picture differs from the golden one; `--accept` makes the new ones golden.
"""

from __future__ import annotations

import sys

from tokencore.messages import LANGUAGES

from . import GOLDEN, drawn
from .page import page
from .states import FIRMWARE, SCREENS

PAGE = FIRMWARE.parent / "build/screens.html"


def main(accept: bool) -> int:
    """Draw, compare, and write the page. Return how many pictures differ."""
    shown = [one for screen in SCREENS for language in LANGUAGES for one in drawn(screen, language)]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(shown), "utf-8")
    wrong = [one for one in shown if one.differing]
    print(f"{len(shown)} pictures, {len(wrong)} differing: {PAGE}")
    if not accept:
        return len(wrong)
    for one in wrong:
        path = GOLDEN / one.screen / one.language / f"{one.name}.png"
        if one.actual is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            one.actual.save(path, "PNG", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(bool(main("--accept" in sys.argv[1:])))
