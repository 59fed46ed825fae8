"""The two alarms of a DS3231: whether one has come due between two seconds (datasheet, Table 2)."""

from datetime import datetime, timedelta

from .bcd import from_bcd, hour

_MASK = 0x80


def due(registers: bytes, before: datetime, after: datetime, day: int) -> tuple[bool, bool]:
    """Return whether alarms 1 and 2 match a second in (before, after].

    `registers` are 07h to 0Dh; `day` is the day of the week (1 to 7) that the chip shows at `before`.
    """
    first = _matches(registers[0:4], before, after, day)
    # Alarm 2 has no seconds: it matches at the turn of its minute.
    second = _matches(bytes([0]) + registers[4:7], before, after, day)
    return first, second


def _matches(alarm: bytes, before: datetime, after: datetime, day: int) -> bool:
    """Walk the days of the span; within a day look at the times that the masks leave open."""
    midnight = before.replace(hour=0, minute=0, second=0)
    for number in range((after.date() - before.date()).days + 1):
        start = midnight + timedelta(days=number)
        if not _day_fits(alarm[3], start, (day - 1 + number) % 7 + 1):
            continue
        low = max(0, int((before - start).total_seconds()) + 1)
        high = min(86399, int((after - start).total_seconds()))
        if _time_fits(alarm, low, high):
            return True
    return False


def _day_fits(register: int, date: datetime, day: int) -> bool:
    if register & _MASK:
        return True
    if register & 0x40:
        return register & 0x0F == day
    return from_bcd(register & 0x3F) == date.day


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
