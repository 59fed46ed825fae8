"""The DS3231 model against its datasheet, at the register level and under Adafruit's driver."""

from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator.bus import Nack
from boards.simulator.ds3231 import DS3231

from .parts import Bench, ChipDesk


class Desk(ChipDesk):
    """A DS3231."""

    chip: DS3231

    def __init__(self, ppb: int = 0) -> None:
        super().__init__(DS3231, ppb)

    def set(self, time: datetime) -> None:
        digits = time.strftime("%S %M %H 0%u %d %m %y").split()
        century = 0x80 if time.year >= 2100 else 0
        values = [int(digit, 16) for digit in digits]
        values[5] |= century
        self.write(0, *values)

    def shown(self) -> datetime:
        second, minute, hour, _day, date, month, year = (f"{value:02x}" for value in self.read(0, 7))
        century, month = divmod(int(month, 16), 0x80)
        return datetime(
            2000 + 100 * century + int(year),
            int(f"{month:x}"),
            int(date),
            int(hour),
            int(minute),
            int(second),
        )


def test_after_power_up_it_says_that_the_time_is_lost() -> None:
    desk = Desk()
    assert desk.read(0, 0x13) == [0, 0, 0, 1, 1, 1, 0] + [0] * 7 + [0x1C, 0x88, 0, 0, 0]


@given(
    start=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),
    seconds=st.integers(0, 10**9),
)
def test_it_counts_the_calendar(start: datetime, seconds: int) -> None:
    desk = Desk()
    start = start.replace(microsecond=0)
    end = start + timedelta(seconds=seconds)
    if end >= datetime(2100, 2, 28):
        return
    desk.set(start)
    desk.wait(seconds + 0.5)
    assert desk.shown() == end
    assert desk.read(3) == [end.isoweekday()]


def test_2100_is_a_leap_year_to_the_chip() -> None:
    desk = Desk()
    desk.set(datetime(2100, 2, 28, 23, 59, 59))
    desk.wait(1)
    assert desk.read(4, 3) == [0x29, 0x82, 0x00]
    assert desk.chip.utc() is None


def test_the_century_bit_turns_over() -> None:
    desk = Desk()
    desk.set(datetime(2099, 12, 31, 23, 59, 59))
    assert desk.read(5) == [0x12]
    desk.wait(1)
    assert desk.read(0, 7) == [0, 0, 0, 5, 1, 0x81, 0]


@pytest.mark.parametrize(
    ("register", "after"),
    [(0x51, 0x72), (0x71, 0x52), (0x72, 0x61), (0x52, 0x41), (0x69, 0x70)],
    ids=["11 AM", "11 PM", "12 PM", "12 AM", "9 PM"],
)
def test_twelve_hour_mode(register: int, after: int) -> None:
    """Bit 6 chooses the mode, bit 5 is PM; 12 comes before 1."""
    desk = Desk()
    desk.write(0, 0x59, 0x59, register, 1, 1, 1, 0x27)
    desk.wait(1)
    assert desk.read(2) == [after]


def test_eleven_at_night_turns_the_day() -> None:
    desk = Desk()
    desk.write(0, 0x59, 0x59, 0x71, 7, 0x31, 0x12, 0x27)
    desk.wait(1)
    assert desk.read(0, 7) == [0, 0, 0x52, 1, 1, 1, 0x28]


def test_writing_the_seconds_restarts_the_second() -> None:
    desk = Desk()
    desk.wait(0.9)
    desk.write(0, 0x30)
    desk.wait(0.99)
    assert desk.read(0) == [0x30]
    desk.wait(0.02)
    assert desk.read(0) == [0x31]


def test_writing_the_minutes_does_not() -> None:
    desk = Desk()
    desk.write(0, 0x30)
    desk.wait(0.9)
    desk.write(1, 0x10)
    desk.wait(0.11)
    assert desk.read(0, 2) == [0x31, 0x10]


def test_a_start_latches_the_time() -> None:
    """The time read in one transfer belongs to one moment, even if a second turns meanwhile."""
    desk = Desk()
    desk.set(datetime(2027, 1, 1, 23, 59, 59))
    chip = desk.chip
    chip.start(False)
    chip.write(0)
    chip.start(True)
    first = chip.read()
    desk.wait(1)
    assert [first, chip.read(), chip.read()] == [0x59, 0x59, 0x23]
    chip.stop()
    assert desk.read(0, 3) == [0, 0, 0]


def test_the_pointer_wraps_after_the_last_register() -> None:
    desk = Desk()
    desk.wait(65)  # the first conversion has filled the temperature registers
    desk.write(0, 0x42)
    assert desk.read(0x11, 3) == [25, 0x40, 0x42]
    desk.write(0x12, 0x00, 0x17)
    assert desk.read(0) == [0x17]


