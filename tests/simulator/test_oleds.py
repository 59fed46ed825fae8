"""SH1106 and SH1107: what their datasheets say, and what is seen behind the real drivers and displayio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator import displays, state
from boards.simulator.bus import I2CBus
from boards.simulator.oled import Oled, Picture
from boards.simulator.sh1106 import SH1106
from boards.simulator.sh1107 import SH1107

from .parts import OPEN_DRIVE, Bench

# The corner, and an asymmetrical mark: it tells every turn and mirror image from the others.
DRAW = """
import {modules}
{open}
palette = displayio.Palette(2)
palette[1] = 0xFFFFFF
bitmap = displayio.Bitmap(display.width, display.height, 2)
for x, y in {points}:
    bitmap[x, y] = 1
group = displayio.Group()
group.append(displayio.TileGrid(bitmap, pixel_shader=palette))
display.root_group = group
display.refresh()
say(display.width, display.height)
for x, y in {later}:
    bitmap[x, y] = 1
    display.refresh()
say("done")
time.sleep(9)
"""
POINTS = {(0, 0), (1, 0), (2, 0), (0, 1), (127, 0), (40, 50), (127, 63)}
LATER = {(77, 33), (19, 62), (126, 1)}


def seen(picture: Picture) -> set[tuple[int, int]]:
    return {(x, y) for y, row in enumerate(picture) for x, pixel in enumerate(row) if pixel}


def drawn(folder: Path, board: str, modules: str, opened: str) -> set[tuple[int, int]]:
    code = DRAW.format(modules=modules, open=opened, points=sorted(POINTS), later=sorted(LATER))
    bench = Bench(folder, code, OPEN_DRIVE, kept=state.new(board))
    assert bench.run(3) == [[128, 64], ["done"]], bench.console.getvalue()
    display: Any = bench.simulator.hardware.display
    picture = seen(display.picture())
    bench.simulator.close()
    return picture


def test_the_real_driver_draws_upright_on_the_feather_wing(tmp_path: Path) -> None:
    opened = """
displayio.release_displays()
bus = i2cdisplaybus.I2CDisplayBus(busio.I2C(board.SCL, board.SDA, frequency=400000), device_address=0x3C)
display = SH1107(bus, width=128, height=64, auto_refresh=False)
"""
    modules = "board, busio, displayio, i2cdisplaybus, time\nfrom adafruit_displayio_sh1107 import SH1107"
    assert drawn(tmp_path, "adafruit_feather_rp2040", modules, opened) == POINTS | LATER


def test_the_core_draws_upright_on_the_macropad(tmp_path: Path) -> None:
    opened = "display = board.DISPLAY\ndisplay.auto_refresh = False\n"
    modules = "board, displayio, time"
    assert drawn(tmp_path, "adafruit_macropad_rp2040", modules, opened) == POINTS | LATER


def test_the_real_sh1106_driver_draws_as_the_core_does(tmp_path: Path) -> None:
    """The board's display is released first: its pins are free then, but for the core's own bus."""
    opened = """
displayio.release_displays()
spi = busio.SPI(board.SCK, board.MOSI)
bus = fourwire.FourWire(spi, command=board.OLED_DC, chip_select=board.OLED_CS, reset=board.OLED_RESET)
display = SH1106(bus, width=128, height=64, colstart=2, auto_refresh=False)
"""
    modules = "board, busio, displayio, fourwire, time\nfrom adafruit_displayio_sh1106 import SH1106"
    assert drawn(tmp_path, "adafruit_macropad_rp2040", modules, opened) == POINTS | LATER


def test_a_built_in_display_holds_its_pins_until_it_is_released(tmp_path: Path) -> None:
    code = """
import board, busio, digitalio, displayio
for action in (lambda: busio.SPI(board.SCK, board.MOSI), lambda: digitalio.DigitalInOut(board.OLED_DC)):
    try:
        action()
    except ValueError as error:
        say(str(error))
displayio.release_displays()
busio.SPI(board.SCK, board.MOSI).deinit()
say("free")
"""
    bench = Bench(tmp_path, code, OPEN_DRIVE, kept=state.new("adafruit_macropad_rp2040"))
    assert bench.run(2) == [["SCK in use"], ["OLED_DC in use"], ["free"]]


def test_sh1106_columns_end_at_132_and_do_not_wrap() -> None:
    chip = SH1106()
    chip.command(bytes([0xB3, 0x12, 0x0E]))  # page 3, column 2Eh
    chip.data(b"\x01")
    assert chip.gddram[3 * 132 + 0x2E] == 1
    chip.command(bytes([0x18, 0x03]))  # column 131, the last
    chip.data(b"\x55\xaa")
    assert chip.gddram[3 * 132 + 131] == 0x55
    assert sum(chip.gddram) == 0x56


def test_sh1106_shows_nothing_without_its_converter() -> None:
    chip = SH1106()
    chip.command(b"\xa5")
    assert not chip.lit
    chip.command(b"\xaf")
    assert chip.lit and len(seen(chip.picture())) == 128 * 64
    chip.command(b"\xad\x8a")
    assert not chip.lit and seen(chip.picture()) == set()


def test_sh1107_pages_run_along_the_segments() -> None:
    chip = SH1107()
    chip.command(bytes([0xBF, 0x17, 0x0F]))  # page 15, column 127: the last byte
    chip.data(b"\x80\x01")
    assert chip.gddram[15 * 128 + 127] == 0x80
    assert chip.gddram[15 * 128] == 0x01  # the column begins anew, the page stays
    chip.command(bytes([0x21, 0xBF, 0x10, 0x05]))  # vertical: the page goes on first
    chip.data(b"\x11\x22")
    assert (chip.gddram[15 * 128 + 5], chip.gddram[6]) == (0x11, 0x22)


@pytest.mark.parametrize(("offset", "com"), [(0x60, 32), (0x5F, 33), (0x61, 31)])
def test_sh1107_display_offset_moves_the_lines(offset: int, com: int) -> None:
    """With an offset of 128 - n line 0 is n common lines farther; the wing's lowest is COM32."""
    chip = SH1107()
    chip.command(bytes([0xA8, 63, 0xD3, offset, 0xAF, 0xB0, 0x10, 0x00]))
    chip.data(b"\x01")
    assert seen(chip.picture()) == ({(0, 95 - com)} if com >= 32 else set())


@given(st.sampled_from([SH1106, SH1107]), st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_bring_one_down(kind: type[Oled], transfers: list[bytes]) -> None:
    chip = kind()
    bus = I2CBus()
    bus.chips[0x3C] = chip
    for transfer in transfers:
        bus.transfer(0x3C, transfer)
    restored = displays.restore(json.loads(json.dumps(chip.state())))
    assert restored.rgb() == chip.rgb()
    assert len(chip.rgb()) == 128 * 64 * 3
