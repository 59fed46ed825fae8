"""`fobsim` with boards that have a display of their own: the commands see it, and paper keeps its picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from .test_cli import Desk

DRAW = """
import board, displayio, terminalio, time
from adafruit_display_text.label import Label
import keypad

display = board.DISPLAY
keys = keypad.Keys((board.{button},), value_when_pressed={pressed})
display.root_group = displayio.Group()
palette = displayio.Palette(1)
palette[0] = {paper}
sheet = displayio.Bitmap(display.width, display.height, 1)
display.root_group.append(displayio.TileGrid(sheet, pixel_shader=palette))
label = Label(terminalio.FONT, text="here", x=20, y=40, scale=2, color={ink})
display.root_group.append(label)
while True:
    if getattr(display, "time_to_refresh", 0) == 0 and not getattr(display, "busy", False):
        display.refresh()
    event = keys.events.get()
    if event and event.pressed:
        label.text = "pressed"
    time.sleep(0.05)
"""
MARGIN = 24


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    if desk.process is not None:
        desk.end()


@pytest.mark.parametrize(
    ("board", "button", "pressed", "paper", "ink", "size"),
    [
        ("lilygo_tdisplay_s3", "BUTTON0", False, 0x000000, 0xFF8000, (320, 170)),
        ("adafruit_feather_esp32s3_reverse_tft", "D2", True, 0x000000, 0xFFFFFF, (240, 135)),
        ("pimoroni_badger2040w", "SW_DOWN", True, 0xFFFFFF, 0x000000, (296, 128)),
    ],
)
def test_a_display_of_its_own(
    desk: Desk, board: str, button: str, pressed: bool, paper: int, ink: int, size: tuple[int, int]
) -> None:
    code = DRAW.format(button=button, pressed=pressed, paper=paper, ink=ink)
    (desk.firmware / "code.py").write_text(code)
    assert desk.start("--board", board)["board"] == board
    desk.until(lambda: desk.texts() == ["here"], 60)
    desk.call("press", "next")
    desk.until(lambda: desk.texts() == ["pressed"], 60)
    picture = desk.state / "screen.png"
    shown = desk.call("screen", "--png", str(picture))
    assert shown["on"]
    assert Image.open(picture).size == (size[0] * 4 + MARGIN, size[1] * 4 + MARGIN)
    known = desk.call("press", "elsewhere", exit_code=3)
    assert "next" in known and "confirm" in known
    if board.startswith("pimoroni"):
        desk.call("stop")
        desk.start("--speed", "0.01")  # it is still as the paper was, long before it has been refreshed
        assert desk.texts() == ["pressed"]
