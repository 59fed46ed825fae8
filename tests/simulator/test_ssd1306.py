"""The SSD1306 model against its datasheet: addressing, and what an eye sees."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from boards.simulator import png
from boards.simulator.bus import I2CBus
from boards.simulator.oled import Picture
from boards.simulator.ssd1306 import HEIGHT, SSD1306, WIDTH

ADDRESS = 0x3C
# What a usual module's driver sends: remapped both ways, so that column 0 of page 0 is upper left.
UPRIGHT = [0x8D, 0x14, 0xA1, 0xC8, 0xAF]


class Desk:
    def __init__(self, *commands: int) -> None:
        self.chip = SSD1306()
        self.bus = I2CBus()
        self.bus.chips[ADDRESS] = self.chip
        self.command(*commands)

    def command(self, *commands: int) -> None:
        if commands:
            self.bus.transfer(ADDRESS, bytes([0x00, *commands]))

    def data(self, *data: int) -> None:
        self.bus.transfer(ADDRESS, bytes([0x40, *data]))

    def lit(self) -> set[tuple[int, int]]:
        return lit(self.chip.picture())


def lit(picture: Picture) -> set[tuple[int, int]]:
    return {(x, y) for y in range(HEIGHT) for x in range(WIDTH) if picture[y][x]}


def test_it_is_dark_until_it_is_switched_on_and_has_its_voltage() -> None:
    desk = Desk(0xA5)
    assert desk.lit() == set()
    desk.command(0xAF)
    assert desk.lit() == set()
    desk.command(0x8D, 0x14)
    assert len(desk.lit()) == WIDTH * HEIGHT
    desk.command(0xAE)
    assert desk.lit() == set()


def test_status_register_tells_whether_it_is_on() -> None:
    desk = Desk()
    assert desk.bus.transfer(ADDRESS, None, 1) == b"\x40"
    desk.command(0xAF)
    assert desk.bus.transfer(ADDRESS, None, 1) == b"\x00"


def test_horizontal_addressing_stays_in_its_window() -> None:
    desk = Desk(*UPRIGHT, 0x20, 0x00, 0x21, 10, 12, 0x22, 2, 3)
    desk.data(1, 2, 4, 8, 16, 32, 64)  # the seventh byte begins the window anew
    assert desk.lit() == {(10, 22), (11, 17), (12, 18), (10, 27), (11, 28), (12, 29)}


def test_vertical_addressing() -> None:
    desk = Desk(*UPRIGHT, 0x20, 0x01, 0x21, 10, 11, 0x22, 2, 3)
    desk.data(1, 2, 4, 8)
    assert desk.lit() == {(10, 16), (10, 25), (11, 18), (11, 27)}


def test_page_addressing_wraps_within_its_page() -> None:
    desk = Desk(*UPRIGHT, 0x20, 0x02, 0xB3, 0x0E, 0x17)
    desk.data(1, 1, 1)
    assert desk.lit() == {(126, 24), (127, 24)}
    desk = Desk(*UPRIGHT, 0x20, 0x02, 0xB3, 0x00, 0x10)
    desk.data(*[1] * 129)
    assert desk.lit() == {(x, 24) for x in range(128)}


def test_a_single_byte_may_have_a_control_byte_of_its_own() -> None:
    """Co = 1 before one byte, Co = 0 before all the rest (section 8.1.5.2)."""
    desk = Desk(*UPRIGHT)
    desk.bus.transfer(ADDRESS, bytes([0x80, 0xB1, 0xC0, 0x81, 0x80, 0x05, 0x40, 0xFF]))
    assert desk.lit() == {(0, 8), (0, 15)} | {(5, y) for y in range(8, 16)}


def test_segment_remap_acts_on_what_is_written_after_it() -> None:
    desk = Desk(0x8D, 0x14, 0xC8, 0xAF, 0xA0)
    desk.data(1)
    assert desk.lit() == {(127, 0)}
    desk.command(0xA1)
    assert desk.lit() == {(127, 0)}
    desk.command(0xB0, 0x00, 0x10)
    desk.data(1)
    assert desk.lit() == {(127, 0), (0, 0)}


def test_com_scan_direction_acts_at_once() -> None:
    desk = Desk(*UPRIGHT)
    desk.data(1)
    desk.command(0xC0)
    assert desk.lit() == {(0, 63)}


@pytest.mark.parametrize(
    ("commands", "y"),
    [
        ([0x48], 56),  # start line 8: what was in line 8 comes first, line 0 after line 63
        ([0xD3, 8], 56),  # display offset 8 with the remapped scan: COM0, lowest, shows row 7
        ([0xC0, 0xD3, 8], 7),  # the plain scan: COM0 shows row 8, COM56 row 0
        ([0xA8, 31], 32),  # 32 rows: COM31, and so the lower half of the panel
    ],
)
def test_shifts(commands: list[int], y: int) -> None:
    desk = Desk(*UPRIGHT)
    desk.data(1)
    desk.command(*commands)
    assert desk.lit() == {(0, y)}


def test_inverse() -> None:
    desk = Desk(*UPRIGHT)
    desk.data(1)
    desk.command(0xA7)
    assert len(desk.lit()) == WIDTH * HEIGHT - 1
    desk.command(0xA6)
    assert desk.lit() == {(0, 0)}


@given(st.binary(min_size=1024, max_size=1024))
def test_a_full_frame_is_seen_as_it_was_sent_and_survives_json(frame: bytes) -> None:
    desk = Desk(*UPRIGHT, 0x20, 0x00, 0x21, 0, 127, 0x22, 0, 7)
    desk.data(*frame)
    expected = {
        (n % 128, n // 128 * 8 + bit) for n, byte in enumerate(frame) for bit in range(8) if byte >> bit & 1
    }
    assert desk.lit() == expected
    restored = SSD1306.restore(json.loads(json.dumps(desk.chip.state())))
    assert lit(restored.picture()) == expected


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_bring_it_down(transfers: list[bytes]) -> None:
    desk = Desk()
    for transfer in transfers:
        desk.bus.transfer(ADDRESS, transfer)
    desk.chip.picture()
    assert len(desk.chip.gddram) == 1024


def test_the_png_shows_the_pixels(tmp_path: Path) -> None:
    desk = Desk(*UPRIGHT, 0x81, 0xFF)
    desk.data(1)
    png.save(desk.chip, tmp_path / "bright.png")
    desk.command(0x81, 0x00)
    png.save(desk.chip, tmp_path / "dim.png")
    bright, dim = (Image.open(tmp_path / name).convert("L") for name in ("bright.png", "dim.png"))
    assert bright.size == (128 * 4 + 24, 64 * 4 + 24)
    levels = [image.getpixel((12, 12)) for image in (bright, dim)] + [bright.getpixel((16, 12))]
    assert levels == sorted(levels, reverse=True)  # type: ignore[type-var]
    assert len(set(levels)) == 3
