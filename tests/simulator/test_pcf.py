"""The models of NXP's clock chips against their data sheets, at the register level."""

from __future__ import annotations

from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator.bus import Nack
from boards.simulator.pcf import SLOWLY, Mode, Pcf, pulses
from boards.simulator.pcf8523 import PCF8523
from boards.simulator.pcf8563 import PCF8563
from boards.simulator.pcf85063a import PCF85063A

from .parts import ChipDesk

CHIPS = (PCF8523, PCF8563, PCF85063A)
TRIMMED = ((PCF8523, 60, 4096), (PCF85063A, 240, 1024))
YEARS_20 = 630_720_000

every_chip = pytest.mark.parametrize("kind", CHIPS)


class Desk(ChipDesk):
    """A chip that is as warm as its crystal is right."""

    def __init__(self, kind: type[Pcf], ppb: int = 0) -> None:
        super().__init__(kind, ppb)
        self.chip.temperature_quarters = 100
        self.time = kind.TIME

    def set(self, time: datetime) -> None:
        """Set the time as the data sheets say: between STOP and its end."""
        self.write(0, 0x20)
        digits = time.strftime("%S %M %H %d %m %y").split()
        second, minute, hour, date, month, year = (int(digit, 16) for digit in digits)
        self.write(self.time, second, minute, hour, date, time.isoweekday() % 7, month, year)
        self.write(0, 0)

    def shown(self) -> datetime:
        second, minute, hour, date, _day, month, year = (f"{value:02x}" for value in self.read(self.time, 7))
        return datetime(2000 + int(year), int(month), int(date), int(hour), int(minute), int(second))


@pytest.mark.parametrize(
    ("kind", "registers"),
    [
        (PCF8523, "0000e0 80000001060100 80808080 00 00 07 00 07 00"),
        (PCF8563, "0800 80000001060100 80808080 80 0300"),
        (PCF85063A, "00000000 80000001060100 8080808080 0018"),
    ],
)
def test_after_power_up_it_says_that_the_time_is_lost(kind: type[Pcf], registers: str) -> None:
    desk = Desk(kind)
    expected = list(bytes.fromhex(registers.replace(" ", "")))
    assert desk.read(0, len(expected)) == expected
    assert desk.read(0, len(expected) + 1)[-1] == expected[0], "the pointer wraps"
    assert desk.chip.lost_power


@every_chip
@given(start=st.datetimes(datetime(2000, 1, 1), datetime(2079, 12, 31)), seconds=st.integers(0, YEARS_20))
def test_it_counts_the_calendar(kind: type[Pcf], start: datetime, seconds: int) -> None:
    desk = Desk(kind)
    start = start.replace(microsecond=0)
    desk.set(start)
    desk.wait(seconds)
    end = start + timedelta(seconds=seconds)
    assert desk.shown() == end
    assert desk.read(desk.time + 4) == [end.isoweekday() % 7]
    assert not desk.chip.lost_power


@every_chip
def test_after_stop_the_first_second_is_a_little_more_than_half(kind: type[Pcf]) -> None:
    """0.507813 to 0.507935 s; then seconds are whole."""
    desk = Desk(kind)
    desk.set(datetime(2027, 1, 1))
    desk.wait(0.5078)
    assert desk.shown().second == 0
    desk.wait(0.0002)
    assert desk.shown().second == 1
    desk.wait(0.9997)
    assert desk.shown().second == 1
    desk.wait(0.0003)
    assert desk.shown().second == 2


@every_chip
def test_stop_holds_the_time(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2027, 1, 1))
    desk.wait(10.2)
    desk.write(0, 0x20)
    desk.wait(1000)
    assert desk.shown() == datetime(2027, 1, 1, 0, 0, 10)


@every_chip
def test_writing_the_seconds_does_not_move_their_turn(kind: type[Pcf]) -> None:
    """Unlike the DS3231: without STOP the prescaler runs on."""
    desk = Desk(kind)
    desk.wait(0.7)
    desk.write(desk.time, 0x30)
    desk.wait(0.29)
    assert desk.read(desk.time)[0] & 0x7F == 0x30
    desk.wait(0.02)
    assert desk.read(desk.time)[0] & 0x7F == 0x31


