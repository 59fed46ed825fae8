"""CircuitPython's display modules: Blinka's displayio, corrected where it differs from a board's.

Blinka refreshes displays from a thread; here it happens where the firmware sleeps, as a board does it
between two instructions. `i2cdisplaybus` and `busdisplay` of Blinka disagree about what a bus returns
when it has been locked; a board's bus ignores errors once the display has answered for the first time;
a board's font has no more than ASCII.
"""

import threading
from types import ModuleType
from typing import Any

from .imports import Realm, module

# Packages that stand for what is built into CircuitPython, run inside the simulated interpreter.
PACKAGES = (
    "adafruit_bitmap_font",
    "bitmaptools",
    "busdisplay",
    "circuitpython_typing",
    "displayio",
    "epaperdisplay",
    "fontio",
    "fourwire",
    "i2cdisplaybus",
    "paralleldisplaybus",
    "terminalio",
    "vectorio",
)
BUILT_IN = ("bitmaptools", "displayio", "fontio", "vectorio")
CORRECTED = ("busdisplay", "i2cdisplaybus", "terminalio")
_LAST_GLYPH = 0x7E


class _NoThread:
    """Takes the place of a Thread that is never started."""

    def __init__(self, **_options: Any) -> None:
        self.daemon = True

    def is_alive(self) -> bool:
        return False

    def start(self) -> None:
        pass


def threading_module() -> ModuleType:
    """Return `threading` for displayio: with locks and events, without threads."""
    return module("threading", Thread=_NoThread, Event=threading.Event, RLock=threading.RLock)


def corrected(native: Realm) -> dict[str, ModuleType]:
    """Return the display modules that the firmware gets instead of Blinka's own."""
    bus = native.load("i2cdisplaybus")
    display = native.load("busdisplay")
    base: Any = bus.I2CDisplayBus

    class I2CDisplayBus(base):  # type: ignore[misc]
        """Blinka's, with a lock that both users understand and a board's treatment of errors."""

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

        def _begin_transaction(self) -> bool:
            return not self._i2c.try_lock()

        def _send(self, *arguments: Any, **options: Any) -> None:
            try:
                super()._send(*arguments, **options)
            except OSError:
                return

    display_base: Any = display.BusDisplay

    class BusDisplay(display_base):  # type: ignore[misc]
        """Blinka's, with a brightness that leaves the bus unlocked."""

        @property
        def brightness(self) -> float:
            return float(self._brightness)

        @brightness.setter
        def brightness(self, value: float) -> None:
            if not 0 <= value <= 1:
                raise ValueError("Brightness must be between 0.0 and 1.0")
            self._brightness = value
            if self._brightness_command is not None:
                self._core.begin_transaction()
                self._core.send(0, 1, bytes([self._brightness_command, round(255 * value)]))
                self._core.end_transaction()

    return {
        "i2cdisplaybus": module("i2cdisplaybus", I2CDisplayBus=I2CDisplayBus),
        "busdisplay": module("busdisplay", BusDisplay=BusDisplay),
        "terminalio": module("terminalio", FONT=_BoardFont(native.load("terminalio").FONT)),
    }


class _BoardFont:
    """The built-in font with the glyphs that a board has."""

    def __init__(self, font: Any) -> None:
        self._font = font
        self.bitmap = font.bitmap

    def get_bounding_box(self) -> tuple[int, int]:
        width, height = self._font.get_bounding_box()
        return width, height

    def get_glyph(self, codepoint: int) -> Any:
        return self._font.get_glyph(codepoint) if 0x20 <= codepoint <= _LAST_GLYPH else None


def refresh(native: Realm) -> bool:
    """Refresh the displays that are due; return whether one refreshes itself."""
    if "displayio" not in native.modules:
        return False
    displays = native.modules["displayio"].displays
    for display in displays:
        display._background()
    return any(display.auto_refresh for display in displays)


def after_program(native: Realm) -> None:
    """Do what a board does when code.py has ended: a display keeps its bus and loses its picture."""
    if "displayio" not in native.modules:
        return
    displayio = native.modules["displayio"]
    for bus in displayio.display_buses:
        bus._i2c.outlived = True
        bus._i2c.unlock()
    for display in displayio.displays:
        display._reset()
        display.refresh()
