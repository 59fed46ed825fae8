"""Builds the App that a board file describes. Needed once: afterwards it is let go."""

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

from . import (
    Awake,
    buttons,
    crypto,
    display,
    drive,
    link,
    load_contents,
    maintenance,
    open_keyboard,
    rtc,
    ticks,
    unload,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tokenfw.pages import Medium
    from tokenfw.parts import Battery, Rest

    from .buttons import Buttons


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
        texts=Texts(drive.pieces),
        language=settings[""].get("language", DEFAULT),
        keyboard=open_keyboard if settings.get("promises", {}).get("usb_hid", True) else None,
        maintenance=maintenance,
        battery=_battery(i2c, settings.get("battery")),
        contents=load_contents,
        ticks=ticks,
        unload=unload,
        lockable=settings.get("promises", {}).get("console_closed", True),
        dim_s=screen.get("dim_s", 30),
        off_s=screen.get("off_s", 60),
    )
    rest = _rest(app, keys, settings)
    # Nor are these.
    unload("tokenfw.hardware.display_ssd1306", display.__name__, rtc.__name__, "tokenfw.board_file", __name__)
    return app, rest


def _vault(capacity: int, primitives: crypto.BoardPrimitives) -> Vault:
    """Return the vault on the drive, with the accounts of version 0.1 where they are still there."""

    def make(medium: "Medium", least: int) -> Vault:
        return Vault(medium, Secret(microcontroller.nvm), primitives, max(capacity, least), ticks)

    store, old = drive.DriveFile(drive.STORE), drive.DriveFile(drive.OLD_STORE)
    if old.size():
        from tokenfw.upgrade import open_upgraded

        vault = open_upgraded(old, store, make)
    else:
        vault = make(store, 0)
    # What opens a store is not needed again, and takes memory.
    unload(
        *["tokenfw." + name for name in ("opening", "slots", "mending", "scrubbing", "erasing", "upgrade")]
    )
    return vault


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


def _open_i2c(settings: "Any") -> "busio.I2C | None":
    try:
        return busio.I2C(
            getattr(board, settings["scl"]),
            getattr(board, settings["sda"]),
            frequency=settings["frequency"],
        )
    except RuntimeError:
        return None  # No pull-ups: nothing is connected. The token says so rather than not starting.
