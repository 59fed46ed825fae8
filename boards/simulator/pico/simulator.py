"""A token on the emulated board, in the shape that `fobsim run` drives.

Its time is the emulated clock's: it starts at the world's and then passes as fast as the emulator can
make it, some 20 times slower than the host's while the firmware works.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import boards
from boards.bundle import files
from boards.compiling import Compiler

from ..button import Button
from ..clock import MS_NS, SECOND_NS
from ..control import RequestFailed
from ..ds3231 import DS3231
from ..hardware import FAULTS
from ..hid_host import HidPort
from ..links import Link
from ..simulator import FIRMWARE
from ..ssd1306 import HEIGHT, SSD1306, WIDTH
from ..state import Kept
from . import drive
from .chip import DRIVE_START, NVM_START, Chip
from .usb import Host
from .wires import Wires

UID = "ff" * 8  # what the emulator gives for the flash chip's unique id
_RTC_ADDRESS = 0x68
_STILL_NS = 20 * MS_NS  # a display that was not written to for so long shows a whole picture
_DRIVE = DRIVE_START - NVM_START
_NO_BATTERY = "the emulated Pico has no battery: use the cpython engine for that"


@dataclass
class Soldered:
    """What eyes and fingers reach: the picture of the last whole refresh, and the buttons; and the
    computer that is typed into."""

    hid: HidPort
    display: SSD1306
    buttons: dict[str, Button]

    @property
    def controls(self) -> list[str]:
        """The names of all that can be pressed."""
        return list(self.buttons)


class EmulatedClock:
    """The world's clock: `utc_ns` at power-on and the emulated time since."""

    def __init__(self, utc_ns: int, chip: Chip) -> None:
        self._utc_ns = utc_ns
        self._chip = chip

    def now_ns(self) -> int:
        """Return the world's UTC in ns."""
        return self._utc_ns + self._chip.now_ns()

    def host_seconds_until(self, utc_ns: int) -> float:
        """Return 0: the emulator goes on as fast as it can."""
        return 0.0


