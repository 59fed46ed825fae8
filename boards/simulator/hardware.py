"""What stands on the simulated board: chips, pins, memories and the USB data port, by the board file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import core as cores
from . import displays, processors, rtc_chip
from .bus import I2CBus
from .button import Button
from .core import Parallel, Spi
from .drive import Drive
from .ds3231 import DS3231
from .flash import Flash, Nvm, Region
from .hid_host import HidPort
from .links import Link
from .max17048 import MAX17048
from .pcf8523 import PCF8523
from .pcf8563 import PCF8563
from .pcf85063a import PCF85063A
from .pins import Knob, Pin, contact
from .rtc_chip import RtcChip
from .st7789 import ST7789
from .supply import Supply
from .uc8151 import UC8151

FLASH_SECTORS = 256  # non-volatile memory and drive: the upper MiB of a Pico's flash, near enough
FAULTS = ("display-absent", *(f"rtc-{fault}" for fault in rtc_chip.FAULTS))
_GPIOS = 29
# The clock chips that board files may name, each with its address on the I2C bus.
RTCS: dict[str, tuple[type[RtcChip], int]] = {
    "ds3231": (DS3231, 0x68),
    "pcf8523": (PCF8523, 0x68),
    "pcf8563": (PCF8563, 0x51),
    "pcf85063a": (PCF85063A, 0x51),
}


@dataclass
class Hardware:
    """One board and what is soldered to it. Raises ValueError for chips that are not simulated."""

    board: dict[str, Any]
    now_ns: Callable[[], int]
    flash: Flash
    link: Link
    uid: bytes
    seed: int = 0
    absent: frozenset[str] = frozenset()
    bus: I2CBus = field(default_factory=I2CBus)

    def __post_init__(self) -> None:
        self.core = cores.of(self.board["id"])
        self.feeds: list[str] = self.board.get("power_on", [])  # pins that feed the display
        self.processor = processors.of(self.board)
        self.hid = HidPort(self.now_ns)
        nvm = self.processor.nvm_sectors
        self.nvm = Nvm(Region(self.flash, 0, nvm))
        self.drive = Drive(Region(self.flash, nvm, FLASH_SECTORS - nvm))
        self.pins: dict[str, Pin] = {}
        for name in (*(f"GP{number}" for number in range(_GPIOS)), *_strings(self.board)):
            self.pins[name] = Pin(name)
        self.supply = Supply(self.now_ns)
        if "gauge" in self.board.get("battery", {}):
            self.bus.chips[self.board["battery"]["gauge"]] = MAX17048(lambda: self.supply.battery_mv)
        self.rtc = self._solder_rtc()
        self.wires: Spi | Parallel | None = None
        self.display = self._solder_display()
        self.buttons: dict[str, Button] = {}
        self.knob: Knob | None = None
        self._solder_buttons()

    def _solder_rtc(self) -> RtcChip:
        name = self.board["rtc"]["driver"]
        if name not in RTCS:
            raise ValueError(f"the clock chip {name} is not simulated: choose one of {', '.join(RTCS)}")
        chip, address = RTCS[name]
        rtc = chip(self.now_ns)
        self.bus.chips[address] = rtc
        return rtc

    def _solder_display(self) -> displays.Display:
        settings = self.board["display"]
        chip = settings.get("chip", settings["driver"])
        display = displays.make(chip, self.core.glass, self.now_ns)
        if self.core.display is not None:
            self.wires = self.core.display.wires
        elif settings["driver"] == "builtin":
            raise ValueError(
                f"the simulator does not know the display of {self.board['id']}:"
                " add it to boards/simulator/core.py"
            )
        elif "clock" in settings:
            self.wires = Spi(*(settings[key] for key in ("clock", "mosi", "command", "chip_select", "reset")))
        if (display.width, display.height) != (settings["width"], settings["height"]):
            raise ValueError(
                f"the display of {self.board['id']} has {display.width} x {display.height} pixels"
            )
        if "address" in settings and "display" not in self.absent:
            self.bus.chips[settings["address"]] = display  # type: ignore[assignment]
        self._wire_display(display)
        return display

    def _wire_display(self, display: displays.Display) -> None:
        """Join a display to its pins: reset, supply, light and, of e-paper, its being busy."""
        for name in self._wire_names():
            self.pins.setdefault(name, Pin(name))
        built_in = self.core.display
        if self.wires is not None:
            reset = self.pins[self.wires.reset]
            reset.changed = lambda: display.reset() if reset.driven == 0 else None
        for name in self.feeds:
            self.pins[name].changed = self._feed
        if built_in is not None and built_in.backlight is not None:
            light = self.pins[built_in.backlight]
            light.changed = lambda: setattr(display, "backlight", light.driven or 0.0)
        elif isinstance(display, ST7789):
            display.backlight = 1.0  # not by a pin
        if isinstance(display, UC8151) and built_in is not None and built_in.busy is not None:
            self.pins[built_in.busy].outside = lambda _now_ns: not (display.powered and display.busy)

    def _wire_names(self) -> list[str]:
        names: list[str] = []
        if self.core.latch is not None:
            names.append(self.core.latch)
        if self.core.display is not None:
            names += [name for name in (self.core.display.backlight, self.core.display.busy) if name]
        if isinstance(self.wires, Spi):
            names += [self.wires.clock, self.wires.mosi]
        elif self.wires is not None:
            names += [*self.wires.data, self.wires.write, self.wires.read]
        if self.wires is not None:
            names += [self.wires.command, self.wires.chip_select, self.wires.reset]
        return names

    def _solder_buttons(self) -> None:
        keys = self.board["buttons"]
        pressed = keys["pressed"]
        levels = pressed if isinstance(pressed, list) else [pressed] * len(keys["pins"])
        for number, (name, pin, level) in enumerate(zip(keys["names"], keys["pins"], levels, strict=True)):
            self.buttons[name] = Button(self.seed * 100 + number)
            self.pins[pin].outside = contact(self.buttons[name], level)
        if "encoder" in self.board:
            self.knob = Knob()
            for which, name in enumerate(("a", "b")):
                self.pins[self.board["encoder"][name]].outside = self.knob.contact(which)

    def press(self, button: str, hold_ns: int) -> int:
        """Press a button now, or turn the knob by a detent; return when all is at rest again (ns)."""
        if button in self.buttons:
            return self.buttons[button].press(self.now_ns(), hold_ns)
        assert self.knob is not None and button in self.controls
        return self.knob.turn(self.now_ns(), 1 if button == "next" else -1)

    @property
    def controls(self) -> list[str]:
        """The names of all that can be pressed or turned."""
        return [*self.buttons, *(() if self.knob is None else ("previous", "next"))]

    def power(self, on: bool) -> None:
        """Switch the board's supply: a display forgets, but for the ink on paper."""
        for name in self.feeds:
            self.pins[name].driven = None
        self.display.power(on and "display" not in self.absent)

    def _feed(self) -> None:
        """Follow the pins that feed the display; what does not drive one low leaves it to the core, high."""
        fed = self.fed
        if self.display.powered and not fed:
            self.display.power(False)
        elif not self.display.powered and fed and "display" not in self.absent:
            self.display.power(True)

    @property
    def fed(self) -> bool:
        """Whether the pins that feed the display, if there are such, are high."""
        return all(self.pins[name].driven != 0 for name in self.feeds)

    def send(self, sent: bytes, *bus: Pin) -> None:
        """Take bytes on an SPI or parallel bus, given by its pins: the display's, where it is selected."""
        wires = self.wires
        if wires is None or not self.display.powered or "display" in self.absent:
            return
        names = (wires.clock, wires.mosi) if isinstance(wires, Spi) else (*wires.data, wires.write)
        selected = self.pins[wires.chip_select].driven == 0
        if not selected or tuple(pin.name for pin in bus) != names:
            return
        if self.pins[wires.command].driven:
            self.display.data(sent)
        else:
            self.display.command(sent)

    def release_pins(self, displays_too: bool = False) -> None:
        """Give back the pins of a program that has ended, but for a display's; a reset frees those too."""
        for pin in self.pins.values():
            if pin.owner is not None and (displays_too or not getattr(pin.owner, "outlived", False)):
                pin.release(pin.owner)

    def is_i2c(self, scl: Pin, sda: Pin) -> bool:
        """Whether the chips are on these pins."""
        return (scl.name, sda.name) == (self.board["i2c"]["scl"], self.board["i2c"]["sda"])

    def pull_ups(self, scl: Pin, sda: Pin) -> bool:
        """Whether the lines are pulled up, as the chips' modules do it."""
        return self.is_i2c(scl, sda) and bool(self.bus.chips) and (self.fed or not self.core.feeds_i2c)


def _strings(board: dict[str, Any]) -> list[str]:
    """Return the pins that a board file names."""
    sections = [
        *board.get("power_on", []),
        *(board["i2c"][wire] for wire in ("scl", "sda")),
        *board["buttons"]["pins"],
    ]
    for section in ("encoder", "battery", "uart"):
        sections += [value for value in board.get(section, {}).values() if isinstance(value, str)]
    return sections
