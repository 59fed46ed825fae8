"""Reads the table of commands, commands.txt beside this module. `messages.COMMANDS` is the way to it.

A row is read from the file when it is asked for: in memory the table would take a board 5 kB.
"""

from .account import KINDS, TYPINGS
from .errors import StoreFailed
from .messages import (
    ANYBODY,
    CLOCK,
    CLOCK_STATES,
    LANGUAGES,
    LAYOUTS,
    LISTED,
    OWNER,
    PLAIN,
    PUBLIC,
    ROLES,
    STORED,
    Command,
    Field,
)
from .otp import ALGORITHMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .messages import Fields

_FILE = __file__.replace("\\", "/").rsplit("/", 1)[0] + "/commands.txt"


# The kinds that are choices.
_CHOICES: "dict[str, tuple[Any, ...]]" = {
    "kind": KINDS,
    "hash": ALGORITHMS,
    "typing": TYPINGS,
    "state": CLOCK_STATES,
    "layout": LAYOUTS,
    "language": LANGUAGES,
    "role": ROLES,
}

# Fields that stand in several rows.
_GROUPS = {"label": STORED[:2], "account": PUBLIC, "secret": STORED[:9], "listed": LISTED}


def every() -> "list[Command]":
    """Return all rows in their order."""
    return _read(None)


def find(key: "str | int") -> "Command | None":
    """Return the Command of that name or number, or None. Raises StoreFailed where its row is damaged."""
    try:
        found = _read(key)
    except (OSError, ValueError, IndexError, KeyError):
        raise StoreFailed("a file of the firmware is damaged: flash it again") from None
    return found[0] if found else None


def _read(key: "str | int | None") -> "list[Command]":
    words: "dict[str, str]" = {}
    found = []
    with open(_FILE, "rb") as file:
        for line in file:
            head = _words(line)
            if len(head) < 3 or head[0] == "#":
                continue
            if head[1] == "=":
                words[head[0]] = head[2]
            elif key is None or str(key) in head[:2]:
                who, request, response = head[2].split("|")
                if who not in (PLAIN, ANYBODY, CLOCK, OWNER):
                    raise ValueError("nobody may ask for that")
                given, told = _fields(request, words), _fields(response, words)
                found.append(Command(int(head[0]), head[1], who, given, told))
                if key is not None:
                    break
    return found


def _words(line: bytes) -> "list[str]":
    """Return the first word of a line, the second, and the rest; nothing of a line that is damaged."""
    try:
        return line.decode("utf-8").strip().split(" ", 2)
    except ValueError:
        return []


def _fields(text: str, words: "dict[str, str]") -> "Fields":
    found: Fields = ()
    for part in text.split(",") if text else ():
        if part[0] == "*":
            found += _GROUPS[part[1:]]
        else:
            name, _, kind = part.partition(" ")
            found += (_field(len(found) + 1, name, kind, words),)
    return found


def _field(number: int, name: str, kind: str, words: "dict[str, str]") -> Field:
    low = high = 0
    limits = words.get(kind, kind).split(" ")
    made: Any = _CHOICES.get(kind, limits[0])
    if kind[0] == "@":
        made, high = _GROUPS.get(kind[1:]) or _fields(words[kind], words), 0xFFFF
    elif len(limits) > 1:
        low, high = int(limits[1]) if len(limits) > 2 else 0, int(limits[-1])
    plain = name.rstrip("?")
    return Field(number, plain, made, low, high, plain != name)
