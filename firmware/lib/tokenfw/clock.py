"""UTC from the clock chip: whole seconds from the chip, milliseconds from when its second turned.

The chip is watched until its second turns; that tick is the anchor that later times are counted
from, taken anew every few seconds. What the chip counts is corrected by `discipline`. The token knows
no time zone.
"""

from tokencore.account import MAX_TIME
from tokencore.errors import ClockFailed, ClockNotSet

from .discipline import SEEN, Discipline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    Civil = tuple[int, int, int, int, int, int, int]

    class Rtc(Protocol):
        """A clock chip that keeps civil UTC. All raise OSError where it does not answer.

        A chip may begin to count within the second that is written: `begun_ms` after its turn.
        """

        begun_ms: int

        def lost_power(self) -> bool: ...
        def read(self) -> Civil: ...
        def write(self, civil: Civil) -> None: ...
        def trim(self) -> "int | None":
            """Return the steps in the register that slows the oscillator, None where there is none."""

        def set_trim(self, steps: int) -> None: ...
        def temperature(self) -> "int | None":
            """Return degrees Celsius times 4, None where the chip has no thermometer."""


OK, NOT_SET, FAILED = "ok", "not set", "failed"

_ANCHOR_MS = 10000  # between two looks at the turn of a second
_EARLY_MS = 60  # how long before the expected turn to begin looking
_POLL_MS = 10  # between two readings while looking
_TURN_MS = 50  # readings farther apart do not tell when the second turned
_ASLEEP_MS = 60000  # without a look for so long, the chip knows better than the ticks
_RETRY_MS = 1000
_FEEL_S = 60  # between two temperatures
_LOOK_MS = 25  # how late the turn of a second is seen, two steps and the bus included
_UNSEEN_MS = 1000  # before the first turn is seen
_TRIES = 3  # a bus may fail once; a chip that fails in a row is broken
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Clock:
    """The token's UTC. `floor` is the time it was last set to: an earlier reading is not believed."""

    def __init__(self, rtc: "Rtc", floor: int, discipline: Discipline) -> None:
        self._rtc = rtc
        self._floor = floor
        self.discipline = discipline
        self.state = NOT_SET
        self._anchor = 0  # the tick at which second `_second` began
        self._second = 0
        self._last = -1  # the reading before, and its tick, while waiting for the second to turn
        self._last_ms = 0
        self._due = 0
        self._failures = 0
        self._turned = False  # whether the anchor is a turn that was seen
        self._felt = 0  # the chip's time of the last temperature
        self._known = False  # whether the chip's trim register has been read since the start
        self._disproved = False  # the chip has contradicted itself: only setting it helps

    def step(self, now_ms: int) -> None:
        """Look at the chip where it is time to. Poll as often as `wait_ms` says."""
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
            self._feel(utc)

    def wait_ms(self, now_ms: int) -> int:
        """Return how many ms after a step at `now_ms` the next may come: few while a turn is awaited."""
        return _POLL_MS if self._due <= now_ms else self._due - now_ms

    def _feel(self, utc: int) -> None:
        """Take the chip's trim once and its temperature now and then, where they tell anything."""
        try:
            if not self._known:
                trim = self._rtc.trim()
                if trim is not None:
                    self.discipline.trimmed(trim, False)
                self._known = True
            if self.discipline.needs_temperature and not 0 <= utc - self._felt < _FEEL_S:
                self._felt = utc
                quarters = self._rtc.temperature()
                if quarters is not None:
                    self.discipline.feel(utc, quarters)
        except OSError:
            pass  # It is asked again; without an answer the bound grows.

    def _look(self, utc: int, now_ms: int) -> None:
        elapsed = now_ms - self._anchor
        if self.state != OK or (elapsed > _ASLEEP_MS and abs(utc - self._second - elapsed // 1000) > 1):
            # Up to a second late until the first turn is seen: better than no code.
            self.state, self._anchor, self._second, self._turned = OK, now_ms, utc, False
        elif utc == self._last + 1 and now_ms - self._last_ms <= _TURN_MS:
            self._anchor, self._second, self._last, self._turned = now_ms, utc, -1, True
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
        return min(self.discipline.utc_ms(self._chip_ms(now_ms)), MAX_TIME * 1000 + 999)

    def bound_ms(self, now_ms: int) -> "int | None":
        """Return by how many ms `utc_ms` may be off, None where it has no time or was never set."""
        if self.state != OK:
            return None
        bound = self.discipline.bound_ms(self._chip_ms(now_ms))
        return None if bound is None else bound + self.noise_ms(now_ms)

    def room_ms(self, now_ms: int) -> int:
        """Return by how many ms the crystal can have gone wrong since the owner's last sync."""
        return self.discipline.room_ms(self._chip_ms(now_ms) // 1000)

    def _chip_ms(self, now_ms: int) -> int:
        return self._second * 1000 + now_ms - self._anchor

    def noise_ms(self, now_ms: int) -> int:
        """Return how exactly the chip's count is known: by the turn last seen and the ticks since."""
        if not self._turned:
            return _UNSEEN_MS
        # After a sleep the ticks are off, but by less than what would have been a new anchor.
        noise = _LOOK_MS + (now_ms - self._anchor) // 1000 + self.discipline.ripple_ms
        return int(min(noise, 2 * _UNSEEN_MS))

    def set(
        self,
        utc: int,
        now_ms: int,
        late_ms: int = 0,
        doubt_ms: int = 0,
        quarters: "int | None" = None,
        by: str = SEEN,
    ) -> None:
        """Set the chip to second `utc`, which begins now. Raises ClockFailed.

        The world's second began `late_ms` ago; `doubt_ms` is how wrong that may be. `quarters` is what the
        temperature is (degrees Celsius times 4), where somebody has read it from a better thermometer.
        `by` is who sets it, as `Discipline.sync` has it.
        """
        from .setting import calibrate, civil, learn  # Take memory, and are seldom needed.

        error, noise = None, 0
        if self.state == OK:
            error = self.utc_ms(now_ms) - utc * 1000 - late_ms
            noise = self.noise_ms(now_ms)
        try:
            self._rtc.write(civil(utc))
            if self._rtc.lost_power() or not 0 <= _utc(self._rtc.read()) - utc <= 1:
                raise ValueError
        except (OSError, ValueError):
            self.state = FAILED
            raise ClockFailed("the clock chip did not take the time") from None
        self.state, self._disproved, self._floor = OK, False, utc
        begun = self._rtc.begun_ms
        self._anchor, self._second, self._last, self._turned = now_ms - begun, utc, -1, True
        self._due = self._anchor + _ANCHOR_MS - _EARLY_MS
        self._known = learn(self.discipline, self._rtc, utc, late_ms - begun, doubt_ms, error, noise, by)
        if quarters is not None:
            calibrate(self.discipline, self._rtc, quarters)


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_before(year: int) -> int:
    """Days from 1970-01-01 to the first of January of `year` (Gregorian)."""
    year -= 1
    return year * 365 + year // 4 - year // 100 + year // 400 - 719162


def _utc(fields: "Civil") -> int:
    year, month, day, hour, minute, second = fields[:6]
    if not (2000 <= year <= 2199 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        raise ValueError("no such time")
    if not 1 <= day <= DAYS[month - 1] + (month == 2 and leap(year)):
        raise ValueError("no such day")
    days = days_before(year) + sum(DAYS[: month - 1]) + (month > 2 and leap(year)) + day - 1
    utc = ((days * 24 + hour) * 60 + minute) * 60 + second
    if utc > MAX_TIME:
        raise ValueError("beyond the time of any account or message")
    return utc