@every_chip
def test_the_flag_can_be_cleared_but_not_set(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.write(desk.time, 0x85)
    assert desk.read(desk.time) == [0x85]
    desk.wait(2)
    assert desk.read(desk.time) == [0x87]
    desk.write(desk.time, 0x10)
    desk.write(desk.time, 0x90)
    assert desk.read(desk.time) == [0x10]
    desk.chip.drain()
    assert desk.chip.lost_power


@every_chip
def test_a_start_latches_the_time(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2027, 1, 1, 23, 59, 59))
    chip = desk.chip
    chip.start(False)
    chip.write(desk.time)
    chip.start(True)
    first = chip.read()
    desk.wait(1)
    assert [first, chip.read(), chip.read()] == [0x59, 0x59, 0x23]
    chip.stop()
    assert desk.read(desk.time, 3) == [0, 0, 0]


@every_chip
def test_2100_is_a_leap_year_and_its_century_is_lost_or_a_bit(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2099, 12, 31, 23, 59, 59))
    desk.wait(1)
    century = 0x80 if kind is PCF8563 else 0
    assert desk.read(desk.time, 7) == [0, 0, 0, 1, 5, 1 | century, 0]
    desk.wait(59 * 86400)
    assert desk.read(desk.time + 3, 3) == [0x29, 1, 2 | century]
    if kind is PCF8563:
        desk.write(desk.time + 5, 0x92)
        desk.write(desk.time + 3, 0x31)
        desk.write(desk.time + 6, 0x99)
        desk.wait(86400)
        assert desk.read(desk.time + 5, 2) == [0x01, 0x00], "and it turns back"


@pytest.mark.parametrize(("kind", "bit"), [(PCF8523, 0x08), (PCF85063A, 0x02)])
@pytest.mark.parametrize(("register", "after"), [(0x11, 0x32), (0x31, 0x12), (0x32, 0x21), (0x12, 0x01)])
def test_twelve_hours(kind: type[Pcf], bit: int, register: int, after: int) -> None:
    desk = Desk(kind)
    desk.write(0, bit)
    desk.write(desk.time, 0x59, 0x59, register, 1, 1, 1, 0x27)
    desk.wait(1)
    assert desk.read(desk.time + 2) == [after]


@pytest.mark.parametrize("kind", [PCF8523, PCF85063A])
def test_a_software_reset(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2027, 3, 4, 5, 6, 7))
    desk.write(kind.OFFSET or 0, 0x85)
    desk.write(0, 0x58)
    assert desk.read(0) == [0]
    assert desk.read(kind.OFFSET or 0) == [0]
    assert desk.chip.lost_power
    assert desk.read(desk.time + 6) == ([0x27] if kind is PCF8523 else [0])


@pytest.mark.parametrize(
    ("power", "goes_on"),
    [(0, True), (1, True), (2, False), (3, False), (4, True), (5, True), (7, False)],
)
def test_the_8523_goes_on_on_its_battery_only_where_it_may(power: int, goes_on: bool) -> None:
    desk = Desk(PCF8523)
    desk.set(datetime(2027, 1, 1))
    desk.write(2, power << 5)
    desk.chip.power_off()
    desk.wait(3600)
    desk.chip.power_on()
    assert desk.chip.lost_power is not goes_on
    if goes_on:
        assert desk.shown() == datetime(2027, 1, 1, 1)
        assert desk.read(2) == [power << 5 | 0x08], "it tells that it was on its battery"
        desk.write(2, power << 5)
        assert desk.read(2) == [power << 5]
    else:
        assert desk.read(2) == [0xE0]


@pytest.mark.parametrize("kind", [PCF8563, PCF85063A])
def test_the_others_are_supplied_all_the_time(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2027, 1, 1))
    desk.chip.power_off()
    desk.wait(3600)
    desk.chip.power_on()
    assert desk.shown() == datetime(2027, 1, 1, 1)


@pytest.mark.parametrize(
    ("mode", "steps", "seconds", "made"),
    [
        # Once a minute, as many minutes as there are steps, every two hours.
        (SLOWLY, 1, 0, 0),
        (SLOWLY, 1, 1, 1),
        (SLOWLY, 1, 7200, 1),
        (SLOWLY, 1, 7201, 2),
        (SLOWLY, 64, 3601, 61),
        (SLOWLY, 64, 3781, 64),
        (SLOWLY, 64, 7200, 64),
        # Once a second; what is above 60 comes in the 59th second.
        (Mode(60, 4096, 1), 3, 2, 2),
        (Mode(60, 4096, 1), 63, 59, 59),
        (Mode(60, 4096, 1), 63, 60, 63),
        (Mode(240, 1024, 1), 63, 59, 59),
        (Mode(240, 1024, 1), 63, 60, 63),
        (Mode(240, 1024, 1), 63, 241, 64),
    ],
)
def test_the_pulses_of_an_offset(mode: Mode, steps: int, seconds: int, made: int) -> None:
    assert pulses(mode, steps, seconds) == made


