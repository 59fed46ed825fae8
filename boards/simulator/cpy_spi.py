"""The simulated `busio.SPI` and `pwmio`, and the wires of a parallel bus."""

from types import ModuleType
from typing import Any

from .clock import SECOND_NS
from .context import Context
from .cpy_bus import GONE, Bus
from .imports import module
from .pins import Pin

_END = (1 << 63) - 1
_FULL = 0xFFFF


class SPI(Bus):
    """`busio.SPI`: what is written reaches the display where its wires are; nothing answers."""

    def __init__(self, context: Context, clock: Pin, MOSI: Pin, MISO: Pin | None = None) -> None:
        self._context = context
        super().__init__(*(pin for pin in (clock, MOSI, MISO) if pin is not None))
        self._bus = (clock, MOSI)
        self.frequency = 250_000

    def configure(self, *, baudrate: int = 100_000, polarity: int = 0, phase: int = 0, bits: int = 8) -> None:
        self._check()
        if polarity not in (0, 1) or phase not in (0, 1) or bits != 8:
            raise ValueError("Invalid phase, polarity or bits")
        self.frequency = baudrate

    def write(self, buffer: Any, *, start: int = 0, end: int = _END) -> None:
        self._check()
        sent = bytes(memoryview(buffer).cast("B")[start:end])
        self._context.hardware.send(sent, *self._bus)
        self._context.machine.spend(len(sent) * 8 * SECOND_NS // self.frequency)

    def _check(self) -> None:
        if not self._pins:
            raise ValueError(GONE)
        if not self._locked:
            raise RuntimeError("Function requires lock")


class ParallelWires:
    """Eight data lines and a strobe."""

    def __init__(self, context: Context, data: tuple[Pin, ...], write: Pin, frequency: int) -> None:
        self._context = context
        self._pins = (*data, write)
        for pin in self._pins:
            pin.claim(self)
        self._frequency = frequency
        self.outlived = True

    def deinit(self) -> None:
        for pin in self._pins:
            pin.release(self)

    def write(self, sent: bytes) -> None:
        self._context.hardware.send(sent, *self._pins)
        self._context.machine.spend(len(sent) * SECOND_NS // self._frequency)


class PWMOut:
    """`pwmio.PWMOut`: the level of its pin is the share of the time that it is high."""

    def __init__(self, pin: Pin, duty_cycle: int) -> None:
        pin.claim(self)
        self._pin = pin
        self.outlived = False
        self.duty_cycle = duty_cycle

    @property
    def duty_cycle(self) -> int:
        return self._duty_cycle

    @duty_cycle.setter
    def duty_cycle(self, value: int) -> None:
        if not 0 <= value <= _FULL:
            raise ValueError("duty_cycle must be 0-65535")
        self._duty_cycle = int(value)
        self._pin.drive(self._duty_cycle / _FULL)

    def deinit(self) -> None:
        self._pin.release(self)


def modules(_context: Context) -> dict[str, ModuleType]:
    """Return the module `pwmio` by name."""

    def make_pwm(
        pin: Pin, *, duty_cycle: int = 0, frequency: int = 500, variable_frequency: bool = False
    ) -> PWMOut:
        return PWMOut(pin, duty_cycle)

    return {"pwmio": module("pwmio", PWMOut=make_pwm)}
