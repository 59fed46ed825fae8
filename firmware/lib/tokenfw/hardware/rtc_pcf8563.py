"""NXP PCF8563, and BM8563 which is the same, behind Adafruit's driver. It has nothing to trim."""

from adafruit_pcf8563.pcf8563 import PCF8563

from .rtc_pcf import PcfChip

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.clock import Civil


class Pcf8563(PcfChip):
    def _open(self, i2c: "busio.I2C") -> PCF8563:
        return PCF8563(i2c)

    def write(self, civil: "Civil") -> None:
        super().write(civil)
        self._driver.clockout_enabled = False  # which would take more of its battery than counting does