@pytest.mark.parametrize(("kind", "period", "fraction"), TRIMMED)
@pytest.mark.parametrize("steps", [-64, -5, 1, 63])
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("leap", [False, True])
def test_an_offset_slows_by_its_ppm(
    kind: type[Pcf], period: int, fraction: int, steps: int, fast: bool, leap: bool
) -> None:
    """4.340 or 4.069 ppm a step; the same whether the time passes in one leap or in many looks."""
    desk = Desk(kind)
    desk.write(kind.OFFSET or 0, steps & 0x7F | (0x80 if fast else 0))
    desk.set(datetime(2027, 1, 1))
    desk.wait(0.5079)
    days = 20
    for _ in range(1 if leap else 97):
        desk.wait(days * 86400 / (1 if leap else 97))
        desk.read(0)
    ppm = 1e6 / (period * fraction) if fast else 1e6 / (7200 * 32)
    assert ppm == pytest.approx(4.069 if fast else 4.340, abs=0.001)
    slow = (datetime(2027, 1, 1, 0, 0, 1) + timedelta(days=days) - desk.shown()).total_seconds()
    assert slow == pytest.approx(steps * ppm * days * 0.0864, abs=2.1)


def test_an_offset_is_made_in_single_seconds() -> None:
    """The seconds between are whole: in the first second of a minute, and no other."""
    desk = Desk(PCF8523)
    desk.write(0x0E, 1)
    desk.set(datetime(2027, 1, 1, 1, 59, 59))
    desk.wait(0.508)  # 2:00:00, a second that lasts 1.03125 s
    desk.wait(1.03)
    assert desk.shown().second == 0
    desk.wait(0.0015)
    assert desk.shown().second == 1
    desk.wait(0.9995)
    assert desk.shown().second == 1
    desk.wait(0.001)
    assert desk.shown().second == 2


@every_chip
@pytest.mark.parametrize(("degrees", "ppb"), [(5, -13600), (35, -3400), (25, 0)])
def test_its_crystal_feels_the_temperature(kind: type[Pcf], degrees: int, ppb: int) -> None:
    desk = Desk(kind, ppb=20_000)
    desk.chip.temperature_quarters = degrees * 4
    desk.set(datetime(2027, 1, 1))
    desk.wait(10_000_000)
    assert desk.shown() - datetime(2027, 1, 1) == timedelta(seconds=10_000_000 + (20_000 + ppb) // 100)


@every_chip
def test_faults(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.set(datetime(2027, 6, 1))
    desk.wait(100)
    desk.chip.fault = "silent"
    with pytest.raises(Nack):
        desk.read(0)
    desk.chip.fault = "month13"
    assert desk.read(desk.time + 5) == [0x13]
    desk.chip.fault = "frozen"
    desk.wait(100)
    assert desk.shown() == datetime(2027, 6, 1, 0, 1, 40)
    desk.chip.fault = "backwards"
    desk.wait(150)
    assert desk.shown() == datetime(2027, 5, 31, 23, 59, 10)
    with pytest.raises(ValueError, match="choose one of"):
        desk.chip.fault = "melted"


@every_chip
def test_a_restored_chip_goes_on(kind: type[Pcf]) -> None:
    old = Desk(kind, ppb=5000)
    old.set(datetime(2027, 1, 1))
    old.wait(0.7)
    new = Desk(kind, ppb=5000)
    new.wait(1_000_000.7)
    new.chip.restore(old.chip.state())
    assert new.shown() == datetime(2027, 1, 1) + timedelta(seconds=1_000_006)
    assert new.chip.utc() == int(datetime(2027, 1, 1, tzinfo=UTC_ZONE).timestamp()) + 1_000_006


@every_chip
def test_bits_that_do_not_exist_read_as_zero(kind: type[Pcf]) -> None:
    desk = Desk(kind)
    desk.write(desk.time + 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
    century = 0x80 if kind is PCF8563 else 0
    assert desk.read(desk.time + 1, 5) == [0x7F, 0x3F, 0x3F, 0x07, 0x1F | century]
