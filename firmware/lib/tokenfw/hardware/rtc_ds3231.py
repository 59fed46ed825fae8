"""Maxim DS3231 behind Adafruit's driver: it compensates its crystal, and can be trimmed."""

from adafruit_ds3231 import DS3231

from .rtc import Chip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio


class Ds3231(Chip):
    """Writing its seconds starts the second at once."""

    def _open(self, i2c: "busio.I2C") -> DS3231:
        return DS3231(i2c)

    def trim(self) -> int:
        """The aging offset: steps of about 0.1 ppm that slow the oscillator."""
        return int(self._driver.calibration)

    def set_trim(self, steps: int) -> None:
        self._driver.calibration = steps

    def temperature(self) -> int:
        return int(self._driver.temperature * 4)
