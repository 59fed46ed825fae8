"""What the simulated modules share: the board, the processor's time and what boot.py has decided."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import safe_mode as safe_modes
from .clock import MS_NS, SECOND_NS
from .hardware import Hardware
from .machine import Machine

TICKS = 1 << 29  # ms, after which supervisor.ticks_ms wraps
_FIRST_WRAP_MS = 65536  # after power-on
_REFRESH_NS = SECOND_NS // 60


class Reset(BaseException):
    """microcontroller.reset() was called: everything starts anew, boot.py first."""


class Reload(BaseException):
    """supervisor.reload() was called: code.py starts anew."""


@dataclass
class Usb:
    """The USB devices that boot.py asks for; `attached` once it has run, after which none can change."""

    console: bool = True
    data: bool = False
    drive: bool = True
    hid: bool = True
    midi: bool = True
    attached: bool = False
    hid_devices: tuple[Any, ...] | None = None  # as usb_hid describes them; None for its own three

    def change(self, what: str, enabled: bool) -> None:
        """Enable or disable a device. Raises RuntimeError once USB has started."""
        if self.attached:
            raise RuntimeError("Cannot change USB devices now")
        setattr(self, what, enabled)

    def reset(self) -> None:
        """Go back to what CircuitPython does by itself."""
        self.console = self.drive = self.hid = self.midi = True
        self.data, self.hid_devices = False, None


class Context:
    """One start of the microcontroller, from a reset to the next."""

    def __init__(
        self,
        hardware: Hardware,
        machine: Machine,
        background: Callable[[], bool],
        safe_mode: str = safe_modes.NONE,
    ) -> None:
        self.safe_mode = safe_mode
        self.next_safe_mode = safe_modes.NONE  # what the start after the next reset will be
        self.hardware = hardware
        self.machine = machine
        self.built_in: dict[str, object] = {}  # what the core has made, by its name in `board`
        self.wake = hardware.supply.take_wake()  # what has ended a deep sleep right before: "pin", "time", ""
        self._background = background  # refreshes displays; whether one wants it again and again
        self.usb = Usb()
        self._started_ns = hardware.now_ns()

    def uptime_ns(self) -> int:
        """Return the ns since the reset; asking again and again without a sleep costs time."""
        self.machine.poll()
        return self.hardware.now_ns() - self._started_ns

    def ticks_ms(self) -> int:
        """Return supervisor.ticks_ms: it first wraps 65 seconds after the reset."""
        self.machine.poll()
        return self.ticks_at(self.hardware.now_ns())

    def ticks_at(self, at_ns: int) -> int:
        """Return what supervisor.ticks_ms gives at `at_ns` of the world's clock."""
        return ((at_ns - self._started_ns) // MS_NS - _FIRST_WRAP_MS) % TICKS

    def sleep_until(self, until_ns: int) -> None:
        """Give control away until `until_ns`; displays are refreshed meanwhile."""
        while self._background() and until_ns - self.hardware.now_ns() > _REFRESH_NS:
            self.machine.sleep_until(self.hardware.now_ns() + _REFRESH_NS, idle=True)
        self.machine.sleep_until(until_ns, idle=True)
