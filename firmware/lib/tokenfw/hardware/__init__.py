"""The only code that knows CircuitPython's hardware: it builds the App that a board file describes."""

import sys
import time

import board
import busio
import displayio
import microcontroller

from tokenfw.app import App, Identity
from tokenfw.board_file import parse
from tokenfw.clock import Clock
from tokenfw.discipline import of_chip
from tokenfw.secret import Secret
from tokenfw.texts import DEFAULT, Texts
from tokenfw.vault import Vault

from . import buttons, crypto, display, drive, link, maintenance, rtc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.attest import Contents
    from tokenfw.pages import Medium
    from tokenfw.parts import Battery, Rest

    from .buttons import Buttons
    from .keyboard import Keyboard


def build() -> "tuple[App, Rest]":
    """Return the App of this board, as /board.toml describes it, and what lets it sleep between its steps."""
    settings: Any = parse(drive.read_text("/board.toml"))
    screen = settings["display"]
    if screen["driver"] != "builtin":
        displayio.release_displays()  # of the last program, which holds the bus's pins
    i2c = _open_i2c(settings["i2c"])
    primitives = crypto.BoardPrimitives()
    vault = _vault(settings[""]["capacity"], primitives)
    chip = settings["rtc"]
    clock_chip = rtc.open_rtc(i2c, chip["driver"], chip.get("thermometer", ""))
    discipline = of_chip(chip["driver"], chip.get("crystal"), vault.clock_record)
    keys = buttons.open_buttons(settings["buttons"], settings.get("encoder"))
    app = App(
        Identity(bytes(microcontroller.cpu.uid).hex().upper(), settings[""]["id"]),
        vault,
        Clock(clock_chip, vault.clock_floor, discipline),
        display.open_display(i2c, screen),
        keys,
        link.NoLink() if maintenance.is_open() else link.open_link(settings.get("uart")),
        primitives=primitives,
        texts=Texts(drive.read_text),
        language=settings[""].get("language", DEFAULT),
        keyboard=_keyboard if settings.get("promises", {}).get("usb_hid", True) else None,
        maintenance=maintenance,
        battery=_battery(i2c, settings.get("battery")),
        contents=_contents,
        ticks=_ticks,
        unload=_unload,
        lockable=settings.get("promises", {}).get("console_closed", True),
        dim_s=screen.get("dim_s", 30),
        off_s=screen.get("off_s", 60),
    )
    return app, _rest(app, keys, settings)


def _vault(capacity: int, primitives: crypto.BoardPrimitives) -> Vault:
    """Return the vault on the drive, with the accounts of version 0.1 where they are still there."""

    def make(medium: "Medium", least: int) -> Vault:
        return Vault(medium, Secret(microcontroller.nvm), primitives, max(capacity, least), _ticks)

    store, old = drive.DriveFile(drive.STORE), drive.DriveFile(drive.OLD_STORE)
    if old.size():
        from tokenfw.upgrade import open_upgraded

        vault = open_upgraded(old, store, make)
    else:
        vault = make(store, 0)
    # What opens a store is not needed again, and takes memory.
    _unload(
        *["tokenfw." + name for name in ("opening", "slots", "mending", "scrubbing", "erasing", "upgrade")]
    )
    return vault


def _unload(*names: str) -> None:
    """Forget the modules of those full names, which were loaded by their packages' names."""
    for name in names:
        if sys.modules.pop(name, None):
            package, _, last = name.rpartition(".")
            delattr(sys.modules[package], last)


def _ticks() -> int:
    return time.monotonic_ns() // 1000000


class Awake:
    """The sleep of a board that has no other."""

    def sleep(self, _now_ms: int, ms: int) -> None:
        time.sleep(ms / 1000)


def _rest(app: App, keys: "Buttons", settings: "Any") -> "Rest":
    if "power" not in settings:
        return Awake()
    from .power import Power

    return Power(app, keys, settings["power"], settings[""].get("power_latch"))


def _battery(i2c: "busio.I2C | None", settings: "Any") -> "Battery | None":
    if not settings:
        return None
    from .battery import open_battery

    return open_battery(i2c, settings)


def _keyboard() -> "Keyboard":
    from .keyboard import Keyboard  # Not everybody types, and it takes memory.

    return Keyboard()


def _contents() -> "Contents":
    from . import contents

    return contents


def _open_i2c(settings: "Any") -> "busio.I2C | None":
    try:
        return busio.I2C(
            getattr(board, settings["scl"]),
            getattr(board, settings["sda"]),
            frequency=settings["frequency"],
        )
    except RuntimeError:
        return None  # No pull-ups: nothing is connected. The token says so rather than not starting.
