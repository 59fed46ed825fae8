"""Scales and their ticks, for the plots: where round values lie between two ends, and their names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10

MINUTE, HOUR, DAY = 60, 3600, 86_400
_STEPS = (
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH = 30.4 * DAY


@dataclass(frozen=True, slots=True)
class Scale:
    """Carries values from `first` to `last` onto a plot's units from `start` to `end`."""

    first: float
    last: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value lies."""
        return self.start + (value - self.first) / (self.last - self.first) * (self.end - self.start)


def round_values(first: float, last: float, most: int) -> list[float]:
    """Return at most `most` + 1 multiples of 1, 2 or 5 times a power of ten, from `first` to `last`."""
    step = 10.0 ** floor(log10(max(last - first, 1e-9) / most))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if (last - first) / (step * factor) <= most)
    return [count * step for count in range(ceil(first / step - 1e-9), floor(last / step + 1e-9) + 1)]


def instants(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """Return at most `most` + 1 UTC seconds from `first` to `last` at which something begins, with its name.

    That is a minute, an hour, a day, a month or a year of the calendar, whichever are not too many.
    """
    span = max(1, last - first)
    for step in _STEPS:
        if span / step <= most:
            return [(utc, _named(utc, step)) for utc in range(-(-first // step) * step, last + 1, step)]
    months = next((count for count in _MONTHS if span / (count * _MONTH) <= most), _MONTHS[-1])
    found: list[tuple[int, str]] = []
    year, month = datetime.fromtimestamp(first, UTC).year, 1
    while (at := datetime(year, month, 1, tzinfo=UTC)).timestamp() <= last:
        if at.timestamp() >= first:
            yearly = at.month == 1 or not found
            found.append((int(at.timestamp()), at.strftime("%b %Y" if yearly else "%b")))
        year, month = year + (month - 1 + months) // 12, (month - 1 + months) % 12 + 1
    return found


def _named(utc: int, step: int) -> str:
    at = datetime.fromtimestamp(utc, UTC)
    if step < DAY and at - at.replace(hour=0, minute=0, second=0) > timedelta(0):
        return at.strftime("%H:%M")
    return f"{at.day} {at:%b}"
