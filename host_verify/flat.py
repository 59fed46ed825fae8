"""Lists of plain values as compact JSON: letter for letter what the json module writes, in half the time.

Nearly all that is marked, linked or sealed in the store is such a list, and each attempt makes ten of them.
"""

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as _quoted


def text(values: Iterable[str | int | float | None]) -> str:
    """Return the values as one JSON list without spaces; floats must be finite, and none may be a bool."""
    return "[" + ",".join([value(each) for each in values]) + "]"


def value(each: str | int | float | None) -> str:
    """Return one value in JSON."""
    if each is None:
        return "null"
    return _quoted(each) if isinstance(each, str) else repr(each)
