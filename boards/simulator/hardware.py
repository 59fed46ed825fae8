"""What stands on the simulated board: chips, pins, memories and the USB data port, by the board file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import ds3231
from .bus import I2CBus
from .button import Button
from .drive import Drive
from .flash import Flash, Nvm, Region
from .hid_host import HidPort
from .links import Link
from .ssd1306 import HEIGHT, SSD1306, WIDTH

NVM_SECTORS, DRIVE_SECTORS = 1, 255  # the upper MiB of a Pico's flash, near enough
FAULTS = ("display-absent", *(f"rtc-{fault}" for fault in ds3231.FAULTS))
_GPIOS = 29


class Pin:
    """A pin of the microcontroller. `button`, if any, connects it to `level` while pressed."""

    def __init__(self, name: str, button: Button | None = None, level: bool = False) -> None:
        self.name = name
        self.button = button
        self.level = level
        self.owner: object = None

    def __repr__(self) -> str:
        return f"board.{self.name}"

    def claim(self, owner: object) -> None:
        """Take the pin for one use. Raises ValueError where it has one."""
        if self.owner is not None and self.owner is not owner:
            raise ValueError(f"{self.name} in use")
        self.owner = owner

    def release(self, owner: object) -> None:
        """Give the pin back, if it is `owner`'s."""
        if self.owner is owner:
            self.owner = None

    def read(self, now_ns: int, pull_up: bool) -> bool:
        """Return the level at `now_ns` for an input."""
        if self.button is not None and self.button.level(now_ns):
            return self.level
        return pull_up


@dataclass
class Hardware:
    """One board and what is soldered to it."""

    board: dict[str, Any]
    now_ns: Callable[[], int]
    flash: Flash
    link: Link
    uid: bytes
    seed: int = 0
    absent: frozenset[str] = frozenset()
    bus: I2CBus = field(default_factory=I2CBus)

    def __post_init__(self) -> None:
        self._check_board()
        self.hid = HidPort(self.now_ns)
        self.nvm = Nvm(Region(self.flash, 0, NVM_SECTORS))
        self.drive = Drive(Region(self.flash, NVM_SECTORS, DRIVE_SECTORS))
        self.rtc = ds3231.DS3231(self.now_ns)
        self.display = SSD1306()
        self.buttons: dict[str, Button] = {}
        self.pins = {f"GP{number}": Pin(f"GP{number}") for number in range(_GPIOS)}
        for wire in ("scl", "sda"):
            name = self.board["i2c"][wire]
            self.pins.setdefault(name, Pin(name))
        keys = self.board["buttons"]
        for number, (name, pin) in enumerate(zip(keys["names"], keys["pins"], strict=True)):
            self.buttons[name] = Button(self.seed * 100 + number)
            self.pins[pin] = Pin(pin, self.buttons[name], keys["pressed"])
        self.bus.chips[0x68] = self.rtc
        self.replace_display()

    def _check_board(self) -> None:
        display, rtc = self.board["display"], self.board["rtc"]
        chips = (display["driver"], display["width"], display["height"], rtc["driver"])
        if chips != ("ssd1306", WIDTH, HEIGHT, "ds3231"):
            raise ValueError(
                f"board {self.board['id']} has chips that are not simulated: use one with an SSD1306 of"
                f" {WIDTH} x {HEIGHT} pixels and a DS3231"
            )

    def replace_display(self) -> None:
        """Power the display anew: its RAM and registers are lost."""
        self.display = SSD1306()
        if "display" not in self.absent:
            self.bus.chips[self.board["display"]["address"]] = self.display

    def release_pins(self) -> None:
        """Give back the pins of a program that has ended, but for a display's."""
        for pin in self.pins.values():
            if not getattr(pin.owner, "outlived", False):
                pin.owner = None

    def is_i2c(self, scl: Pin, sda: Pin) -> bool:
        """Whether the chips are on these pins."""
        return (scl.name, sda.name) == (self.board["i2c"]["scl"], self.board["i2c"]["sda"])

    def pull_ups(self, scl: Pin, sda: Pin) -> bool:
        """Whether the lines are pulled up, as the chips' modules do it."""
        return self.is_i2c(scl, sda) and bool(self.bus.chips)
