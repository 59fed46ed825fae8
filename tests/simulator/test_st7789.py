"""The ST7789 model: addresses by its datasheet, and pictures that the real displayio has drawn upright."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator import displays, state
from boards.simulator.st7789 import COLUMNS, MV, MX, MY, PAGES, ST7789, Glass

from .parts import OPEN_DRIVE, Bench

WHOLE = Glass(0, 0, COLUMNS, PAGES, 0)
ON = bytes([0x11, 0x21, 0x29])
COLOURS = {"red": 0xFF0000, "green": 0x00FF00, "blue": 0x0000FF, "white": 0xFFFFFF}

DRAW = """
import board, busio, displayio, fourwire, time
{open}
display.auto_refresh = False
palette = displayio.Palette(5)
for number, colour in enumerate({colours}):
    palette[number + 1] = colour
bitmap = displayio.Bitmap(display.width, display.height, 5)
group = displayio.Group()
group.append(displayio.TileGrid(bitmap, pixel_shader=palette))
display.root_group = group
display.refresh()
right, bottom = display.width - 1, display.height - 1
for number, (x, y) in enumerate(((0, 0), (right, 0), (3, bottom), (right, bottom - 7))):
    bitmap[x, y] = number + 1
    display.refresh()
display.refresh()
say(display.width, display.height)
time.sleep(9)
"""
OWN = """
from adafruit_st7789 import ST7789
displayio.release_displays()
spi = busio.SPI(board.LCD_CLK, MOSI=board.LCD_MOSI)
bus = fourwire.FourWire(spi, command=board.LCD_DC, chip_select=board.LCD_CS, reset=board.LCD_RST)
display = ST7789(bus, width=240, height=135, rotation=270, colstart=53, rowstart=40, bgr=False)
"""


def chip(glass: Glass = WHOLE, *commands: bytes) -> ST7789:
    made = ST7789(glass)
    made.backlight = 1.0
    made.command(ON)
    made.command(b"\x3a")
    made.data(b"\x55")
    for command in commands:
        send(made, command)
    return made


def send(made: ST7789, command: bytes) -> None:
    made.command(command[:1])
    made.data(command[1:])


def window(made: ST7789, x: tuple[int, int], y: tuple[int, int]) -> None:
    for command, (first, last) in ((0x2A, x), (0x2B, y)):
        send(made, bytes([command]) + first.to_bytes(2, "big") + last.to_bytes(2, "big"))


def cells(made: ST7789) -> dict[tuple[int, int], int]:
    """Return the RAM's pixels that are not black, by (column, page)."""
    return {(n % COLUMNS, n // COLUMNS): pixel for n, pixel in enumerate(made.ram) if pixel}


@pytest.mark.parametrize(
    ("board", "opened"),
    [
        ("adafruit_feather_esp32s3_reverse_tft", "display = board.DISPLAY"),
        ("lilygo_tdisplay_s3", "display = board.DISPLAY"),
        ("clue_nrf52840_express", "display = board.DISPLAY"),
        ("m5stack_stick_c_plus", OWN),
    ],
)
def test_the_real_displayio_draws_upright_and_in_true_colours(
    tmp_path: Path, board: str, opened: str
) -> None:
    code = DRAW.format(open=opened, colours=tuple(COLOURS.values()))
    bench = Bench(tmp_path, code, OPEN_DRIVE if "m5" not in board else "", kept=state.new(board))
    ((width, height),) = bench.run(4)
    display: Any = bench.simulator.hardware.display
    assert (display.width, display.height) == (width, height) and display.backlight == 1
    rows = displays.pixels(display)
    lit = {(x, y): pixel for y, row in enumerate(rows) for x, pixel in enumerate(row) if any(pixel)}
    assert lit == {
        (0, 0): (255, 0, 0),
        (width - 1, 0): (0, 255, 0),
        (3, height - 1): (0, 0, 255),
        (width - 1, height - 8): (255, 255, 255),
    }
    bench.simulator.close()


@pytest.mark.parametrize(
    ("madctl", "cell"),
    [
        (0, (10, 20)),
        (MY, (10, 299)),
        (MX, (229, 20)),
        (MX | MY, (229, 299)),
        (MV, (20, 10)),
        (MV | MY, (20, 309)),
        (MV | MX, (219, 10)),
        (MV | MX | MY, (219, 309)),
    ],
)
def test_madctl_leads_from_the_address_to_the_ram(madctl: int, cell: tuple[int, int]) -> None:
    """The table of 8.12: CASET 10, RASET 20."""
    made = chip(WHOLE, bytes([0x36, madctl]))
    window(made, (10, 10), (20, 20))
    send(made, b"\x2c\x12\x34")
    assert cells(made) == {cell: 0x1234}


def test_a_write_stays_in_its_window_and_begins_anew() -> None:
    made = chip()
    window(made, (1, 2), (5, 6))
    send(made, b"\x2c" + bytes(range(1, 11)))  # the fifth pixel begins the window anew
    assert cells(made) == {(1, 5): 0x090A, (2, 5): 0x0304, (1, 6): 0x0506, (2, 6): 0x0708}
    send(made, b"\x3c\xff\xff")  # a write that goes on
    assert cells(made)[(2, 5)] == 0xFFFF


def test_what_lies_outside_of_the_ram_is_ignored() -> None:
    made = chip()
    window(made, (238, 241), (319, 320))
    send(made, b"\x2c" + bytes([1]) * 16)
    assert set(cells(made)) == {(238, 319), (239, 319)}


def test_pixels_may_come_in_pieces_and_with_18_bits() -> None:
    made = chip()
    window(made, (0, 1), (0, 0))
    made.command(b"\x2c")
    for byte in b"\xf8\x00\x07\xe0":
        made.data(bytes([byte]))
    assert cells(made) == {(0, 0): 0xF800, (1, 0): 0x07E0}
    send(made, b"\x3a\x66")
    window(made, (0, 0), (0, 0))
    send(made, b"\x2c\xfc\x00\xfc")
    assert made.ram[0] == 0xF81F


def test_it_is_dark_asleep_off_or_without_light() -> None:
    made = chip()
    window(made, (0, 239), (0, 319))
    send(made, b"\x2c" + b"\xff" * (2 * COLUMNS * PAGES))
    assert made.lit and set(made.rgb()) == {0xFF}
    for off, on in ((b"\x10", b"\x11"), (b"\x28", b"\x29")):
        made.command(off)
        assert not made.lit and set(made.rgb()) == {0}
        made.command(on)
    made.backlight = 0.0
    assert not made.lit
    made.backlight = 0.5
    made.command(b"\x20")  # no inversion: a panel that is normally black shows the complement
    assert set(made.rgb()) == {0}


def test_reset_keeps_the_ram_and_power_does_not() -> None:
    made = chip()
    window(made, (0, 0), (0, 0))
    send(made, b"\x2c\x12\x34")
    made.reset()
    assert not made.lit and made.ram[0] == 0x1234
    made.power(False)
    made.command(ON)
    made.power(True)
    assert not made.lit and not any(made.ram)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=30))
def test_no_bytes_bring_it_down(transfers: list[tuple[bool, bytes]]) -> None:
    made = chip(Glass(52, 40, 135, 240, MV | MX))
    for is_data, sent in transfers:
        (made.data if is_data else made.command)(sent)
    assert len(made.ram) == COLUMNS * PAGES
    restored = displays.restore(json.loads(json.dumps(made.state())))
    assert restored.rgb() == made.rgb() and len(made.rgb()) == 240 * 135 * 3
