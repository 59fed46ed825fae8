"""The simulated module `rotaryio`: an encoder's quarter steps, counted in the background."""

from types import ModuleType

from .context import Context
from .imports import module
from .pins import Pin


class IncrementalEncoder:
    """`rotaryio.IncrementalEncoder`. With A and B exchanged it counts the other way round."""

    def __init__(self, context: Context, pin_a: Pin, pin_b: Pin, divisor: int) -> None:
        if divisor not in (1, 2, 4):
            raise ValueError("divisor must be 1, 2 or 4")
        self._pins = (pin_a, pin_b)
        for pin in self._pins:
            pin.claim(self)
        self._context = context
        self.divisor = divisor
        contacts = context.hardware.board.get("encoder", {})
        wired = (contacts.get("a"), contacts.get("b"))
        names = (pin_a.name, pin_b.name)
        self._sign = {wired: 1, wired[::-1]: -1}.get(names, 0)
        self._origin = self._quarters()

    def _quarters(self) -> int:
        self._context.machine.poll()
        knob = self._context.hardware.knob
        return 0 if knob is None else self._sign * knob.quarters(self._context.hardware.now_ns())

    @property
    def position(self) -> int:
        """Detents since the start, or since it was set; a step not yet whole counts for nothing."""
        steps = self._quarters() - self._origin
        return steps // self.divisor if steps >= 0 else -(-steps // self.divisor)

    @position.setter
    def position(self, value: int) -> None:
        self._origin = self._quarters() - value * self.divisor

    def deinit(self) -> None:
        for pin in self._pins:
            pin.release(self)

    def __enter__(self) -> "IncrementalEncoder":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the module `rotaryio` by name."""

    def make(pin_a: Pin, pin_b: Pin, divisor: int = 4) -> IncrementalEncoder:
        return IncrementalEncoder(context, pin_a, pin_b, divisor)

    return {"rotaryio": module("rotaryio", IncrementalEncoder=make)}
