"""Draws docs/screen.png and docs/screens/*.png: `python -m tests.docs.screen`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from boards.simulator import png
from boards.simulator.port import plug_in
from tests.golden_pages.render import displays
from tests.golden_pages.states import SCREENS, states
from tests.simulator.client import Client

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = ("totp-next", "list-middle-of-100", "pair-own", "locked-wheel-done")  # of docs/screens.md
UTC = 1_800_000_000


def draw(path: Path, flash: Path) -> None:
    """Save the screen of a token with three accounts, late in a time step: the README's picture."""
    simulator, port = plug_in(UTC, flash_path=flash)
    simulator.run(1)
    client = Client(port)
    client.set_time(simulator)
    for issuer, name in (("Example Bank", "alice@example.com"), ("Door", "alice"), ("Server", "root")):
        client.add(issuer=issuer, name=name)
    simulator.press("next", 100)
    simulator.run(1)
    # To the last five seconds of a step, where the next code is shown too, and to the middle of a pixel.
    simulator.run((30_000 - 4_100 - simulator.clock.now_ns() // 1_000_000 % 30_000) / 1000)
    png.save(simulator.hardware.display, path)
    simulator.close()


def draw_all(folder: Path) -> Iterator[Path]:
    """Save what each class of displays shows of `SHOWN`, as docs/screens has it; yield the files."""
    for name, screen in SCREENS.items():
        every = states(screen, "en")
        for state, display in zip(SHOWN, displays(screen, [every[state] for state in SHOWN]), strict=True):
            path = folder / f"{name}-{state}.png"
            png.save(display, path)
            yield path


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw(DOCS / "screen.png", Path(folder) / "flash.bin")
    for path in draw_all(DOCS / "screens"):
        print(path)
