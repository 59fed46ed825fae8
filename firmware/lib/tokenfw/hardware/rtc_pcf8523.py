"""NXP PCF8523 behind Adafruit's driver, which lets it use its battery when it is set."""

from adafruit_pcf8523.pcf8523 import PCF8523

from .rtc_pcf import PcfChip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio


class Pcf8523(PcfChip):
    _keep = 0x80  # the crystal's load

    def _open(self, i2c: "busio.I2C") -> PCF8523:
        return PCF8523(i2c)

    def trim(self) -> int:
        """The offset: steps of 4.069 ppm that make its seconds longer, in the mode of every minute."""
        if not self._driver.calibration_schedule_per_minute:
            self._driver.calibration_schedule_per_minute = True
        return int(self._driver.calibration)

    def set_trim(self, steps: int) -> None:
        # In two's complement already: the driver would let the sign of a negative number into the mode.
        self._driver.calibration = steps & 0x7F
