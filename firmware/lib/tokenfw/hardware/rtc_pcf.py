"""What NXP's clock chips have in common: their seconds go on turning when they are set, but for STOP."""

from . import rtc_registers as registers
from .rtc import Chip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokenfw.clock import Civil

_CONTROL_1 = 0
_STOP = 0x20


class PcfChip(Chip):
    """A chip behind a driver with an `i2c_device`.

    Its first second after STOP lasts 0.508 s, as if 0.492 s of it were over.
    """

    begun_ms = 492
    _keep = 0  # what stays in Control_1; 12-hour and test modes do not

    def write(self, civil: "Civil") -> None:
        kept = self._read_control() & self._keep
        self._write_control(kept | _STOP)
        try:
            super().write(civil)
        finally:
            self._write_control(kept)

    def _read_control(self) -> int:
        return registers.read(self._driver.i2c_device, _CONTROL_1, 1)[0]

    def _write_control(self, value: int) -> None:
        registers.write(self._driver.i2c_device, _CONTROL_1, bytes([value]))
