"""The USB keyboard that boot.py has enabled, by adafruit_hid, which is loaded when it is first opened."""

import sys

import supervisor
import usb_hid

from tokenfw.typing import NoHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_SHIFT = 0xE1
_RETRY_MS = 7000  # each try stops the screen for two seconds where the host is still deaf


class _Keycode:
    """What adafruit_hid's Keyboard needs of its Keycode, whose 150 names take 4 kB of a board's heap."""

    @staticmethod
    def modifier_bit(usage: int) -> int:
        return 1 << usage - 0xE0 if 0xE0 <= usage <= 0xE7 else 0


class _KeycodeModule:
    Keycode = _Keycode


class Keyboard:
    """Presses keys of a boot keyboard. The host takes a report every 8 ms, the endpoint holds one.

    Reports are sent only while the bus is awake: else each would take two seconds to be lost. Where a
    host is there but does not ask, CircuitPython waits as long, and that is what an error here can cost.
    """

    def __init__(self) -> None:
        self._keys: Any = None
        self._held = False  # whether the host may still see a key down
        self._due_ms = 0  # when to let go of it again

    def open(self) -> None:
        """Make sure that a host listens. Raises NoHost: then it has been told nothing."""
        if not supervisor.runtime.usb_connected:
            raise NoHost
        if self._keys is None:
            sys.modules["adafruit_hid.keycode"] = _KeycodeModule  # type: ignore[assignment]
            from adafruit_hid.keyboard import Keyboard as Driver

            try:
                self._keys = Driver(usb_hid.devices, timeout=1)
            except (ValueError, OSError):  # boot.py has not enabled a keyboard, or the host has just gone
                raise NoHost from None
        # No key is down in these; the second finds room only once the host has taken the first.
        self._send()
        self._send()
        self._held = False

    def type(self, strokes: "Iterable[tuple[int, bool]]") -> None:
        """Press and release keys, each (usage, whether with Shift). Raises NoHost; `step` lets go then."""
        self._held, self._due_ms = True, 0
        for usage, shift in strokes:
            self._send(_SHIFT, usage) if shift else self._send(usage)
            self._send()
        self._send()  # It finds room only once the host has taken the last release.
        self._held = False

    def step(self, now_ms: int) -> None:
        """Poll this: it lets go of keys that a host which stopped in their midst may find down when back."""
        if self._held and now_ms >= self._due_ms and supervisor.runtime.usb_connected:
            self._due_ms = now_ms + _RETRY_MS
            try:
                self._send()
                self._held = False
            except NoHost:
                pass  # It is tried again, and before anything else is typed.

    def _send(self, *usages: int) -> None:
        """Send a report in which these keys are down. Raises NoHost."""
        if not supervisor.runtime.usb_connected:
            raise NoHost
        try:
            if usages:
                self._keys.press(*usages)
            else:
                self._keys.release_all()
        except OSError:
            raise NoHost from None
