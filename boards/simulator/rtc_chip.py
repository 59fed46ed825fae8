"""What all clock chips have in common: a world around them, a pointer into registers, and a calendar.

A chip keeps time as civil digits and counts seconds from its own oscillator, so that its whole state is
(digits, the world's time at which the second that they show began).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import crystal
from . import rtc_calendar as calendar
from .bcd import from_bcd, hour, hour_register, to_bcd
from .rtc_calendar import DAY, Digits

SECOND_NS = 1_000_000_000
FAULTS = ("silent", "month13", "backwards", "frozen")
_TIME_BYTES = 7


class RtcChip:
    """A chip. `now_ns` is the world's clock in ns; `ppb` is how much too fast the crystal is (1e-9).

    `kind` is one of crystal.KINDS. `fault` is one of FAULTS or "": it does not answer, gives month 13,
    counts down, or stands still.
    """

    POWER_ON = b""  # the registers after the first power-up
    TIME = 0  # the register of the seconds
    MINUTES, HOURS, DATE, DAY, MONTH, YEAR = 1, 2, 4, 3, 5, 6  # the others, after it
    FIRST_DAY = 0  # what the day of the week counts from
    CENTURY = 0  # the bit of the month's register that is the century, if any
    KIND = "plain"

    def __init__(self, now_ns: Callable[[], int], ppb: int = 0) -> None:
        self._now_ns = now_ns
        self._ppb = ppb
        self._kind = self.KIND
        self._fault = ""
        self._registers = bytearray(self.POWER_ON)
        self._second_ns = now_ns()  # when the second that the registers show began
        self._battery = True
        self._pointer = 0
        self._latched = bytes(_TIME_BYTES)
        self._addressing = False
        self.stores = 0  # registers written over the wire
        self._temperature = 101  # degrees Celsius times 4

    # What the world does to it.

    @property
    def fault(self) -> str:
        return self._fault

    @fault.setter
    def fault(self, name: str) -> None:
        if name and name not in FAULTS:
            raise ValueError(f"no such fault of a clock chip: choose one of {', '.join(FAULTS)}")
        self._catch_up()
        self._fault = name

    def set_ppb(self, ppb: int) -> None:
        """Make the crystal `ppb` too fast from now on."""
        self._catch_up()
        self._ppb = ppb

    @property
    def kind(self) -> str:
        return self._kind

    @kind.setter
    def kind(self, kind: str) -> None:
        if kind not in crystal.KINDS:
            raise ValueError(f"no such crystal: choose one of {', '.join(crystal.KINDS)}")
        self._catch_up()
        self._kind = kind

    @property
    def temperature_quarters(self) -> int:
        """Degrees Celsius times 4, felt by the crystal at once."""
        return self._temperature

    @temperature_quarters.setter
    def temperature_quarters(self, quarters: int) -> None:
        if not -160 <= quarters <= 340:
            raise ValueError("clock chips work from -40 to 85 degrees Celsius")
        self._catch_up()
        self._temperature = quarters

    def power_off(self) -> None:
        """Take VCC away; the chip goes on on its battery, unless its registers forbid it."""
        self._catch_up()
        self._battery = self._goes_on()
        if not self._battery:
            self._lose()

    def power_on(self) -> None:
        """Give VCC back."""
        if not self._battery:
            self._second_ns = self._now_ns()
            self._battery = True
        self._catch_up()

    def drain(self) -> None:
        """Take all power away: the registers start anew and tell that the time is lost."""
        self._registers[:] = self.POWER_ON
        self._second_ns = self._now_ns()

    def utc(self) -> int | None:
        """Return the registers' time as UTC seconds, or None where they hold no valid time."""
        self._catch_up()
        digits = self._digits()
        if digits is None:
            return None
        try:
            return int(datetime(2000 + digits[0], *digits[1:], tzinfo=UTC).timestamp())
        except ValueError:
            return None

    @property
    def lost_power(self) -> bool:
        """Whether the chip's flag says that its oscillator has stopped since it was last set."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return all that a battery keeps, fit for JSON; `restore` takes it."""
        self._catch_up()
        return {
            "registers": self._registers.hex(),
            "second_ns": self._second_ns,
            "battery": self._battery,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state` of the same world's clock. A world set back leaves the time as it was."""
        self._registers[:] = bytes.fromhex(state["registers"])
        self._second_ns = min(state["second_ns"], self._now_ns())
        self._battery = state["battery"]

    # The wire: a write sets the pointer first; the pointer runs on and wraps; a start latches the time.

    def start(self, read: bool) -> bool:
        if self._fault == "silent":
            return False
        self._addressing = not read
        self._latch()
        return True

    def write(self, byte: int) -> bool:
        if self._addressing:
            self._addressing = False
            self._pointer = byte % len(self._registers)
            return True
        self._catch_up()
        self.stores += 1
        self._store(self._pointer, byte)
        self._advance()
        return True

    def read(self) -> int:
        pointer = self._pointer
        if pointer == self.TIME:
            self._latch()
        self._advance()
        place = pointer - self.TIME
        return self._latched[place] if 0 <= place < _TIME_BYTES else self._registers[pointer]

    def stop(self) -> None:
        pass

    def _advance(self) -> None:
        self._pointer = (self._pointer + 1) % len(self._registers)

    def _latch(self) -> None:
        self._catch_up()
        digits = self._registers[self.TIME : self.TIME + _TIME_BYTES]
        if self._fault == "month13":
            digits[self.MONTH] = digits[self.MONTH] & 0x80 | 0x13
        self._latched = bytes(digits)

    # What a chip adds.

    def _goes_on(self) -> bool:
        """Whether the registers let the chip count on its battery."""
        return True

    def _lose(self) -> None:
        """Do what the loss of all power does while VCC is away."""

    def _store(self, register: int, byte: int) -> None:
        """Take a byte that is written into a register."""
        raise NotImplementedError

    def _catch_up(self) -> None:
        """Count until now."""
        raise NotImplementedError

    def _counted(self, before: int, after: int) -> None:
        """Note that the time went from one second since 2000 to another: what alarms wait for."""

    # Its oscillator and its calendar.

    def _rate(self) -> int:
        """Return the ns that the chip counts in a thousand million ns of the world."""
        if self._fault == "frozen":
            return 0
        rate = SECOND_NS + self._ppb + crystal.KIND[self._kind](self._temperature)
        return -rate if self._fault == "backwards" else rate

    def _count(self, now_ns: int) -> None:
        """Let the whole seconds that the oscillator has counted until `now_ns` pass."""
        rate = self._rate()
        if rate == 0:
            self._second_ns = now_ns
            return
        before = self._time()
        passed, took_ns = self._whole_seconds(before, now_ns - self._second_ns, rate)
        if passed <= 0:
            return
        self._second_ns += took_ns
        if before is None:
            return  # A time that does not exist is undefined operation: here it stands still.
        after = before + (passed if rate > 0 else -passed)
        if after > before:
            self._counted(before, after)
        self._show(after, after // DAY - before // DAY)

    def _whole_seconds(self, _before: int | None, ns: int, rate: int) -> tuple[int, int]:
        """Return how many whole seconds are counted in `ns` of the world, and the ns they take."""
        passed = ns * abs(rate) // (SECOND_NS * SECOND_NS)
        return passed, -(-passed * SECOND_NS * SECOND_NS // abs(rate))

    def _twelve(self) -> bool:
        """Whether hours count from 1 to 12, with a bit for the afternoon."""
        return False

    def _digits(self) -> Digits | None:
        """Return what the registers say, as numbers; None where they are no decimal digits."""
        digits = bytearray(self._registers[self.TIME : self.TIME + _TIME_BYTES])
        digits[0] &= 0x7F
        century = 100 if digits[self.MONTH] & self.CENTURY else 0
        digits[self.MONTH] &= 0x1F
        if any(value & 0x0F > 9 for value in digits):
            return None
        try:
            hours = hour(digits[self.HOURS] & 0x3F | (0x40 if self._twelve() else 0))
        except ValueError:
            return None
        return (
            century + from_bcd(digits[self.YEAR]),
            from_bcd(digits[self.MONTH]),
            from_bcd(digits[self.DATE]),
            hours,
            from_bcd(digits[self.MINUTES]),
            from_bcd(digits[0]),
        )

    def _time(self) -> int | None:
        digits = self._digits()
        return None if digits is None else calendar.seconds(digits)

    def _show(self, time: int, days: int) -> None:
        """Put a time (seconds since 2000) into the registers, `days` after the one that they show."""
        shown = self._registers[self.TIME : self.TIME + _TIME_BYTES]
        year, month, date, hours, minutes, seconds = calendar.digits(time)
        shown[0] = shown[0] & 0x80 | to_bcd(seconds)
        shown[self.MINUTES] = to_bcd(minutes)
        shown[self.HOURS] = self._hour_register(hours)
        shown[self.DAY] = (shown[self.DAY] - self.FIRST_DAY + days) % 7 + self.FIRST_DAY
        shown[self.DATE], shown[self.YEAR] = to_bcd(date), to_bcd(year % 100)
        shown[self.MONTH] = to_bcd(month) | (self.CENTURY if year >= 100 else 0)
        self._registers[self.TIME : self.TIME + _TIME_BYTES] = shown

    def _hour_register(self, hours: int) -> int:
        return hour_register(hours, self._twelve()) & 0x3F


def signed(value: int, bits: int) -> int:
    """Return the number that `value` is in two's complement of so many bits."""
    return value - (1 << bits) if value >> bits - 1 & 1 else value
