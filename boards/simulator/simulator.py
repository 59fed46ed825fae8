"""One simulated token: its hardware, the firmware on it and what of them outlasts a power-off."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import boards
from boards import bundle

from . import displays, eye
from . import safe_mode as safe_modes
from .clock import MS_NS, SECOND_NS, Clock
from .context import Usb
from .engine import Engine
from .flash import Flash
from .hardware import FAULTS, FLASH_SECTORS, Hardware
from .hid_host import ABSENT, LISTENING
from .links import Link
from .state import Kept
from .supply import HIGHEST_MV, LOWEST_MV
from .uc8151 import UC8151

FIRMWARE = bundle.firmware_folder()
_LEAP_NS = 24 * 3600 * SECOND_NS  # the longest: the firmware's differences of ticks must not wrap
_SETTLE_NS = 5 * SECOND_NS
_PATIENCE = 60.0  # seconds of the host's clock, which may be busy, for firmware that neither sleeps nor ends


class FirmwareStuck(Exception):
    """The firmware neither slept nor ended."""


class Simulator:
    """A token. `power_on` starts it; then `run` and `advance` move its clock, or it runs by itself.

    `kept` is what is known of it from before; `link` is the far end of the USB data port; `console` gets
    what the firmware prints; `faults` are of hardware.FAULTS. `flash` goes on living while it is off.
    """

    def __init__(
        self,
        clock: Clock,
        link: Link,
        kept: Kept,
        console: TextIO,
        *,
        flash_path: Path | None = None,
        firmware: Path = FIRMWARE,
        faults: Iterable[str] = (),
    ) -> None:
        self.clock = clock
        self.link = link
        self.flash = Flash(FLASH_SECTORS, flash_path)
        self._kept = kept
        self._console = console
        self._firmware = firmware
        self._engine: Engine | None = None
        self._faults = frozenset(faults)
        if self._faults - set(FAULTS):
            raise ValueError(f"no such fault: choose of {', '.join(FAULTS)}")
        self.hardware = Hardware(
            boards.load(kept.board),
            clock.now_ns,
            self.flash,
            link,
            bytes.fromhex(kept.uid),
            absent=frozenset({"display"} if "display-absent" in self._faults else ()),
        )
        self.rtc = self.hardware.rtc
        self.rtc.set_ppb(kept.ppb)
        self.rtc.temperature_quarters = kept.quarters
        if kept.crystal:
            self.rtc.kind = kept.crystal
        if kept.rtc is not None:
            self.rtc.restore(kept.rtc)
        if kept.paper is not None and isinstance(self.hardware.display, UC8151):
            self.hardware.display.keep(kept.paper)

    @property
    def usb(self) -> Usb:
        """What a host finds on USB: `attached` only once the firmware has come so far."""
        return Usb() if self._engine is None else self._engine.usb

    @property
    def starts(self) -> int:
        """How often the firmware has started since the token was plugged in."""
        return 0 if self._engine is None else self._engine.starts

    @property
    def powered(self) -> bool:
        """Whether the token has power; a power cut in the flash takes it away."""
        return self._engine is not None and self.flash.powered

    def power_on(self, safe_mode: str = safe_modes.NONE) -> None:
        """Plug the token in. Its boot.py runs when the clock next moves.

        `safe_mode`, of safe_mode.REASONS, starts it in safe mode, as what came before has left it.
        """
        self.power_off()
        self.flash.powered = True
        self.rtc.power_on()
        self.hardware.power(True)
        self.hardware.supply.begin()
        for fault in self._faults:
            if fault.startswith("rtc-"):
                self.rtc.fault = fault.removeprefix("rtc-")
        self.hardware.drive.mount()
        self.hardware.drive.put("/board.toml", self._board_file())
        self._engine = Engine(self.hardware, self._firmware, self._console, safe_mode)

    def power_off(self, drain: bool = False) -> None:
        """Unplug the token; `drain` takes the clock's battery out as well."""
        self.flash.powered = False
        self.hardware.drive.lose_power()
        self.hardware.hid.unplug()
        self.hardware.power(False)
        if self._engine is not None:
            self._engine.machine.kill(patience=0.3)
            self._engine = None
            self.rtc.power_off()
        if drain:
            self.rtc.drain()

    def close(self) -> None:
        """Unplug the token and let go of its files and its port."""
        self.power_off()
        self.flash.close()
        self.link.close()

    def keep(self, host_ns: int) -> Kept:
        """Return what outlasts a power-off, as it is now; `host_ns` is the host's UTC in ns."""
        display = self.hardware.display
        return replace(
            self._kept,
            utc_ns=self.clock.now_ns(),
            host_ns=host_ns,
            rtc=self.rtc.state(),
            paper=display.state() if isinstance(display, UC8151) else None,
        )

    def set_crystal(self, kind: str) -> None:
        """Give the clock chip a crystal of that kind; the firmware is told when it next starts."""
        self.rtc.kind = kind
        self._kept = replace(self._kept, crystal=kind)

    def set_temperature(self, degrees: float) -> None:
        """Make it that warm (degrees Celsius, to a quarter) from now on."""
        self.rtc.temperature_quarters = round(degrees * 4)
        self._kept = replace(self._kept, quarters=self.rtc.temperature_quarters)

    def set_cable(self, plugged: bool) -> None:
        """Plug a USB cable with a computer in, or pull it out and leave the token to its battery."""
        self.hardware.supply.cable = plugged
        self.hardware.hid.host = LISTENING if plugged else ABSENT

    def set_battery(self, volts: float) -> None:
        """Give the battery's cell that voltage. Raises ValueError for one that no lithium cell has."""
        mv = round(volts * 1000)
        if not LOWEST_MV <= mv <= HIGHEST_MV:
            raise ValueError(f"a lithium cell has {LOWEST_MV / 1000} to {HIGHEST_MV / 1000} volts")
        self.hardware.supply.battery_mv = mv

    def fed(self) -> dict[str, Any]:
        """Return what feeds the token, and which part of its time it has spent how, fit for JSON."""
        supply = self.hardware.supply
        return {
            "volts": supply.battery_mv / 1000,
            "cable": supply.cable,
            "starts": self.starts,
            "spent": supply.shares(),
        }

    def _board_file(self) -> bytes:
        content = boards.path(self._kept.board).read_bytes()
        if not self._kept.crystal:
            return content  # as it is, so that the token can be seen to have it
        return content.replace(b"[rtc]\n", f'[rtc]\ncrystal = "{self._kept.crystal}"\n'.encode())

    def set_ppb(self, ppb: int) -> None:
        """Make the clock's crystal `ppb` (1e-9) too fast from now on."""
        self._kept = replace(self._kept, ppb=ppb)
        self.rtc.set_ppb(ppb)

    @property
    def wake_ns(self) -> int | None:
        """When the firmware wants to go on (world's ns); None while it runs or is off."""
        if self._engine is None or self._engine.machine.running:
            return None
        return self._engine.machine.wake_ns

    def step(self, patience: float = _PATIENCE) -> bool:
        """Let firmware that is due run until it sleeps; False where it still runs after `patience` s."""
        if self._engine is None or self._engine.machine.ended:
            return True
        machine = self._engine.machine
        if not machine.running and machine.wake_ns > self.clock.now_ns():
            return True
        return machine.resume(patience)

    def run(self, seconds: float) -> None:
        """Let the time pass up to then, the firmware waking whenever it is due. Raises FirmwareStuck."""
        self._run_until(self.clock.now_ns() + int(seconds * SECOND_NS), idle=False)

    def advance(self, seconds: float) -> None:
        """Let the time pass in leaps: the firmware sleeps through each, and then works once.

        Raises FirmwareStuck.
        """
        left_ns = int(seconds * SECOND_NS)
        while left_ns > 0:
            left_ns -= self.leap(left_ns)

    def leap(self, ns: int) -> int:
        """Let up to `ns` pass in one leap; return how many it was. Raises FirmwareStuck."""
        leap_ns = min(ns, _LEAP_NS)
        self._settle()
        self.clock.advance(leap_ns)
        self._settle()
        return leap_ns

    def texts(self) -> list[eye.Text]:
        """Return what an eye reads on the screen."""
        return eye.read(displays.pixels(self.hardware.display))

    def typed(self, layout: str, clear: bool = False) -> str:
        """Return what a computer with that keymap (of hid_host.KEYMAPS) has been typed into."""
        return self.hardware.hid.typed(layout, clear)

    def press(self, button: str, hold_ms: int) -> int:
        """Press a button now, or turn the knob; return when all is at rest again (world's ns)."""
        return self.hardware.press(button, hold_ms * MS_NS)

    def _settle(self) -> None:
        """Let the firmware work until it sleeps of its own will, not in the midst of a transfer."""
        self._run_until(self.clock.now_ns() + _SETTLE_NS, idle=True)

    def _run_until(self, until_ns: int, idle: bool) -> None:
        while self._engine is not None and not self._engine.machine.ended:
            machine = self._engine.machine
            ahead_ns = machine.wake_ns - self.clock.now_ns()
            if idle and machine.idle and ahead_ns > 0:
                return
            if machine.wake_ns > until_ns:
                break
            if ahead_ns > 0:
                self.clock.advance(ahead_ns)
            if not machine.resume(_PATIENCE):
                raise FirmwareStuck(f"the firmware did not sleep for {_PATIENCE:g} seconds")
        self.clock.advance(max(0, until_ns - self.clock.now_ns()) if not idle else 0)
