"""The UC8151 model: its tables, what ink they leave, and pictures that the real displayio has drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator import core, displays, state
from boards.simulator.uc8151 import BLACK, GATES, SOURCES, UC8151

from .parts import OPEN_DRIVE, Bench

BADGE = core.of("pimoroni_badger2040w").display
SECOND_NS = 1_000_000_000
ALL = SOURCES * GATES // 8
TO_BLACK, TO_WHITE, NOTHING = 0x40, 0x80, 0x00


class Desk:
    """A chip, a clock, and the badge's sequence of commands."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.chip = UC8151(lambda: self.now_ns)
        assert BADGE is not None
        self.run(BADGE.start)

    def run(self, sequence: bytes) -> None:
        place = 0
        while place < len(sequence):
            command, size = sequence[place], sequence[place + 1]
            count = size & 0x7F
            self.send(command, sequence[place + 2 : place + 2 + count])
            place += 2 + count
            if size & 0x80:
                self.now_ns += sequence[place] * 1_000_000
                place += 1

    def send(self, command: int, data: bytes = b"") -> None:
        self.chip.command(bytes([command]))
        if data:
            self.chip.data(data)

    def tables(self, *levels: int) -> None:
        """Give white-white, black-white, white-black and black-black one phase each."""
        for command, level in zip((0x21, 0x22, 0x23, 0x24), levels, strict=True):
            self.send(command, bytes([level, 10, 0, 0, 0, 1]).ljust(42, b"\0"))
        self.send(0x20, bytes([0, 10, 0, 0, 0, 1]).ljust(44, b"\0"))

    def refresh(self, old: bytes, new: bytes) -> None:
        self.send(0x10, old)
        self.send(0x13, new)
        self.send(0x12)

    def wait(self) -> None:
        while self.chip.busy:
            self.now_ns += SECOND_NS // 100

    def inks(self) -> set[int]:
        return set(self.chip.seen())


def test_a_full_refresh_takes_its_frames_and_leaves_clean_ink() -> None:
    """254 frames at 100 a second; the picture is there when BUSY_N is high again."""
    desk = Desk()
    desk.refresh(bytes(ALL), b"\xff" * ALL)
    began_ns = desk.now_ns
    assert desk.chip.busy and desk.inks() == {0}
    desk.wait()
    assert 2_530_000_000 < desk.now_ns - began_ns <= 2_550_000_000
    assert desk.inks() == {BLACK}
    desk.refresh(bytes(ALL), bytes(ALL))  # the board never tells it the true old data
    desk.wait()
    assert desk.inks() == {0}


def test_a_quick_refresh_leaves_a_ghost_that_a_full_one_removes() -> None:
    desk = Desk()
    desk.refresh(bytes(ALL), b"\xff" * ALL)
    desk.wait()
    desk.tables(NOTHING, TO_WHITE, TO_BLACK, NOTHING)
    desk.refresh(b"\xff" * ALL, bytes(ALL))
    began_ns = desk.now_ns
    desk.wait()
    assert desk.now_ns - began_ns <= SECOND_NS // 5
    (ghost,) = desk.inks()
    assert 0 < ghost < BLACK // 4
    assert not any(any(row) for row in desk.chip.picture())
    assert BADGE is not None
    desk.run(BADGE.start)
    desk.refresh(bytes(ALL), bytes(ALL))
    desk.wait()
    assert desk.inks() == {0}


def test_a_transition_that_no_table_drives_leaves_the_ink() -> None:
    desk = Desk()
    desk.refresh(bytes(ALL), b"\xff" * ALL)
    desk.wait()
    desk.tables(NOTHING, NOTHING, TO_BLACK, NOTHING)
    desk.refresh(b"\xff" * ALL, bytes(ALL))
    desk.wait()
    assert desk.inks() == {BLACK}


@pytest.mark.parametrize(("cdi", "black"), [(0x4C, 0xFF), (0x5C, 0x00)])
def test_ddx_says_what_a_bit_means(cdi: int, black: int) -> None:
    desk = Desk()
    desk.send(0x50, bytes([cdi]))
    desk.refresh(bytes([black ^ 0xFF]) * ALL, bytes([black]) * ALL)
    desk.wait()
    assert desk.inks() == {BLACK}


