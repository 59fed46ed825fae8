"""What NXP's clock chips PCF8523, PCF8563 and PCF85063A have in common at their I2C interface.

Seven registers from the seconds to the years, in which bit 7 of the seconds tells that the time is lost;
STOP in Control_1; a register that lengthens or shortens single seconds. The alarms and timers are
registers only: they never come due, as a token asks for none.
"""

from typing import NamedTuple

from .rtc_chip import SECOND_NS, RtcChip, signed

_LOST = 0x80
_STOP = 0x20
# After the end of STOP the first second is that long (the upper bits of the prescaler begin at 0, and the
# time counts when the last one first rises).
FIRST_SECOND_NS = SECOND_NS * 65 // 128


class Mode(NamedTuple):
    """How an offset is made: `period` s after the last time it begins anew.

    It makes a pulse of 1/`fraction` s for each step, one each `spacing` s.
    """

    period: int
    fraction: int
    spacing: int


SLOWLY = Mode(7200, 32, 60)  # 4.34 ppm a step


class Pcf(RtcChip):
    """One of these chips. Its offset is in steps that make the chip slower."""

    DATE, DAY, MONTH, YEAR = 3, 4, 5, 6
    OFFSET: int | None = None  # the register, if the chip has one
    FAST = SLOWLY  # the mode that bit 7 of the offset chooses
    RESET = -1  # what in Control_1 is a software reset
    TWELVE = 0  # the bit of Control_1 that chooses 12 hours
    WRITABLE: dict[int, int] = {}  # bits that a register keeps; the others read as zero
    FLAGS: dict[int, int] = {}  # bits that can be cleared but not set

    @property
    def lost_power(self) -> bool:
        return bool(self._registers[self.TIME] & _LOST)

    def _lose(self) -> None:
        self._registers[:] = self.POWER_ON

    def _stopped(self) -> bool:
        return bool(self._registers[0] & _STOP)

    def _catch_up(self) -> None:
        if not self._battery:
            return
        if self._stopped():
            self._second_ns = self._now_ns()
        else:
            self._count(self._now_ns())

    def _store(self, register: int, byte: int) -> None:
        registers = self._registers
        if register == 0 and byte == self.RESET:
            self._reset()
            return
        if register == 0 and self._stopped() and not byte & _STOP:
            self._second_ns = self._now_ns() - (SECOND_NS - FIRST_SECOND_NS)
        flags = self.FLAGS.get(register, 0)
        kept = byte & self.WRITABLE.get(register, 0xFF) & ~flags
        registers[register] = kept | registers[register] & byte & flags

    def _reset(self) -> None:
        self._registers[:] = self.POWER_ON

    def _twelve(self) -> bool:
        return bool(self._registers[0] & self.TWELVE)

    # The offset: pulses that lengthen (or, negative, shorten) single seconds.

    def _offset(self) -> tuple[int, Mode]:
        if self.OFFSET is None:
            return 0, SLOWLY
        register = self._registers[self.OFFSET]
        return signed(register & 0x7F, 7), self.FAST if register & 0x80 else SLOWLY

    def _whole_seconds(self, before: int | None, ns: int, rate: int) -> tuple[int, int]:
        steps, mode = self._offset()
        if not steps or before is None or rate < 0:
            return super()._whole_seconds(before, ns, rate)
        sign = 1 if steps > 0 else -1
        earlier = pulses(mode, abs(steps), before)

        def took_ns(seconds: int) -> int:
            made = pulses(mode, abs(steps), before + seconds) - earlier
            counted_ns = seconds * SECOND_NS + sign * made * SECOND_NS // mode.fraction
            return -(-counted_ns * SECOND_NS // rate)

        low, high = 0, ns // SECOND_NS * 1001 // 1000 + 2  # no offset is as much as 0.1 percent
        while low < high:
            middle = (low + high + 1) // 2
            if took_ns(middle) <= ns:
                low = middle
            else:
                high = middle - 1
        return low, took_ns(low)


def pulses(mode: Mode, steps: int, seconds: int) -> int:
    """Return how many pulses `steps` have made in the first `seconds` since 2000."""
    periods, rest = divmod(seconds, mode.period)
    begun = min(steps, -(-rest // mode.spacing))
    if mode.spacing == 1 and rest >= 60:
        begun = steps  # what is above 60 is made in the 59th second
    return periods * steps + begun
