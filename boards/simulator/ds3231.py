"""Maxim DS3231, a clock chip with its own crystal, at its I2C interface.

After the datasheet 19-5170 revision 10: register map (Figure 1), control 0Eh, status 0Fh, aging offset
10h, temperature 11h and 12h. The chip keeps time as civil digits and counts seconds from its own
oscillator, so that its whole state is (digits, the world's time at which its second began).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import crystal
from . import ds3231_calendar as calendar
from .bcd import from_bcd, hour, hour_register, to_bcd
from .ds3231_alarm import due
from .ds3231_calendar import DAY, Digits

SECOND_NS = 1_000_000_000
_MINUTES, _HOURS, _DAY, _DATE, _MONTH, _YEAR = range(1, 7)
_CONTROL, _STATUS, _AGING, _TEMPERATURE = 0x0E, 0x0F, 0x10, 0x11
_COUNT = 0x13
_EOSC, _CONV = 0x80, 0x20
_OSF, _BSY, _A2F, _A1F = 0x80, 0x04, 0x02, 0x01
_CONVERSION_NS = 200 * SECOND_NS // 1000
_CONVERT_EVERY_NS = 64 * SECOND_NS

# State of the chip after its first power-up: 1 January of year 00, a Sunday by its own count.
_POWER_ON = bytes([0, 0, 0, 1, 1, 1, 0]) + bytes(7) + bytes([0x1C, 0x88, 0, 0, 0])

FAULTS = ("silent", "month13", "backwards", "frozen")


class DS3231:
    """The chip. `now_ns` is the world's clock in ns; `ppb` is how much too fast the crystal is (1e-9).

    `kind` is one of crystal.KINDS: a plain one is a chip whose compensation does nothing.

    `fault` is one of FAULTS or "": it does not answer, gives month 13, counts down, or stands still.
    """

    def __init__(self, now_ns: Callable[[], int], ppb: int = 0) -> None:
        self._now_ns = now_ns
        self._ppb = ppb
        self._kind = "compensated"
        self._fault = ""
        self._registers = bytearray(_POWER_ON)
        self._second_ns = now_ns()  # when the second that the registers show began
        self._aging_ppb = 0  # in force; a new aging offset works from the next conversion on
        self._convert_ns = now_ns()  # when the conversion last begun began
        self._battery = True
        self._pointer = 0
        self._latched = bytes(7)
        self._addressing = False
        self.stores = 0  # registers written over the wire
        self._temperature = 101  # degrees Celsius times 4, as the sensor will find it
        self.step_ppb = 100  # a step of the aging offset is about 0.1 ppm

    # What the world does to it.

    @property
    def fault(self) -> str:
        return self._fault

    @fault.setter
    def fault(self, name: str) -> None:
        if name and name not in FAULTS:
            raise ValueError(f"no such fault of the DS3231: choose one of {', '.join(FAULTS)}")
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
        """Degrees Celsius times 4: the crystal feels them at once, the registers show them later."""
        return self._temperature

    @temperature_quarters.setter
    def temperature_quarters(self, quarters: int) -> None:
        if not -160 <= quarters <= 340:
            raise ValueError("the DS3231 works from -40 to 85 degrees Celsius")
        self._catch_up()
        self._temperature = quarters

    def power_off(self) -> None:
        """Take VCC away; the chip goes on on its battery, unless EOSC stops the oscillator there."""
        self._catch_up()
        self._battery = not self._registers[_CONTROL] & _EOSC
        if not self._battery:
            self._registers[_STATUS] |= _OSF

    def power_on(self) -> None:
        """Give VCC back."""
        if not self._battery:
            self._second_ns = self._now_ns()
            self._battery = True
        self._catch_up()

    def drain(self) -> None:
        """Take all power away: the registers start anew and OSF tells that the time is lost."""
        self._registers[:] = _POWER_ON
        self._second_ns = self._convert_ns = self._now_ns()
        self._aging_ppb = 0

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
        """Whether the oscillator stop flag is set."""
        return bool(self._registers[_STATUS] & _OSF)

    def state(self) -> dict[str, Any]:
        """Return all that a battery keeps, fit for JSON; `restore` takes it."""
        self._catch_up()
        return {
            "registers": self._registers.hex(),
            "second_ns": self._second_ns,
            "convert_ns": self._convert_ns,
            "aging_ppb": self._aging_ppb,
            "battery": self._battery,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state` of the same world's clock. A world set back leaves the time as it was."""
        self._registers[:] = bytes.fromhex(state["registers"])
        self._second_ns = min(state["second_ns"], self._now_ns())
        self._convert_ns = min(state["convert_ns"], self._now_ns())
        self._aging_ppb = state["aging_ppb"]
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
            self._pointer = byte % _COUNT
            return True
        self._catch_up()
        self.stores += 1
        self._store(self._pointer, byte)
        self._pointer = (self._pointer + 1) % _COUNT
        return True

    def read(self) -> int:
        pointer = self._pointer
        if pointer == 0:
            self._latch()
        self._pointer = (pointer + 1) % _COUNT
        return self._latched[pointer] if pointer < len(self._latched) else self._registers[pointer]

    def stop(self) -> None:
        pass

    def _latch(self) -> None:
        self._catch_up()
        digits = bytearray(self._registers[:7])
        if self._fault == "month13":
            digits[_MONTH] = digits[_MONTH] & 0x80 | 0x13
        self._latched = bytes(digits)

    def _store(self, register: int, byte: int) -> None:
        registers = self._registers
        if register == 0:
            self._second_ns = self._now_ns()  # writing the seconds resets the countdown chain
            registers[0] = byte & 0x7F
        elif register == _CONTROL:
            if byte & _CONV and not registers[_STATUS] & _BSY:
                self._begin_conversion(self._now_ns())
            registers[_CONTROL] = byte & ~_CONV | registers[_CONTROL] & _CONV
        elif register == _STATUS:
            # The flags can only be cleared, BSY not at all; bits 6 to 4 do not exist.
            kept = registers[_STATUS]
            registers[_STATUS] = kept & byte & (_OSF | _A2F | _A1F) | byte & 0x08 | kept & _BSY
        elif register < _TEMPERATURE:
            registers[register] = byte & _WRITABLE.get(register, 0xFF)

    # Its oscillator.

    def _rate(self) -> int:
        """Return the ns that the chip counts in a thousand million ns of the world."""
        if self._fault == "frozen":
            return 0
        rate = SECOND_NS + self._ppb + crystal.KIND[self._kind](self._temperature) - self._aging_ppb
        return -rate if self._fault == "backwards" else rate

    def _catch_up(self) -> None:
        if not self._battery:
            return
        now_ns = self._now_ns()
        while now_ns - self._convert_ns >= _CONVERT_EVERY_NS:
            self._count(self._convert_ns + _CONVERT_EVERY_NS)
            late = (now_ns - self._convert_ns) // _CONVERT_EVERY_NS
            # The first conversion brings the new aging offset into force; the others change nothing.
            self._begin_conversion(self._convert_ns + _CONVERT_EVERY_NS * (1 if self._stale() else late))
        self._count(now_ns)
        if now_ns - self._convert_ns >= _CONVERSION_NS:
            self._registers[_CONTROL] &= ~_CONV
            self._registers[_STATUS] &= ~_BSY

    def _stale(self) -> bool:
        return self._aging_ppb != _signed(self._registers[_AGING]) * self.step_ppb

    def _begin_conversion(self, at_ns: int) -> None:
        self._convert_ns = at_ns
        self._registers[_CONTROL] |= _CONV
        self._registers[_STATUS] |= _BSY
        self._aging_ppb = _signed(self._registers[_AGING]) * self.step_ppb
        self._registers[_TEMPERATURE] = self._temperature >> 2 & 0xFF
        self._registers[_TEMPERATURE + 1] = (self._temperature & 3) << 6

    def _count(self, now_ns: int) -> None:
        """Let the whole seconds that the oscillator has counted until `now_ns` pass."""
        rate = self._rate()
        if rate == 0:
            self._second_ns = now_ns
            return
        passed = (now_ns - self._second_ns) * abs(rate) // (SECOND_NS * SECOND_NS)
        if passed <= 0:
            return
        self._second_ns += -(-passed * SECOND_NS * SECOND_NS // abs(rate))
        before = self._time()
        if before is None:
            return  # "illogical time and date entries result in undefined operation": it stands still
        after = before + (passed if rate > 0 else -passed)
        if after > before:
            first, second = due(bytes(self._registers[7:14]), before, after, self._registers[_DAY])
            self._registers[_STATUS] |= _A1F * first | _A2F * second
        self._show(after, after // DAY - before // DAY)

    def _digits(self) -> Digits | None:
        """Return what the registers say, as numbers; None where they are no decimal digits."""
        digits = self._registers
        if any(value & 0x0F > 9 for value in digits[:7]):
            return None
        try:
            hours = hour(digits[_HOURS])
        except ValueError:
            return None
        century = 100 if digits[_MONTH] & 0x80 else 0
        return (
            century + from_bcd(digits[_YEAR]),
            from_bcd(digits[_MONTH] & 0x1F),
            from_bcd(digits[_DATE]),
            hours,
            from_bcd(digits[_MINUTES]),
            from_bcd(digits[0]),
        )

    def _time(self) -> int | None:
        digits = self._digits()
        return None if digits is None else calendar.seconds(digits)

    def _show(self, time: int, days: int) -> None:
        registers = self._registers
        year, month, date, hours, minutes, seconds = calendar.digits(time)
        registers[0], registers[_MINUTES] = to_bcd(seconds), to_bcd(minutes)
        registers[_HOURS] = hour_register(hours, twelve=bool(registers[_HOURS] & 0x40))
        registers[_DAY] = (registers[_DAY] - 1 + days) % 7 + 1
        registers[_DATE], registers[_YEAR] = to_bcd(date), to_bcd(year % 100)
        registers[_MONTH] = to_bcd(month) | (0x80 if year >= 100 else 0)


_WRITABLE = {1: 0x7F, 2: 0x7F, 3: 0x07, 4: 0x3F, 5: 0x9F}  # bits that read as zero are not stored


def _signed(byte: int) -> int:
    return byte - 256 if byte & 0x80 else byte