class PicoSimulator:
    """A token on CircuitPython's own image `uf2`; the other arguments are a Simulator's.

    `utc_ns` is the world's time at power-on. `flash_path` keeps nvm and drive. With a `compiler` the firmware
    is on the drive as .mpy files. Raises ValueError for a board that the emulator is not, a file that is no
    image for it, and libraries that are missing.
    """

    def __init__(
        self,
        uf2: Path,
        utc_ns: int,
        link: Link,
        kept: Kept,
        console: TextIO,
        *,
        flash_path: Path | None = None,
        firmware: Path = FIRMWARE,
        faults: Iterable[str] = (),
        compiler: Compiler | None = None,
    ) -> None:
        faults = frozenset(faults)
        if faults - set(FAULTS):
            raise ValueError(f"no such fault: choose of {', '.join(FAULTS)}")
        self._board = _checked(boards.load(kept.board))
        self._kept, self._link, self._console, self._path = kept, link, console, flash_path
        self._chip = Chip(uf2)
        self.clock = EmulatedClock(utc_ns, self._chip)
        hid = HidPort(self.clock.now_ns)
        self.host = Host(self._chip.device, link, hid)
        self._told = False
        self.rtc = DS3231(self.clock.now_ns, kept.ppb)
        if kept.rtc is not None:
            self.rtc.restore(kept.rtc)
        self.rtc.power_on()
        for fault in faults:
            if fault.startswith("rtc-"):
                self.rtc.fault = fault.removeprefix("rtc-")
        self._display = SSD1306()
        self._shown_ns = -1.0
        keys = self._board["buttons"]
        self.hardware = Soldered(hid, SSD1306(), {name: Button(n) for n, name in enumerate(keys["names"])})
        self._wires = self._solder("display-absent" in faults)
        self._stored = self._load_flash(firmware, compiler)

    def _solder(self, no_display: bool) -> Wires:
        chips: dict[int, Any] = {_RTC_ADDRESS: self.rtc}
        if not no_display:
            chips[self._board["display"]["address"]] = self._display
        i2c = self._board["i2c"]
        return Wires(self._chip.mcu, _gpio(i2c["sda"]), _gpio(i2c["scl"]), i2c["frequency"], chips)

    def _load_flash(self, firmware: Path, compiler: Compiler | None) -> bytes:
        """Load nvm and drive, with the firmware's files brought up to date; return what is stored."""
        stored = self._path.read_bytes() if self._path is not None and self._path.exists() else b""
        try:
            if stored:
                self._chip.load(stored)
        except ValueError:
            raise ValueError(f"{self._path} is not this engine's: use another folder") from None
        memory = bytearray(self._chip.memory())
        image = memory[_DRIVE:]
        drive.write(image, files(self._kept.board, firmware, compiler), "lib")
        memory[_DRIVE:] = image
        self._chip.load(bytes(memory))
        return stored

    @property
    def wake_ns(self) -> int | None:
        """None: the emulator is always at work."""
        return None

    def power_on(self) -> None:
        """Plug the token in."""
        self._chip.power_on()

    def step(self, patience: float) -> bool:
        """Let the emulator run for `patience` seconds of the host's clock. Raises EmulatorStuck."""
        end = time.monotonic() + patience
        while True:
            self._chip.run()
            self.host.poll()
            self._look()
            if time.monotonic() >= end:
                return False

    def _look(self) -> None:
        used_ns = self._wires.used_ns.get(self._board["display"]["address"], -1.0)
        if used_ns != self._shown_ns and self._chip.now_ns() - used_ns > _STILL_NS:
            self._shown_ns = used_ns
            self.hardware.display = SSD1306.restore(self._display.state())
        if self.host.connected and not self._told:
            kinds = " ".join(f"{part.kind:02x}/{part.subclass:02x}" for part in self.host.interfaces)
            print(f"on USB with interfaces {kinds} (class/subclass)", file=self._console, flush=True)
        self._told = self.host.connected

    def press(self, button: str, hold_ms: int) -> int:
        """Press a button now; return when its contact is at rest again (world's ns)."""
        pressed, now_ns = self.hardware.buttons[button], self.clock.now_ns()
        end_ns = pressed.press(now_ns, hold_ms * MS_NS)
        keys = self._board["buttons"]
        pin = self._chip.mcu.gpio[_gpio(keys["pins"][keys["names"].index(button)])]
        for at_ns, closed in pressed.edges():
            if at_ns >= now_ns:
                self._chip.alarm(at_ns - now_ns, _contact(pin, keys["pressed"], closed))
        return end_ns

    def leap(self, ns: int) -> int:
        """Refuse: every second has to be emulated. Raises RequestFailed."""
        raise RequestFailed(
            f"the pico engine cannot leap {ns / SECOND_NS:g} s ahead: use the cpython engine for that"
        )

    def set_crystal(self, _kind: str) -> None:
        """Refuse: the board file that the drive holds would have to change. Raises ValueError."""
        raise ValueError("--crystal is for --engine cpython")

    def set_ppb(self, ppb: int) -> None:
        """Make the clock's crystal `ppb` (1e-9) too fast from now on."""
        self._kept = replace(self._kept, ppb=ppb)
        self.rtc.set_ppb(ppb)

    def set_temperature(self, _degrees: float) -> None:
        """Refuse: the chip converts its temperature once a minute, which takes too long here."""
        raise RequestFailed("--temperature is for --engine cpython")

    def set_cable(self, _plugged: bool) -> None:
        """Refuse: the emulator's power does not depend on it. Raises RequestFailed."""
        raise RequestFailed(_NO_BATTERY)

    def set_battery(self, _volts: float) -> None:
        """Refuse: the board has no battery. Raises RequestFailed."""
        raise RequestFailed(_NO_BATTERY)

    def fed(self) -> dict[str, Any]:
        """Refuse: the emulator does not tell when its firmware sleeps. Raises RequestFailed."""
        raise RequestFailed(_NO_BATTERY)

    def keep(self, host_ns: int) -> Kept:
        """Store nvm and drive, and return what else outlasts a power-off; `host_ns` is the host's UTC."""
        memory = self._chip.memory()
        if self._path is not None and memory != self._stored:
            _replace(self._path, memory)
            self._stored = memory
        return replace(self._kept, utc_ns=self.clock.now_ns(), host_ns=host_ns, rtc=self.rtc.state())

    def file(self, path: str) -> bytes:
        """Return the content of a file on the drive as it is now. Raises FileNotFoundError."""
        return drive.read(self._chip.memory()[_DRIVE:], path)

    def power_off(self, drain: bool = False) -> None:
        """Unplug the token; `drain` takes the clock's battery out as well."""
        self.rtc.power_off()
        if drain:
            self.rtc.drain()

    def close(self) -> None:
        """Let go of the port."""
        self._link.close()


def _checked(board: dict[str, Any]) -> dict[str, Any]:
    display = board["display"]
    chips = (display["driver"], display["width"], display["height"], board["rtc"]["driver"])
    if board.get("microcontroller") != "rp2040" or chips != ("ssd1306", WIDTH, HEIGHT, "ds3231"):
        raise ValueError(
            f"the pico engine cannot be board {board['id']}: use --board raspberry_pi_pico and a new folder"
        )
    return board


def _gpio(pin: str) -> int:
    return int(pin.removeprefix("GP"))


def _contact(pin: Any, pressed: bool, closed: bool) -> Callable[[], None]:
    """Return what closes or opens a button's contact."""
    return (lambda: pin.set_input_value(pressed)) if closed else pin.release_input


def _replace(path: Path, content: bytes) -> None:
    """Replace a file by one for its owner alone: all of it, or it stays as it was."""
    new_path = path.with_name(path.name + ".new")
    new_path.unlink(missing_ok=True)
    descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new_path.replace(path)
