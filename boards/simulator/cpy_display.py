"""CircuitPython's display modules: Blinka's displayio, corrected where it differs from a board's.

Blinka refreshes displays from a thread; here it happens where the firmware sleeps, as a board does it
between two instructions. A board's font has no more than ASCII. What is corrected of buses and displays
is in cpy_display_bus.py and cpy_epaper.py.
"""

import threading
from types import ModuleType
from typing import Any

from . import cpy_display_bus, cpy_epaper
from .context import Context
from .core import Spi
from .hardware import Hardware
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
CORRECTED = ("busdisplay", "epaperdisplay", "fourwire", "i2cdisplaybus", "paralleldisplaybus", "terminalio")
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


def corrected(native: Realm, context: Context) -> dict[str, ModuleType]:
    """Return the display modules that the firmware gets instead of Blinka's own."""
    return {
        **cpy_display_bus.corrected(native, context),
        **cpy_epaper.corrected(native),
        "terminalio": module("terminalio", FONT=_BoardFont(native.load("terminalio").FONT)),
    }


def has_built_in(hardware: Hardware) -> bool:
    """Whether the core makes anything on this board."""
    return hardware.core.display is not None or hardware.core.latch is not None


def built_in(context: Context, modules: dict[str, ModuleType]) -> dict[str, object]:
    """Make what the core makes before boot.py; return it by its name in the module `board`.

    `modules` are the corrected ones and those of pins and buses.
    """
    hardware = context.hardware
    pins, made = hardware.pins, dict[str, object]()
    if hardware.core.latch is not None:
        latch = modules["digitalio"].DigitalInOut(pins[hardware.core.latch])
        latch.switch_to_output(True)
        latch.outlived = True
        made[hardware.core.latch] = latch
    display = hardware.core.display
    if display is None:
        return made
    wires = display.wires
    lines = {
        "command": pins[wires.command],
        "chip_select": pins[wires.chip_select],
        "reset": pins[wires.reset],
    }
    bus: Any
    if isinstance(wires, Spi):
        spi = modules["busio"].SPI(pins[wires.clock], pins[wires.mosi])
        spi.outlived = True
        bus = modules["fourwire"].FourWire(spi, baudrate=wires.baudrate, **lines)
    else:
        data = [pins[name] for name in wires.data]
        lines |= {"write": pins[wires.write], "read": pins[wires.read]}
        bus = modules["paralleldisplaybus"].ParallelBus(data_pins=data, frequency=wires.frequency, **lines)
    if display.stop is not None:
        busy = None if display.busy is None else pins[display.busy]
        made["DISPLAY"] = modules["epaperdisplay"].EPaperDisplay(
            bus, display.start, display.stop, busy_pin=busy, **display.options
        )
    else:
        light = None if display.backlight is None else pins[display.backlight]
        made["DISPLAY"] = modules["busdisplay"].BusDisplay(
            bus, display.start, backlight_pin=light, **display.options
        )
    return made


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
    """Refresh the displays that are due; return whether one wants it again and again."""
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
        bus._outlive()
    for display in displayio.displays:
        display._reset()
        display._after_program()
