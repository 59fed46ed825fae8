"""What the small font can write: its tiles in order, and texts cut and wrapped to whole columns."""

# The built-in font has ASCII; /fonts/letters.bmp has these after it, in this order.
EXTRA = (
    "äöüÄÖÜßáéíóúñÁÉÍÓÚÑ¿¡±…àâçèêëîïôùûãõåæøÀÂÇÈÊËÎÔÙÛÃÕÅÆØ·\u2013\u2019€°•"
    "\ue000\ue001\ue002\ue003\ue004\ue005"  # the left and right half of a battery, empty to full
)
ELLIPSIS = "…"
LOW = 15  # percent: less is an empty battery
_FIRST, _LAST = 0x20, 0x7E
ASCII = _LAST - _FIRST + 1
_UNKNOWN = ord("?") - _FIRST


def tile(character: str) -> int:
    """Return the number of a character's tile; one that the font lacks is a question mark."""
    code = ord(character)
    if _FIRST <= code <= _LAST:
        return code - _FIRST
    place = EXTRA.find(character)
    return _UNKNOWN if place < 0 else ASCII + place


def fit(text: str, columns: int) -> str:
    """Return `text`, cut and ended by an ellipsis where it is longer than `columns`."""
    if len(text) <= columns:
        return text
    return text[: columns - 1].rstrip() + ELLIPSIS if columns > 0 else ""


def wrap(text: str, columns: int, lines: int) -> "list[str]":
    """Return `text` in at most `lines` lines of `columns`, broken at spaces where there are any."""
    found: list[str] = []
    text = text.strip()
    while text:
        if len(found) == lines - 1 or len(text) <= columns:
            found.append(fit(text, columns))
            break
        end = text.rfind(" ", 0, columns + 1)
        if end <= 0:
            end = columns
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return found


def battery(percent: int) -> str:
    """Return the battery sign, two characters wide, for a charge in percent."""
    level = 0 if percent < LOW else 1 if percent < 40 else 2 if percent < 65 else 3 if percent < 85 else 4
    return ("\ue000\ue003", "\ue001\ue003", "\ue002\ue003", "\ue002\ue004", "\ue002\ue005")[level]