def test_flags_can_be_cleared_but_not_set() -> None:
    desk = Desk()
    desk.write(0x0F, 0x08)
    assert desk.read(0x0F) == [0x08]
    desk.write(0x0F, 0xFF)
    assert desk.read(0x0F) == [0x08]
    desk.write(0x0F, 0x00)
    assert desk.read(0x0F) == [0x00]


def test_unused_bits_read_as_zero() -> None:
    desk = Desk()
    desk.write(0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)
    assert desk.read(0, 6) == [0x7F, 0x7F, 0x7F, 0x07, 0x3F, 0x9F]


def test_temperature_cannot_be_written_and_is_converted_on_demand() -> None:
    desk = Desk()
    desk.chip.temperature_quarters = -7  # -1.75 degrees Celsius
    desk.write(0x11, 0x55, 0x55)
    assert desk.read(0x11, 2) == [0, 0]
    desk.write(0x0E, 0x3C)
    assert desk.read(0x0E, 2) == [0x3C, 0x8C]
    desk.wait(0.25)
    assert desk.read(0x0E, 4) == [0x1C, 0x88, 0x00, 0xFE]
    assert desk.read(0x12) == [0x40]


def test_temperature_is_converted_every_64_seconds() -> None:
    desk = Desk()
    desk.chip.temperature_quarters = 101
    desk.wait(64.1)
    assert desk.read(0x0F) == [0x8C]
    desk.wait(0.2)
    assert desk.read(0x0F) == [0x88]
    assert desk.read(0x11, 2) == [25, 0x40]


@pytest.mark.parametrize(("ppb", "seconds"), [(2_000, 2), (-2_000, -2), (20_000, 20), (0, 0)])
def test_a_crystal_that_is_wrong(ppb: int, seconds: int) -> None:
    desk = Desk(ppb)
    start = datetime(2027, 1, 1)
    desk.set(start)
    desk.wait(1_000_000.5)
    assert desk.shown() - start == timedelta(seconds=1_000_000 + seconds)


def test_the_aging_offset_works_from_the_next_conversion_on() -> None:
    """A step is about 0.1 ppm, positive ones slow the clock."""
    desk = Desk()
    desk.write(0x0E, 0x3C)
    desk.wait(0.3)
    start = datetime(2027, 1, 1)
    desk.write(0x10, 0x64)
    desk.set(start)
    desk.wait(63.5)
    assert desk.shown() - start == timedelta(seconds=63)
    desk.wait(10_000_000)
    assert desk.shown() - start == timedelta(seconds=10_000_063 - 100)


def test_month_13_makes_it_stand_still() -> None:
    desk = Desk()
    desk.write(0, 0x10, 0, 0, 1, 1, 0x13, 0x27)
    desk.wait(5)
    assert desk.read(0, 7) == [0x10, 0, 0, 1, 1, 0x13, 0x27]
    assert desk.chip.utc() is None


def test_it_goes_on_on_its_battery() -> None:
    desk = Desk()
    desk.set(datetime(2027, 1, 1))
    desk.write(0x0F, 0)
    desk.chip.power_off()
    desk.wait(3600)
    desk.chip.power_on()
    assert desk.shown() == datetime(2027, 1, 1, 1)
    assert desk.read(0x0F)[0] & 0x80 == 0


def test_eosc_stops_it_on_the_battery() -> None:
    desk = Desk()
    desk.set(datetime(2027, 1, 1))
    desk.write(0x0F, 0)
    desk.write(0x0E, 0x9C)
    desk.wait(1)
    desk.chip.power_off()
    desk.wait(3600)
    desk.chip.power_on()
    assert desk.shown() == datetime(2027, 1, 1, 0, 0, 1)
    assert desk.read(0x0F)[0] & 0x80


def test_without_a_battery_everything_is_lost() -> None:
    desk = Desk()
    desk.set(datetime(2027, 1, 1))
    desk.write(0x0F, 0)
    desk.chip.drain()
    assert desk.read(0, 0x13) == [0, 0, 0, 1, 1, 1, 0] + [0] * 7 + [0x1C, 0x88, 0, 0, 0]


def test_a_restored_chip_goes_on() -> None:
    old = Desk(ppb=5000)
    old.set(datetime(2027, 1, 1))
    old.wait(0.7)
    new = Desk(ppb=5000)
    new.wait(1_000_000.7)
    new.chip.restore(old.chip.state())
    assert new.shown() == datetime(2027, 1, 1) + timedelta(seconds=1_000_005)


def test_faults() -> None:
    desk = Desk()
    desk.set(datetime(2027, 6, 1))
    desk.wait(100)
    desk.chip.fault = "silent"
    with pytest.raises(Nack):
        desk.read(0)
    desk.chip.fault = "month13"
    assert desk.read(5) == [0x13]
    desk.chip.fault = "frozen"
    desk.wait(100)
    assert desk.shown() == datetime(2027, 6, 1, 0, 1, 40)
    desk.chip.fault = "backwards"
    desk.wait(150)
    assert desk.shown() == datetime(2027, 5, 31, 23, 59, 10)
    desk.chip.fault = ""
    desk.wait(50)
    assert desk.shown() == datetime(2027, 6, 1)
    with pytest.raises(ValueError, match="choose one of"):
        desk.chip.fault = "melted"


