"""Maxim DS3231, a clock chip with its own crystal, at its I2C interface.

After the datasheet 19-5170 revision 10: register map (Figure 1), control 0Eh, status 0Fh, aging offset
10h, temperature 11h and 12h.
"""

from collections.abc import Callable
from typing import Any

from .bcd import hour_register
from .ds3231_alarm import due
from .rtc_chip import SECOND_NS, RtcChip, signed

_HOURS, _DAY = 2, 3
_CONTROL, _STATUS, _AGING, _TEMPERATURE = 0x0E, 0x0F, 0x10, 0x11
_EOSC, _CONV = 0x80, 0x20
_OSF, _BSY, _A2F, _A1F = 0x80, 0x04, 0x02, 0x01
_CONVERSION_NS = 200 * SECOND_NS // 1000
_CONVERT_EVERY_NS = 64 * SECOND_NS
_WRITABLE = {1: 0x7F, 2: 0x7F, 3: 0x07, 4: 0x3F, 5: 0x9F}  # bits that read as zero are not stored


class DS3231(RtcChip):
    """The chip. Of the kind "plain" it is a chip whose compensation does nothing.

    What the crystal feels at once, the registers of the temperature show with the next conversion.
    """

    # 1 January of year 00, a Sunday by its own count.
    POWER_ON = bytes([0, 0, 0, 1, 1, 1, 0]) + bytes(7) + bytes([0x1C, 0x88, 0, 0, 0])
    FIRST_DAY = 1
    CENTURY = 0x80
    KIND = "compensated"

    def __init__(self, now_ns: Callable[[], int], ppb: int = 0) -> None:
        super().__init__(now_ns, ppb)
        self._aging_ppb = 0  # in force; a new aging offset works from the next conversion on
        self._convert_ns = now_ns()  # when the conversion last begun began
        self.step_ppb = 100  # a step of the aging offset is about 0.1 ppm

    def drain(self) -> None:
        super().drain()
        self._convert_ns = self._now_ns()
        self._aging_ppb = 0

    @property
    def lost_power(self) -> bool:
        return bool(self._registers[_STATUS] & _OSF)

    def state(self) -> dict[str, Any]:
        return {**super().state(), "convert_ns": self._convert_ns, "aging_ppb": self._aging_ppb}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self._convert_ns = min(state["convert_ns"], self._now_ns())
        self._aging_ppb = state["aging_ppb"]

    def _goes_on(self) -> bool:
        return not self._registers[_CONTROL] & _EOSC

    def _lose(self) -> None:
        self._registers[_STATUS] |= _OSF

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

    def _rate(self) -> int:
        rate = super()._rate()
        return rate - self._aging_ppb if rate > 0 else rate + self._aging_ppb if rate else 0

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
        return self._aging_ppb != signed(self._registers[_AGING], 8) * self.step_ppb

    def _begin_conversion(self, at_ns: int) -> None:
        self._convert_ns = at_ns
        self._registers[_CONTROL] |= _CONV
        self._registers[_STATUS] |= _BSY
        self._aging_ppb = signed(self._registers[_AGING], 8) * self.step_ppb
        self._registers[_TEMPERATURE] = self._temperature >> 2 & 0xFF
        self._registers[_TEMPERATURE + 1] = (self._temperature & 3) << 6

    def _counted(self, before: int, after: int) -> None:
        first, second = due(bytes(self._registers[7:14]), before, after, self._registers[_DAY])
        self._registers[_STATUS] |= _A1F * first | _A2F * second

    def _twelve(self) -> bool:
        return bool(self._registers[_HOURS] & 0x40)

    def _hour_register(self, hours: int) -> int:
        return hour_register(hours, self._twelve())
