"""NXP PCF85063A, for which Adafruit has no driver: its registers by data sheet revision 6."""

import time

from adafruit_bus_device.i2c_device import I2CDevice

from . import rtc_registers as registers
from .rtc_pcf import PcfChip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

    from tokenfw.clock import Civil

_ADDRESS = 0x51
_CONTROL_2, _OFFSET, _SECONDS = 0x01, 0x02, 0x04
_NO_OUTPUT = bytes([0x07])  # no clock on CLKOUT, no interrupts, no flags of them
_LOST = 0x80  # in the seconds: the oscillator has stopped
_EVERY_4_MINUTES = 0x80  # in the offset: the mode of 4.069 ppm a step
_MASKS = bytes([0x7F, 0x7F, 0x3F, 0x3F, 0x07, 0x1F, 0xFF])  # second, minute, hour, day, weekday, month, year


class Driver:
    """The chip in the shape of Adafruit's drivers. Raises ValueError where it does not answer."""

    def __init__(self, i2c: "busio.I2C") -> None:
        self.i2c_device: Any = I2CDevice(i2c, _ADDRESS)  # its stub's __exit__ takes no arguments

    @property
    def lost_power(self) -> bool:
        return bool(self._read(_SECONDS, 1)[0] & _LOST)

    @property
    def datetime(self) -> time.struct_time:
        data = self._read(_SECONDS, 7)
        second, minute, hour, day, weekday, month, year = [
            registers.decimal(data[place] & _MASKS[place]) for place in range(7)
        ]
        return time.struct_time((2000 + year, month, day, hour, minute, second, weekday, -1, -1))

    @datetime.setter
    def datetime(self, value: time.struct_time) -> None:
        year = value.tm_year - 2000
        numbers = (
            value.tm_sec,
            value.tm_min,
            value.tm_hour,
            value.tm_mday,
            value.tm_wday,
            value.tm_mon,
            year,
        )
        # Without _LOST in the seconds, which clears it.
        self._write(_SECONDS, registers.bcd(numbers))

    @property
    def calibration(self) -> int:
        """Steps of 4.069 ppm that make the seconds longer, -64 to 63; in the other mode they are 0."""
        register = self._read(_OFFSET, 1)[0]
        if not register & _EVERY_4_MINUTES:
            return 0
        steps = register & 0x7F
        return steps - 128 if steps & 0x40 else steps

    @calibration.setter
    def calibration(self, steps: int) -> None:
        self._write(_OFFSET, bytes([_EVERY_4_MINUTES | steps & 0x7F]))

    def be_quiet(self) -> None:
        """Put nothing out on the chip's pins."""
        self._write(_CONTROL_2, _NO_OUTPUT)

    def _read(self, register: int, count: int) -> bytearray:
        return registers.read(self.i2c_device, register, count)

    def _write(self, register: int, data: bytes) -> None:
        registers.write(self.i2c_device, register, data)


class Pcf85063a(PcfChip):
    _keep = 0x01  # the crystal's load

    def _open(self, i2c: "busio.I2C") -> Driver:
        return Driver(i2c)

    def write(self, civil: "Civil") -> None:
        super().write(civil)
        self._driver.be_quiet()  # 32 kHz on its pin would take more of the battery than counting does

    def trim(self) -> int:
        return int(self._driver.calibration)

    def set_trim(self, steps: int) -> None:
        self._driver.calibration = steps