A1 = {  # alarm 1 by its mask bits: registers 07h to 0Ah, and the seconds until it first comes due
    "every second": ((0x80, 0x80, 0x80, 0x80), 1),
    "seconds": ((0x05, 0x80, 0x80, 0x80), 5),
    "minutes": ((0x05, 0x10, 0x80, 0x80), 605),
    "hours": ((0x05, 0x10, 0x03, 0x80), 3 * 3600 + 605),
    "hours, PM": ((0x00, 0x00, 0x61, 0x80), 13 * 3600),
    "date": ((0x00, 0x00, 0x00, 0x15), 14 * 86400),
    "weekday": ((0x00, 0x00, 0x00, 0x47), 2 * 86400),
}


@pytest.mark.parametrize(("registers", "seconds"), A1.values(), ids=A1.keys())
@pytest.mark.parametrize("leap", [True, False])
def test_alarm_1(registers: tuple[int, ...], seconds: int, leap: bool) -> None:
    desk = Desk()
    desk.set(datetime(2027, 1, 1))  # a Friday, 5
    desk.write(7, *registers)
    desk.write(0x0F, 0x08)
    if leap:
        desk.wait(seconds - 0.5)
    else:
        desk.wait(seconds - 1.2)
        desk.read(0)
        desk.wait(0.7)
    assert desk.read(0x0F)[0] & 1 == 0
    desk.wait(0.5)
    assert desk.read(0x0F)[0] & 1
    desk.write(0x0F, 0x08)
    assert desk.read(0x0F)[0] & 1 == 0


def test_alarm_2_comes_due_at_the_turn_of_its_minute() -> None:
    desk = Desk()
    desk.set(datetime(2027, 1, 1))
    desk.write(0x0B, 0x07, 0x80, 0x80)
    desk.write(0x0F, 0x08)
    desk.wait(419.9)
    assert desk.read(0x0F)[0] & 2 == 0
    desk.wait(0.2)
    assert desk.read(0x0F)[0] & 2


DRIVER = """
import time, board, busio, adafruit_ds3231
rtc = adafruit_ds3231.DS3231(busio.I2C(board.GP5, board.GP4, frequency=400000))
say(rtc.lost_power)
rtc.datetime = time.struct_time((2028, 2, 28, 23, 59, 57, 0, -1, -1))
say(rtc.lost_power)
time.sleep(3.1)
say(*rtc.datetime)
rtc.calibration = -30
say(rtc.calibration, rtc.temperature)
rtc.alarm1 = (time.struct_time((2028, 2, 29, 0, 0, 5, 1, -1, -1)), "secondly")
rtc.alarm1_status = False
time.sleep(1)
say(rtc.alarm1_status)
"""


def test_the_real_driver(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DRIVER)
    lost, kept, time, calibrated, alarm = bench.run(8)
    assert (lost, kept) == ([True], [False])
    assert time[:7] == [2028, 2, 29, 0, 0, 0, 1]
    assert calibrated == [-30, 25.25]
    assert alarm == [True]
    utc = datetime(2028, 2, 29, tzinfo=UTC_ZONE).timestamp()
    assert 0 <= (bench.simulator.rtc.utc() or 0) - utc <= 8


@pytest.mark.parametrize(
    ("kind", "degrees", "ppb"), [("plain", 5, -13600), ("plain", 35, -3400), ("plain", 25, 0)]
)
def test_a_plain_crystal_slows_down_in_heat_and_cold(kind: str, degrees: int, ppb: int) -> None:
    desk = Desk()
    desk.chip.kind, desk.chip.temperature_quarters = kind, degrees * 4
    start = datetime(2027, 1, 1)
    desk.set(start)
    desk.wait(10_000_000.5)
    assert desk.shown() - start == timedelta(seconds=10_000_000 + ppb // 100)
    assert desk.read(0x11, 2) == [degrees, 0]


@pytest.mark.parametrize("degrees", [0, 5, 25, 35, 40])
def test_a_compensated_chip_stays_within_its_data(degrees: int) -> None:
    desk = Desk()
    desk.chip.temperature_quarters = degrees * 4
    start = datetime(2027, 1, 1)
    desk.set(start)
    desk.wait(10_000_000.5)
    assert abs(desk.shown() - start - timedelta(seconds=10_000_000)) <= timedelta(seconds=4)


def test_a_world_or_a_crystal_that_cannot_be_is_refused() -> None:
    desk = Desk()
    with pytest.raises(ValueError, match="85"):
        desk.chip.temperature_quarters = 341
    with pytest.raises(ValueError, match="plain"):
        desk.chip.kind = "quartz"
