"""The simulated modules `board`, `microcontroller`, `digitalio` and `busio`."""

import errno
from types import ModuleType
from typing import Any, NoReturn

from .bus import Nack
from .clock import SECOND_NS
from .context import Context, Reset
from .cpy_bus import GONE, Bus
from .cpy_spi import SPI
from .cpy_uart import UART
from .imports import module
from .pins import Pin
from .safe_mode import NONE, PROGRAMMATIC

_END = (1 << 63) - 1


class I2C(Bus):
    """`busio.I2C` on the board's bus: CircuitPython's locking, slices and errors."""

    def __init__(self, context: Context, scl: Pin, sda: Pin, frequency: int) -> None:
        if not 0 < frequency <= 1_000_000:
            raise ValueError("frequency must be 1-1000000")
        if not context.hardware.pull_ups(scl, sda):
            raise RuntimeError("No pull up found on SDA or SCL; check your wiring")
        super().__init__(scl, sda)
        self._context = context
        self._frequency = frequency

    def probe(self, address: int) -> bool:
        try:
            self._transfer(address, b"")
        except OSError:
            return False
        return True

    def scan(self) -> list[int]:
        return [address for address in range(0x08, 0x78) if self.probe(address)]

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int = _END) -> None:
        self._transfer(address, bytes(memoryview(buffer).cast("B")[start:end]))

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0, end: int = _END) -> None:
        view = memoryview(buffer).cast("B")[start:end]
        if not view:
            raise ValueError("buffer must be at least 1 byte long")
        view[:] = self._transfer(address, None, len(view))

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Any,
        in_buffer: Any,
        *,
        out_start: int = 0,
        out_end: int = _END,
        in_start: int = 0,
        in_end: int = _END,
    ) -> None:
        out = bytes(memoryview(out_buffer).cast("B")[out_start:out_end])
        view = memoryview(in_buffer).cast("B")[in_start:in_end]
        view[:] = self._transfer(address, out, len(view))

    def _transfer(self, address: int, out: bytes | None, count: int = 0) -> bytes:
        if not self._pins:
            raise ValueError(GONE)
        if not self._locked:
            raise RuntimeError("Function requires lock")
        if not self._context.hardware.pull_ups(*self._pins):
            raise OSError(errno.ETIMEDOUT, "Connection timed out")
        bus = self._context.hardware.bus
        before = bus.bits
        try:
            return bus.transfer(address, out, count)
        except Nack as nack:
            number = errno.ENODEV if nack.at_address else errno.EIO
            raise OSError(number, "No such device" if nack.at_address else "Input/output error") from None
        finally:
            self._context.machine.spend((bus.bits - before) * SECOND_NS // self._frequency)


class _Enum:
    """A value of one of CircuitPython's enum-like classes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


class Direction:
    INPUT, OUTPUT = _Enum("digitalio.Direction.INPUT"), _Enum("digitalio.Direction.OUTPUT")


class Pull:
    UP, DOWN = _Enum("digitalio.Pull.UP"), _Enum("digitalio.Pull.DOWN")


class DriveMode:
    PUSH_PULL, OPEN_DRAIN = _Enum("digitalio.DriveMode.PUSH_PULL"), _Enum("digitalio.DriveMode.OPEN_DRAIN")


class RunMode:
    NORMAL, SAFE_MODE = _Enum("microcontroller.RunMode.NORMAL"), _Enum("microcontroller.RunMode.SAFE_MODE")


class DigitalInOut:
    """`digitalio.DigitalInOut`."""

    def __init__(self, context: Context, pin: Pin) -> None:
        pin.claim(self)
        self._context = context
        self._pin = pin
        self._output = False
        self.outlived = False  # held by a display, or the core's own
        self.switch_to_input()

    def deinit(self) -> None:
        self._pin.release(self)

    def __enter__(self) -> "DigitalInOut":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.deinit()

    def switch_to_input(self, pull: _Enum | None = None) -> None:
        self.direction = Direction.INPUT
        self.pull = pull
        self._pin.drive(None)

    def switch_to_output(self, value: bool = False, drive_mode: _Enum = DriveMode.PUSH_PULL) -> None:
        self.direction = Direction.OUTPUT
        self.drive_mode = drive_mode
        self._output = value
        self._pin.drive(float(value))

    @property
    def value(self) -> bool:
        if self.direction is Direction.OUTPUT:
            return self._output
        self._context.machine.poll()
        return self._pin.read(self._context.hardware.now_ns(), self.pull is Pull.UP)

    @value.setter
    def value(self, value: bool) -> None:
        if self.direction is not Direction.OUTPUT:
            raise AttributeError("Cannot set value when direction is input.")
        self._output = value
        self._pin.drive(float(value))


class Cpu:
    """`microcontroller.cpu`: its thermometer shows changes well, and some degrees too much."""

    voltage = 3.3

    def __init__(self, context: Context) -> None:
        self._hardware = context.hardware
        self.uid = bytearray(self._hardware.uid)
        self.frequency = self._hardware.processor.frequency

    @property
    def temperature(self) -> float:
        return (self._hardware.rtc.temperature_quarters + self._hardware.supply.cpu_quarters) / 4


def _microcontroller(context: Context) -> ModuleType:
    hardware = context.hardware

    def reset() -> NoReturn:
        hardware.drive.flush()
        raise Reset

    def on_next_reset(mode: _Enum) -> None:
        context.next_safe_mode = PROGRAMMATIC if mode is RunMode.SAFE_MODE else NONE

    pins = module("microcontroller.pin", **{pin.name: pin for pin in hardware.pins.values()})
    return module(
        "microcontroller",
        cpu=Cpu(context),
        nvm=hardware.nvm,
        reset=reset,
        on_next_reset=on_next_reset,
        RunMode=RunMode,
        Pin=Pin,
        pin=pins,
        watchdog=None,
    )


def modules(context: Context) -> dict[str, ModuleType]:
    """Return the modules of pins and buses by name."""
    hardware = context.hardware
    shared: list[I2C] = []

    def make_i2c(scl: Pin, sda: Pin, *, frequency: int = 100_000, timeout: int = 255) -> I2C:
        return I2C(context, scl, sda, frequency)

    def board_i2c() -> I2C:
        wires = hardware.board["i2c"]
        if not shared:
            shared.append(make_i2c(hardware.pins[wires["scl"]], hardware.pins[wires["sda"]]))
        return shared[0]

    def make_pin(pin: Pin) -> DigitalInOut:
        return DigitalInOut(context, pin)

    def make_spi(clock: Pin, MOSI: Pin, MISO: Pin | None = None, half_duplex: bool = False) -> SPI:
        return SPI(context, clock, MOSI, MISO)

    def make_uart(tx: Pin | None = None, rx: Pin | None = None, **options: Any) -> UART:
        return UART(context, tx, rx, **options)

    board = module("board", board_id=hardware.board["id"], **dict.fromkeys(hardware.core.buses, board_i2c))
    board.__dict__.update({**hardware.pins, **context.built_in})
    return {
        "board": board,
        "busio": module("busio", I2C=make_i2c, SPI=make_spi, UART=make_uart),
        "digitalio": module(
            "digitalio", DigitalInOut=make_pin, Direction=Direction, Pull=Pull, DriveMode=DriveMode
        ),
        "microcontroller": _microcontroller(context),
    }
