"""Draws views on a simulated board: its renderer, its driver, and what its display controller received."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from boards.simulator import state
from boards.simulator.displays import Display
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .states import FIRMWARE, Screen, State

UTC = 1_800_000_000
_PAUSE = 1  # seconds between two views; e-paper gets as long as it wants
_PATIENCE = 60
_BOOT = """
import storage, usb_cdc
storage.disable_usb_drive()
usb_cdc.enable(console=False, data=True)
"""
_CODE = """
import json, time
import displayio
from tokenfw.board_file import parse
from tokenfw.hardware import building
from tokenfw.hardware.display import open_display
from tokenfw.views import View

with open("/board.toml") as file:
    settings = parse(file.read())
if settings["display"]["driver"] != "builtin":
    displayio.release_displays()
display = open_display(building._open_i2c(settings["i2c"]), settings["display"])
print(json.dumps([display.bar_width, display.rows, display.still, display.fault]))
level = 2
for number, (view, light) in enumerate(VIEWS):
    if light != level:
        level = light
        display.light(level)
    display.show(View(*view))
    while display.pending:
        time.sleep(0.1)
        display.show(View(*view))
    while display.still and display._display.busy:
        time.sleep(0.1)
    print(number)
    time.sleep(PAUSE)
"""


def render(screen: Screen, states: Iterable[State]) -> Iterator[Image.Image]:
    """Yield the picture of each state, as one looks at the panel."""
    return map(picture, displays(screen, states))


def displays(screen: Screen, states: Iterable[State]) -> Iterator[Display]:
    """Yield the display while it shows each state."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        views = [(tuple(state.view), state.light) for state in states]
        (folder / "boot.py").write_text(_BOOT)
        (folder / "code.py").write_text(f"VIEWS = {views!r}\nPAUSE = {_PAUSE}\n{_CODE}")
        for part in ("lib", "fonts", "texts"):
            (folder / part).symlink_to(FIRMWARE / part)
        console = io.StringIO()
        simulator, _port = plug_in(
            UTC, kept=state.new(screen.board), firmware=folder, flash_path=folder / "flash", console=console
        )
        try:
            _wait(simulator, console, 1)
            said = json.loads(console.getvalue().split("\n")[0])
            assert said == [screen.bar_width, screen.rows, screen.still, ""], said
            for number in range(len(views)):
                _wait(simulator, console, number + 2)
                yield simulator.hardware.display
        finally:
            simulator.close()


def _wait(simulator: Simulator, console: io.StringIO, lines: int) -> None:
    for _ in range(int(_PATIENCE / 0.05)):
        if console.getvalue().count("\n") >= lines:
            return
        simulator.run(0.05)
    raise AssertionError(console.getvalue())


def picture(display: Display) -> Image.Image:
    """Return what a display shows now; its light makes it darker."""
    image = Image.frombytes("RGB", (display.width, display.height), display.rgb())
    strength = 0.4 + 0.6 * display.backlight if display.backlight else 0
    dimmed = image.point(lambda value: round(value * strength))
    colours = sorted(colour for _count, colour in dimmed.getcolors(256) or [])
    assert colours, "more than 256 colours"
    return _with_palette(dimmed, [colour for colour in colours if isinstance(colour, tuple)])


def _with_palette(image: Image.Image, colours: list[tuple[int, ...]]) -> Image.Image:
    """Return an image of exactly these colours: a small file."""
    drawn = Image.new("P", image.size)
    drawn.putpalette([channel for colour in colours for channel in colour])
    places = {colour: place for place, colour in enumerate(colours)}
    data = image.tobytes()
    pixels = zip(data[::3], data[1::3], data[2::3], strict=True)
    drawn.putdata([places[pixel] for pixel in pixels])
    return drawn
