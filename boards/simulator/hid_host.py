"""A computer's side of a USB keyboard: boot reports of 8 bytes in, the text that a program would get out.

The keymaps are written as the keys' engravings, row by row, and know nothing of the firmware's table.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .clock import MS_NS

# Usages (HID Usage Tables, page 0x07) of the keys from left to right.
_NUMBER_ROW = range(0x1E, 0x28)
_LETTER_ROWS = (
    (0x14, 0x1A, 0x08, 0x15, 0x17, 0x1C, 0x18, 0x0C, 0x12, 0x13),
    (0x04, 0x16, 0x07, 0x09, 0x0A, 0x0B, 0x0D, 0x0E, 0x0F),
    (0x1D, 0x1B, 0x06, 0x19, 0x05, 0x11, 0x10),
)
_QWERTY = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_QWERTZ = ("qwertzuiop", "asdfghjkl", "yxcvbnm")
_AZERTY = ("azertyuiop", "qsdfghjkl", "wxcvbn,")
_ENGRAVED = {  # number row, number row with Shift, letters
    "us": ("1234567890", "!@#$%^&*()", _QWERTY),
    "uk": ("1234567890", '!"£$%^&*()', _QWERTY),
    "de": ("1234567890", '!"§$%&/()=', _QWERTZ),
    "fr": ("&é\"'(-è_çà", "1234567890", _AZERTY),
    "es": ("1234567890", '!"·$%&/()=', _QWERTY),
    "it": ("1234567890", '!"£$%&/()=', _QWERTY),
    "nordic": ("1234567890", '!"#¤%&/()=', _QWERTY),
    "ch": ("1234567890", '+"*ç%&/()=', _QWERTZ),
}
KEYMAPS = tuple(_ENGRAVED)
_SHIFTS = 0x02 | 0x20  # left, right
_ENTER = 0x28


def _keymap(layout: str) -> dict[tuple[int, bool], str]:
    plain, shifted, letters = _ENGRAVED[layout]
    keys = {(_ENTER, False): "\n", (_ENTER, True): "\n"}
    for shift, engraved in ((False, plain), (True, shifted)):
        keys |= {(usage, shift): sign for usage, sign in zip(_NUMBER_ROW, engraved, strict=True)}
    for usages, engraved in zip(_LETTER_ROWS, letters, strict=True):
        keys |= {(usage, False): sign for usage, sign in zip(usages, engraved, strict=True)}
        keys |= {
            (usage, True): sign.upper()
            for usage, sign in zip(usages, engraved, strict=True)
            if sign.isalpha()
        }
    return keys


class HidHost:
    """A host with the keymap `layout`, one of KEYMAPS. `text` is what has been typed so far."""

    def __init__(self, layout: str) -> None:
        self.text = ""
        self._keys = _keymap(layout)
        self._last = bytes(8)

    @property
    def released(self) -> bool:
        """Whether no key is held: the last report was all zero."""
        return not any(self._last)

    def receive(self, report: bytes) -> None:
        """Take a report: a key that was not held before types its sign. Raises ValueError for a bad one."""
        if len(report) != 8 or report[1]:
            raise ValueError(f"a boot keyboard's report has 8 bytes, the second 0, not {report.hex()}")
        if report[0] & ~_SHIFTS:
            raise ValueError(f"no sign is typed with the modifiers {report[0]:#04x}")
        for usage in report[2:]:
            if usage and usage not in self._last[2:]:
                key = (usage, bool(report[0] & _SHIFTS))
                if key not in self._keys:
                    raise ValueError(f"the keymap has no sign for usage {usage:#04x}")
                self.text += self._keys[key]
        self._last = bytes(report)


LISTENING, STALLED, ASLEEP, ABSENT = HOSTS = ("listening", "stalled", "asleep", "absent")
_POLL_NS = 8 * MS_NS  # bInterval of CircuitPython's HID endpoint
_KEPT = 65536  # reports


class HidPort:
    """The keyboard's endpoint, which holds one report, and the computer that reads it every 8 ms.

    The computer is "listening", has "stalled" (the keyboard is enumerated and never asked), is "asleep"
    (the bus is suspended) or "absent" (a charger). Times are the world's ns.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._host = LISTENING
        self._waiting = b""
        self._due_ns = 0
        self._received: deque[bytes] = deque(maxlen=_KEPT)

    @property
    def host(self) -> str:
        """What the computer does, one of HOSTS."""
        return self._host

    @host.setter
    def host(self, state: str) -> None:
        if state not in HOSTS:
            raise ValueError(f"a HID host is one of {', '.join(HOSTS)}")
        self._poll()
        self._host = state
        self._due_ns = self._next_poll()
        if state == ABSENT:
            self._waiting = b""

    @property
    def mounted(self) -> bool:
        """Whether the token is enumerated and the bus awake."""
        return self._host in (LISTENING, STALLED)

    @property
    def asleep(self) -> bool:
        return self._host == ASLEEP

    @property
    def ready(self) -> bool:
        """Whether the endpoint takes a report now."""
        self._poll()
        return self.mounted and not self._waiting

    def wait_ns(self, until_ns: int) -> int:
        """Return when to look again for whether it is ready: `until_ns` at the latest."""
        return min(self._due_ns, until_ns) if self._waiting and self._host == LISTENING else until_ns

    def send(self, report: bytes) -> None:
        """Put a report into the endpoint, which has to be `ready`."""
        self._waiting, self._due_ns = report, self._next_poll()

    def receive(self, report: bytes) -> None:
        """Take a report that the computer has read by itself, from an engine with an endpoint of its own."""
        self._received.append(report)

    def unplug(self) -> None:
        """Lose the token's power: what was not read is gone, and the computer lets go of all keys."""
        self._poll()
        self._waiting = b""
        if not self.released:
            self.receive(bytes(8))

    def typed(self, layout: str, clear: bool = False) -> str:
        """Return what a program on a computer with that keymap has got since it was last cleared."""
        self._poll()
        host = HidHost(layout)
        for report in self._received:
            host.receive(report)
        if clear:
            self._received.clear()
        return host.text

    @property
    def released(self) -> bool:
        """Whether the computer sees no key held."""
        self._poll()
        return not self._received or not any(self._received[-1])

    def _poll(self) -> None:
        if self._waiting and self._host == LISTENING and self._now_ns() >= self._due_ns:
            self.receive(self._waiting)
            self._waiting = b""

    def _next_poll(self) -> int:
        return (self._now_ns() // _POLL_NS + 1) * _POLL_NS
