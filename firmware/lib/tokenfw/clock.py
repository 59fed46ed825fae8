"""UTC from the clock chip: whole seconds from the chip, milliseconds from when its second turned.

The chip is watched until its second turns; that tick is the anchor that later times are counted
from, taken anew every few seconds. The token knows no time zone.
"""

from tokencore.account import MAX_TIME
from tokencore.errors import ClockFailed, ClockNotSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    Civil = tuple[int, int, int, int, int, int, int]

    class Rtc(Protocol):
        """A clock chip that keeps civil UTC. All raise OSError where it does not answer."""

        def lost_power(self) -> bool: ...
        def read(self) -> Civil: ...
        def write(self, civil: Civil) -> None: ...


OK, NOT_SET, FAILED = "ok", "not set", "failed"

_ANCHOR_MS = 10000  # between two looks at the turn of a second
_EARLY_MS = 60  # how long before the expected turn to begin looking
_TURN_MS = 50  # readings farther apart do not tell when the second turned
_ASLEEP_MS = 60000  # without a look for so long, the chip knows better than the ticks
_RETRY_MS = 1000
_TRIES = 3  # a bus may fail once; a chip that fails in a row is broken
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Clock:
    """The token's UTC. `floor` is the time it was last set to: an earlier reading is not believed."""

    def __init__(self, rtc: "Rtc", floor: int) -> None:
        self._rtc = rtc
        self._floor = floor
        self.state = NOT_SET
        self._anchor = 0  # the tick at which second `_second` began
        self._second = 0
        self._last = -1  # the reading before, and its tick, while waiting for the second to turn
        self._last_ms = 0
        self._due = 0
        self._failures = 0
        self._disproved = False  # the chip has contradicted itself: only setting it helps

    def step(self, now_ms: int) -> None:
        """Look at the chip where it is time to. Poll at least every 20 ms."""
        if now_ms < self._due or self._disproved:
            return
        try:
            lost, utc = self._rtc.lost_power(), _utc(self._rtc.read())
        except (OSError, ValueError):
            self._failures += 1
            self._due = now_ms + _RETRY_MS if self._failures >= _TRIES else now_ms
            if self._failures >= _TRIES:
                self.state, self._last = FAILED, -1
            return
        self._failures = 0
        if lost or utc < self._floor:
            self.state, self._last, self._due = NOT_SET, -1, now_ms + _RETRY_MS
        elif self.state == OK and self._contradicts(utc, now_ms):
            self.state, self._disproved = FAILED, True
        else:
            self._look(utc, now_ms)

    def _look(self, utc: int, now_ms: int) -> None:
        elapsed = now_ms - self._anchor
        if self.state != OK or (elapsed > _ASLEEP_MS and abs(utc - self._second - elapsed // 1000) > 1):
            # Up to a second late until the first turn is seen: better than no code.
            self.state, self._anchor, self._second = OK, now_ms, utc
        elif utc == self._last + 1 and now_ms - self._last_ms <= _TURN_MS:
            self._anchor, self._second, self._last = now_ms, utc, -1
            self._due = now_ms + _ANCHOR_MS - _EARLY_MS
            return
        self._last, self._last_ms = utc, now_ms

    def _contradicts(self, utc: int, now_ms: int) -> bool:
        """Whether the chip ran backwards, stood still or leapt, by the ticks since the anchor."""
        elapsed = (now_ms - self._anchor) // 1000
        allowed = 2 + elapsed // 1000  # the two oscillators may differ by 1,000 ppm
        return utc < max(self._second, self._last) or abs(utc - self._second - elapsed) > allowed

    @property
    def fault(self) -> str:
        """What is wrong with the chip, or ""."""
        return "the clock chip does not answer or answers nonsense" if self.state == FAILED else ""

    def utc_ms(self, now_ms: int) -> int:
        """Return UTC in milliseconds. Raises ClockNotSet or ClockFailed."""
        if self.state == NOT_SET:
            raise ClockNotSet("the clock is not set: run provisioner sync")
        if self.state == FAILED:
            raise ClockFailed(self.fault)
        # Between two looks at the chip the last second may end; the next look finds no time after it.
        return min(self._second * 1000 + now_ms - self._anchor, MAX_TIME * 1000 + 999)

    def set(self, utc: int, now_ms: int) -> None:
        """Set the chip so that second `utc` begins now. Raises ClockFailed."""
        try:
            self._rtc.write(civil(utc))
            if self._rtc.lost_power() or not 0 <= _utc(self._rtc.read()) - utc <= 1:
                raise ValueError
        except (OSError, ValueError):
            self.state = FAILED
            raise ClockFailed("the clock chip did not take the time") from None
        self.state, self._disproved, self._floor = OK, False, utc
        self._anchor, self._second, self._last = now_ms, utc, -1
        self._due = now_ms + _ANCHOR_MS - _EARLY_MS


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_before(year: int) -> int:
    """Days from 1970-01-01 to the first of January of `year` (Gregorian)."""
    year -= 1
    return year * 365 + year // 4 - year // 100 + year // 400 - 719162


def _utc(fields: "Civil") -> int:
    year, month, day, hour, minute, second = fields[:6]
    if not (2000 <= year <= 2199 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        raise ValueError("no such time")
    if not 1 <= day <= _DAYS[month - 1] + (month == 2 and _leap(year)):
        raise ValueError("no such day")
    days = _days_before(year) + sum(_DAYS[: month - 1]) + (month > 2 and _leap(year)) + day - 1
    utc = ((days * 24 + hour) * 60 + minute) * 60 + second
    if utc > MAX_TIME:
        raise ValueError("beyond the time of any account or message")
    return utc


def civil(utc: int) -> "Civil":
    """Return UTC seconds as (year, month, day, hour, minute, second, weekday from Monday = 0)."""
    days, second = divmod(utc, 86400)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    year = 1970 + days // 366
    while _days_before(year + 1) <= days:
        year += 1
    day = days - _days_before(year)
    month = 1
    while day >= _DAYS[month - 1] + (month == 2 and _leap(year)):
        day -= _DAYS[month - 1] + (month == 2 and _leap(year))
        month += 1
    return year, month, day + 1, second // 3600, second // 60 % 60, second % 60, weekday
