"""Maxim DS3231, by its registers (data sheet revision 10): it compensates its crystal, and can be trimmed.

Adafruit's driver would take 8 kB of a board's heap, most of it for alarms.
"""

from adafruit_bus_device.i2c_device import I2CDevice

from . import rtc_registers as registers
from .rtc_chip import LAST_YEAR, Chip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.clock import Civil

_ADDRESS = 0x68
_CONTROL, _STATUS, _AGING, _TEMPERATURE = 0x0E, 0x0F, 0x10, 0x11
_STOPPED, _CONVERT = 0x80, 0x20  # in the control register
_LOST, _BUSY = 0x80, 0x04  # in the status register


class Ds3231(Chip):
    """Writing its seconds starts the second at once."""

    def _open(self, i2c: "busio.I2C") -> I2CDevice:
        return I2CDevice(i2c, _ADDRESS)

    def lost_power(self) -> bool:
        return bool(self._get(_STATUS) & _LOST)

    def read(self) -> "Civil":
        data = registers.read(self._driver, 0, 7)
        data[5] &= 0x1F  # without the century
        # An hour that counts to 12 has another bit set, and makes no time: nobody but us is to set the chip.
        second, minute, hour, weekday, day, month, year = [registers.decimal(byte) for byte in data]
        return 2000 + year, month, day, hour, minute, second, weekday - 1

    def write(self, civil: "Civil") -> None:
        year, month, day, hour, minute, second, weekday = civil
        if year > LAST_YEAR:
            raise ValueError("beyond the years of this clock chip")
        numbers = (second, minute, hour, weekday + 1, day, month, year - 2000)
        registers.write(self._driver, 0, registers.bcd(numbers))
        self._put(_CONTROL, self._get(_CONTROL) & ~_STOPPED)
        self._put(_STATUS, self._get(_STATUS) & ~_LOST)

    def trim(self) -> int:
        """The aging offset: steps of about 0.1 ppm that slow the oscillator."""
        steps = self._get(_AGING)
        return steps - 256 if steps & 0x80 else steps

    def set_trim(self, steps: int) -> None:
        self._put(_AGING, steps & 0xFF)
        if not self._get(_STATUS) & _BUSY:  # else it takes effect with the next conversion, within 64 s
            self._put(_CONTROL, self._get(_CONTROL) | _CONVERT)

    def temperature(self) -> int:
        high, low = registers.read(self._driver, _TEMPERATURE, 2)
        quarters = high << 2 | low >> 6
        return quarters - 1024 if high & 0x80 else quarters

    def _get(self, register: int) -> int:
        return registers.read(self._driver, register, 1)[0]

    def _put(self, register: int, value: int) -> None:
        registers.write(self._driver, register, bytes([value]))
