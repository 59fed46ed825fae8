"""Blinka's display buses and its BusDisplay, corrected where they differ from a board's.

- A bus's `_begin_transaction` tells whether it could begin; Blinka's BusDisplay waits while it could.
- A board's I2C display bus ignores errors once the display has answered for the first time.
- FourWire does not count among the buses that release_displays releases; ParallelBus does nothing at all.
- The column of a display with SH1107_addressing loses its upper bits.
- The brightness is written to a backlight that is no number, and over a bus that stays locked.
"""

from types import ModuleType
from typing import Any

from .context import Context
from .cpy_spi import ParallelWires
from .imports import Realm, module

_COMMAND, _DATA = 0, 1
_TOGGLED = 1  # chip select, after every byte


def corrected(native: Realm, context: Context) -> dict[str, ModuleType]:
    """Return the modules `i2cdisplaybus`, `fourwire`, `paralleldisplaybus` and `busdisplay` by name."""
    native.load("displayio")
    return {
        "i2cdisplaybus": module("i2cdisplaybus", I2CDisplayBus=_i2c_bus(native)),
        "fourwire": module("fourwire", FourWire=_four_wire(native)),
        "paralleldisplaybus": module("paralleldisplaybus", ParallelBus=_parallel_bus(native, context)),
        "busdisplay": module("busdisplay", BusDisplay=_bus_display(native)),
    }


def _i2c_bus(native: Realm) -> type:
    base: Any = native.load("i2cdisplaybus").I2CDisplayBus

    class I2CDisplayBus(base):  # type: ignore[misc]
        def __init__(self, i2c_bus: Any, *, device_address: int, reset: Any = None) -> None:
            super().__init__(i2c_bus, device_address=device_address, reset=reset)
            while not i2c_bus.try_lock():
                pass
            found = i2c_bus.probe(device_address)
            i2c_bus.unlock()
            if not found:
                native.load("displayio").display_buses.remove(self)
                raise ValueError(f"Unable to find I2C Display at {device_address:x}")

        def deinit(self) -> None:
            """Release the bus only where it has outlived the program that made it."""
            if self._i2c.outlived:
                self._i2c.deinit()

        def _outlive(self) -> None:
            self._i2c.outlived = True
            self._i2c.unlock()

        def _send(self, *arguments: Any, **options: Any) -> None:
            try:
                super()._send(*arguments, **options)
            except OSError:
                return

    return I2CDisplayBus


def _four_wire(native: Realm) -> type:
    base: Any = native.load("fourwire").FourWire

    class FourWire(base):  # type: ignore[misc]
        def __init__(self, spi_bus: Any, **options: Any) -> None:
            native.load("displayio").allocate_display_bus(self)
            try:
                super().__init__(spi_bus, **options)
            except ValueError:
                native.load("displayio").display_buses.remove(self)
                raise
            for pin in self._own_pins():
                pin.outlived = True

        def _own_pins(self) -> list[Any]:
            return [pin for pin in (self._dc, self._chip_select, self._reset) if pin is not None]

        def deinit(self) -> None:
            """Release the pins, and the SPI bus where it has outlived the program that made it."""
            for pin in self._own_pins():
                pin.deinit()
            if self._spi.outlived:
                self._spi.deinit()

        def _outlive(self) -> None:
            self._spi.outlived = True
            self._spi.unlock()

    return FourWire


def _parallel_bus(native: Realm, context: Context) -> type:
    base: Any = native.load("paralleldisplaybus").ParallelBus
    digital = native.load("digitalio").DigitalInOut

    class ParallelBus(base):  # type: ignore[misc]
        def __init__(
            self,
            *,
            data_pins: Any,
            command: Any,
            chip_select: Any,
            write: Any,
            read: Any = None,
            reset: Any = None,
            frequency: int = 30_000_000,
        ) -> None:
            native.load("displayio").allocate_display_bus(self)
            self._wires = ParallelWires(context, tuple(data_pins), write, frequency)
            self._pins = {
                name: digital(pin)
                for name, pin in (("dc", command), ("cs", chip_select), ("read", read), ("reset", reset))
                if pin is not None
            }
            for pin in self._pins.values():
                pin.outlived = True
                pin.switch_to_output(True)
            if reset is not None:
                self.reset()

        def deinit(self) -> None:
            self._wires.deinit()
            for pin in self._pins.values():
                pin.deinit()

        def _outlive(self) -> None:
            pass  # its pins do so from the start

        def reset(self) -> None:
            """Pulse the reset line. Raises RuntimeError where there is none."""
            if "reset" not in self._pins:
                raise RuntimeError("No reset pin available")
            self._pins["reset"].value = False
            self._pins["reset"].value = True

        def send(self, command: int, data: Any) -> None:
            self._begin_transaction()
            self._send(_COMMAND, 0, bytes([command]))
            self._send(_DATA, 0, data)
            self._end_transaction()

        def _send(self, data_type: int, _chip_select: int, data: Any) -> None:
            self._pins["dc"].value = data_type == _DATA
            self._wires.write(bytes(data))

        def _free(self) -> bool:
            return True

        def _begin_transaction(self) -> bool:
            self._pins["cs"].value = False
            return True

        def _end_transaction(self) -> None:
            self._pins["cs"].value = True

    return ParallelBus


def _bus_display(native: Realm) -> type:
    blinka: Any = native.load("busdisplay")
    core_base: Any = blinka._DisplayCore

    class Core(core_base):  # type: ignore[misc]
        """Of Blinka's BusDisplay alone: it goes on when this is false."""

        def begin_transaction(self) -> bool:
            return not super().begin_transaction()

        def set_region_to_update(self, area: Any) -> None:
            if not self.sh1107_addressing:
                super().set_region_to_update(area)
                return
            column, page = area.x1 + self.colstart, (area.y1 + self.rowstart) // 8
            for command in ([0x10 | column >> 4 & 0x0F, column & 0x0F], [0xB0 | page]):
                self.begin_transaction()
                self.send(_COMMAND, _TOGGLED, bytes(command))
                self.end_transaction()

    blinka._DisplayCore = Core
    base: Any = blinka.BusDisplay

    class BusDisplay(base):  # type: ignore[misc]
        _brightness: float
        _made = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._made = True

        @property
        def brightness(self) -> float:
            return float(self._brightness)

        @brightness.setter
        def brightness(self, value: float) -> None:
            if not 0 <= value <= 1:
                raise ValueError("Brightness must be between 0.0 and 1.0")
            level = value if self._backlight_on_high else 1 - value
            if self._backlight_type is not None:
                self._backlight.outlived = True
                self._backlight.duty_cycle = int(0xFFFF * level)
            elif self._brightness_command is not None:
                self._send_brightness(int(0xFF * level))
            elif self._made:
                raise RuntimeError("Brightness not adjustable")
            self._brightness = value

        def _send_brightness(self, level: int) -> None:
            core = self._core
            core.begin_transaction()
            if core.data_as_commands:
                core.send(_COMMAND, _TOGGLED, bytes([self._brightness_command, level]))
            else:
                core.send(_COMMAND, _TOGGLED, bytes([self._brightness_command]))
                core.send(_DATA, 0, bytes([level]))
            core.end_transaction()

        def _release(self) -> None:
            super()._release()
            if self._backlight_type is not None:
                self._backlight.deinit()

        def _after_program(self) -> None:
            self.refresh()

    return BusDisplay
