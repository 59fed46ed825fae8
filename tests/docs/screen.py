"""Draws docs/screen.png, the README's picture: `python -m tests.docs.screen`."""

from __future__ import annotations

import sys
from pathlib import Path

from boards.simulator import png
from boards.simulator.port import plug_in
from tests.simulator.test_token import Client

PAGE = Path(__file__).parents[2] / "docs/screen.png"
UTC = 1_800_000_000


def draw(path: Path, flash: Path) -> None:
    """Save the screen of a token with three accounts, late in a time step."""
    simulator, port = plug_in(UTC, flash_path=flash)
    simulator.run(1)
    client = Client(port)
    client.set_time(simulator)
    for issuer, name in (("Example Bank", "alice@example.com"), ("Door", "alice"), ("Server", "root")):
        client.add(issuer=issuer, name=name)
    simulator.press("next", 100)
    simulator.run(1)
    # To the last five seconds of a step, where the next code is shown too.
    simulator.run((30_000 - 4_200 - simulator.clock.now_ns() // 1_000_000 % 30_000) / 1000)
    png.save(simulator.hardware.display, path)
    simulator.close()


if __name__ == "__main__":
    draw(PAGE, Path(sys.argv[1]))
