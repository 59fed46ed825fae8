"""The simulated module `analogio`: the pin behind the battery's divider has a voltage, others have none."""

from types import ModuleType

from .context import Context
from .imports import module
from .pins import Pin

_REFERENCE_MV = 3300
_STEP = 16  # of a converter with 12 bits, in the 16 bits of `value`


class AnalogIn:
    """`analogio.AnalogIn`."""

    reference_voltage = _REFERENCE_MV / 1000

    def __init__(self, context: Context, pin: Pin) -> None:
        pin.claim(self)
        self._context = context
        self._pin = pin

    def deinit(self) -> None:
        self._pin.release(self)

    def __enter__(self) -> "AnalogIn":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()

    @property
    def value(self) -> int:
        settings = self._context.hardware.board.get("battery", {})
        if self._pin.name != settings.get("pin"):
            return 0
        mv = self._context.hardware.supply.battery_mv / settings["divider"]
        return min(0xFFFF, int(mv / _REFERENCE_MV * 0xFFFF)) // _STEP * _STEP


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the module of analog pins by name."""

    def make(pin: Pin) -> AnalogIn:
        return AnalogIn(context, pin)

    return {"analogio": module("analogio", AnalogIn=make)}
