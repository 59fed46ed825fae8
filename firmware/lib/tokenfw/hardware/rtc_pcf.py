"""What NXP's clock chips have in common: their seconds go on turning when they are set, but for STOP."""

import time

import microcontroller

from . import rtc_registers as registers
from .rtc_chip import LAST_YEAR, Chip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.clock import Civil

_CONTROL_1 = 0
_STOP = 0x20


class PcfChip(Chip):
    """A chip behind a driver in the shape of Adafruit's: `i2c_device`, `lost_power` and `datetime`.

    `thermometer` is "cpu" where the microcontroller's tells the crystal's temperature, else "".

    Its first second after STOP lasts 0.508 s, as if 0.492 s of it were over.
    """

    begun_ms = 492
    _keep = 0  # what stays in Control_1; 12-hour and test modes do not

    def __init__(self, i2c: "busio.I2C | None", thermometer: str) -> None:
        super().__init__(i2c)
        self._thermometer = thermometer

    def lost_power(self) -> bool:
        return bool(self._driver.lost_power)

    def read(self) -> "Civil":
        now = self._driver.datetime
        return now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec, now.tm_wday

    def trim(self) -> "int | None":
        return None

    def set_trim(self, steps: int) -> None:
        raise NotImplementedError

    def temperature(self) -> "int | None":
        if self._thermometer != "cpu":
            return None
        degrees = microcontroller.cpu.temperature
        return None if degrees is None else int(degrees * 4)

    def write(self, civil: "Civil") -> None:
        """Set the chip. Raises ValueError for a time that it cannot hold."""
        if civil[0] > LAST_YEAR:
            raise ValueError("beyond the years of this clock chip")
        kept = self._read_control() & self._keep
        self._write_control(kept | _STOP)
        try:
            self._driver.datetime = time.struct_time(civil + (-1, -1))
        finally:
            self._write_control(kept)

    def _read_control(self) -> int:
        return registers.read(self._driver.i2c_device, _CONTROL_1, 1)[0]

    def _write_control(self, value: int) -> None:
        registers.write(self._driver.i2c_device, _CONTROL_1, bytes([value]))