def test_it_refreshes_only_with_its_voltages_on_and_awake() -> None:
    desk = Desk()
    desk.send(0x02)
    desk.refresh(bytes(ALL), b"\xff" * ALL)
    assert not desk.chip.busy and desk.inks() == {0}
    desk.send(0x04)
    desk.wait()
    desk.send(0x07, b"\xa5")
    desk.send(0x12)
    assert not desk.chip.busy
    desk.chip.reset()
    desk.send(0x04)
    assert desk.chip.busy


def test_the_ink_stays_without_power_and_a_cut_leaves_it_half_way() -> None:
    desk = Desk()
    desk.refresh(bytes(ALL), b"\xff" * ALL)
    desk.wait()
    desk.chip.power(False)
    assert desk.inks() == {BLACK}
    kept = displays.restore(json.loads(json.dumps(desk.chip.state())))
    assert set(kept.rgb()) == {0}
    desk.chip.power(True)
    assert BADGE is not None
    desk.run(BADGE.start)
    desk.refresh(bytes(ALL), bytes(ALL))
    desk.chip.power(False)
    assert desk.inks() == {BLACK // 2}


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=30))
def test_no_bytes_bring_it_down(transfers: list[tuple[bool, bytes]]) -> None:
    desk = Desk()
    for is_data, sent in transfers:
        (desk.chip.data if is_data else desk.chip.command)(sent)
        desk.now_ns += SECOND_NS
    assert len(desk.chip.rgb()) == 3 * SOURCES * GATES


DRAW = """
import {modules}
{open}
palette = displayio.Palette(2)
palette[0] = 0xFFFFFF
bitmap = displayio.Bitmap(display.width, display.height, 2)
group = displayio.Group()
group.append(displayio.TileGrid(bitmap, pixel_shader=palette))
display.root_group = group
for x, y in ((0, 0), (295, 0), (3, 127), (200, 40)):
    bitmap[x, y] = 1
while display.time_to_refresh > 0 or display.busy:
    time.sleep(0.1)
start = time.monotonic()
display.refresh()
try:
    display.refresh()
except RuntimeError as error:
    say(str(error))
while display.busy:
    time.sleep(0.01)
say(display.width, display.height, round(time.monotonic() - start, 1))
time.sleep(60)
"""
OWN = """
displayio.release_displays()
spi = busio.SPI(board.SCK, board.MOSI)
bus = fourwire.FourWire(spi, command=board.INKY_DC, chip_select=board.INKY_CS, reset=board.INKY_RST)
display = UC8151D(bus, width=296, height=128, rotation=270, busy_pin=board.INKY_BUSY, seconds_per_frame=2)
"""


@pytest.mark.parametrize(
    ("modules", "opened", "seconds"),
    [
        ("board, displayio, time", "display = board.DISPLAY", 2.7),
        ("board, busio, displayio, fourwire, time\nfrom adafruit_uc8151d import UC8151D", OWN, None),
    ],
)
def test_the_real_displayio_draws_upright(
    tmp_path: Path, modules: str, opened: str, seconds: float | None
) -> None:
    bench = Bench(
        tmp_path,
        DRAW.format(modules=modules, open=opened),
        OPEN_DRIVE,
        kept=state.new("pimoroni_badger2040w"),
    )
    said = bench.run(12)
    assert said and said[0] == ["Refresh too soon"], bench.console.getvalue()
    assert said[1][:2] == [296, 128]
    if seconds is None:
        return  # that driver's sequence is for a panel of fewer lines, as its maker knows it
    assert said[1][2] == pytest.approx(seconds, abs=0.2)
    display: Any = bench.simulator.hardware.display
    picture = display.picture()
    black = {(x, y) for y, row in enumerate(picture) for x, pixel in enumerate(row) if pixel}
    assert {(0, 0), (295, 0), (3, 127), (200, 40)} == black
    bench.simulator.close()
