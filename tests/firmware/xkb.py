"""A Linux desktop's side of a USB keyboard: libxkbcommon and the keymaps of xkb-data, where installed."""

from __future__ import annotations

import ctypes
import ctypes.util

_SHIFTS = ((0x02, 42), (0x20, 54))  # bit in a report, evdev code
_EVDEV = {
    0x28: 28,
    0x1E: 2,
    0x1F: 3,
    0x20: 4,
    0x21: 5,
    0x22: 6,
    0x23: 7,
    0x24: 8,
    0x25: 9,
    0x26: 10,
    0x27: 11,
}
# The letters' keys: their usages are in the order of the alphabet, evdev's codes along the rows.
for _first, _row in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm")):
    _EVDEV |= {0x04 + ord(_letter) - ord("a"): _first + _place for _place, _letter in enumerate(_row)}
_FIRST = 8  # XKB's key codes are evdev's and this
_DOWN, _UP = 1, 0


class _Names(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "options")]


def library() -> ctypes.CDLL | None:
    """Return libxkbcommon, None where it or its keymaps are not installed."""
    name = ctypes.util.find_library("xkbcommon")
    if name is None:
        return None
    xkb = ctypes.CDLL(name)
    for function, arguments in (
        ("xkb_context_new", [ctypes.c_int]),
        ("xkb_keymap_new_from_names", [ctypes.c_void_p, ctypes.POINTER(_Names), ctypes.c_int]),
        ("xkb_state_new", [ctypes.c_void_p]),
    ):
        getattr(xkb, function).restype = ctypes.c_void_p
        getattr(xkb, function).argtypes = arguments
    for function in ("xkb_context_unref", "xkb_keymap_unref", "xkb_state_unref"):
        getattr(xkb, function).argtypes = [ctypes.c_void_p]
    xkb.xkb_state_update_key.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int]
    xkb.xkb_state_key_get_utf8.argtypes = [
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_char_p,
        ctypes.c_size_t,
    ]
    try:
        XkbHost(xkb, "us").close()
    except LookupError:
        return None
    return xkb


class XkbHost:
    """A computer with the XKB layout `name`, such as "fr" or "ch(fr)". `text` is what was typed.

    Raises LookupError where there is no such keymap.
    """

    def __init__(self, xkb: ctypes.CDLL, name: str) -> None:
        self.text = ""
        self._xkb = xkb
        self._down: set[int] = set()
        layout, _, variant = name.rstrip(")").partition("(")
        names = _Names(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
        self._context = xkb.xkb_context_new(0)
        self._keymap = self._context and xkb.xkb_keymap_new_from_names(self._context, ctypes.byref(names), 0)
        if not self._keymap:
            raise LookupError(name)
        self._state = xkb.xkb_state_new(self._keymap)

    def close(self) -> None:
        self._xkb.xkb_state_unref(self._state)
        self._xkb.xkb_keymap_unref(self._keymap)
        self._xkb.xkb_context_unref(self._context)

    @property
    def released(self) -> bool:
        return not self._down

    def receive(self, report: bytes) -> None:
        """Take a boot report as the kernel does: modifiers first, then each key that has changed."""
        down = [code for bit, code in _SHIFTS if report[0] & bit]
        down += [_EVDEV[usage] for usage in report[2:] if usage]
        for code in self._down - set(down):
            self._xkb.xkb_state_update_key(self._state, code + _FIRST, _UP)
        for code in down:
            if code not in self._down:
                buffer = ctypes.create_string_buffer(16)
                self._xkb.xkb_state_key_get_utf8(self._state, code + _FIRST, buffer, len(buffer))
                self.text += buffer.value.decode().replace("\r", "\n")
                self._xkb.xkb_state_update_key(self._state, code + _FIRST, _DOWN)
        self._down = set(down)
