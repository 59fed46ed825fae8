"""The two alarms of a DS3231: whether one has come due between two seconds (datasheet, Table 2)."""

from .bcd import from_bcd, hour
from .rtc_calendar import DAY, digits

_MASK = 0x80


def due(registers: bytes, before: int, after: int, weekday: int) -> tuple[bool, bool]:
    """Return whether alarms 1 and 2 match a second in (before, after], both in seconds since 2000.

    `registers` are 07h to 0Dh; `weekday` is what the chip shows as day of the week (1 to 7) at `before`.
    """
    first = _matches(registers[0:4], before, after, weekday)
    # Alarm 2 has no seconds: it matches at the turn of its minute.
    second = _matches(bytes([0]) + registers[4:7], before, after, weekday)
    return first, second


def _matches(alarm: bytes, before: int, after: int, weekday: int) -> bool:
    """Walk the days of the span; within a day look at the times that the masks leave open."""
    for number, day in enumerate(range(before // DAY, after // DAY + 1)):
        if _day_fits(alarm[3], day, (weekday - 1 + number) % 7 + 1):
            start = day * DAY
            if _time_fits(alarm, max(0, before - start + 1), min(DAY - 1, after - start)):
                return True
    return False


def _day_fits(register: int, day: int, weekday: int) -> bool:
    if register & _MASK:
        return True
    if register & 0x40:
        return register & 0x0F == weekday
    return from_bcd(register & 0x3F) == digits(day * DAY)[2]


def _time_fits(alarm: bytes, low: int, high: int) -> bool:
    """Whether a second of the day in low..high has the alarm's digits."""
    seconds = range(60) if alarm[0] & _MASK else [from_bcd(alarm[0])]
    minutes = range(60) if alarm[1] & _MASK else [from_bcd(alarm[1])]
    hours = range(24) if alarm[2] & _MASK else _hours(alarm[2])
    for number in hours:
        if number * 3600 > high or number * 3600 + 3599 < low:
            continue
        for minute in minutes:
            start = number * 3600 + minute * 60
            if start <= high and start + 59 >= low and any(low <= start + s <= high for s in seconds):
                return True
    return False


def _hours(register: int) -> list[int]:
    try:
        return [hour(register)]
    except ValueError:
        return []
