"""Keyboard layouts: the keys that type a code's digits, as USB HID usages (HID Usage Tables, page 0x07)."""

from tokencore.account import choice
from tokencore.errors import BadValue
from tokencore.messages import LAYOUTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

ENTER = 0x28

# The usages of the keys for 0 to 9. Number row: these keys have the same places on every layout, and
# type digits without Shift on all but the French.
_ROW = b"\x27\x1e\x1f\x20\x21\x22\x23\x24\x25\x26"
# Modhex (Yubico) writes 0 to 9 as cbdefghijk: letters that all Latin layouts have in the same places.
_MODHEX = b"\x06\x05\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"


def strokes(code: str, layout: str, enter: bool = False) -> "Iterator[tuple[int, bool]]":
    """Return the key strokes (usage, Shift held) that type `code`, decimal digits, and then Enter if asked.

    Raises BadValue, before any stroke, for an unknown layout or a code that has something other than digits.
    """
    choice("layout", layout, LAYOUTS)
    for character in code:
        if character not in "0123456789":
            raise BadValue("code", "only decimal digits can be typed")
    return _strokes(code, _MODHEX if layout == "modhex" else _ROW, layout == "fr", enter)


def _strokes(code: str, usages: bytes, shift: bool, enter: bool) -> "Iterator[tuple[int, bool]]":
    for character in code:
        yield usages[ord(character) - 48], shift
    if enter:
        yield ENTER, False
