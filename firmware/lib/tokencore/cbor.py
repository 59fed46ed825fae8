"""The subset of CBOR (RFC 8949) that the wire and the vault need, in its deterministic form (4.2.1).

Integers from -2**64 to 2**64 - 1, byte and text strings, arrays, maps with unsigned keys, booleans.
No floats, tags or indefinite lengths; the decoder refuses what the encoder would not have written,
so that equal messages have equal bytes.
"""

from . import utf8
from .errors import BadMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 6


def encode(value: object) -> bytes:
    """Return `value` as bytes. Raises TypeError for a type outside the subset."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def decode(data: bytes) -> "Any":
    """Return the one value that `data` (bytes) holds, maps as dicts. Raises BadMessage."""
    value, end = _read(data, 0, MAX_DEPTH)
    if end != len(data):
        raise BadMessage("bytes follow the message")
    return value


def _head(out: bytearray, major: int, argument: int) -> None:
    if argument < 24:
        out.append(major << 5 | argument)
        return
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << size * 8:
            out.append(major << 5 | code)
            out.extend(argument.to_bytes(size, "big"))
            return
    raise TypeError("the integer is too large")


def _write(out: bytearray, value: object) -> None:
    if value is False or value is True:
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        if value >= 0:
            _head(out, 0, value)
        else:
            _head(out, 1, -1 - value)
    elif isinstance(value, (bytes, bytearray)):
        _head(out, 2, len(value))
        out.extend(value)
    elif isinstance(value, str):
        text = value.encode("utf-8")
        _head(out, 3, len(text))
        out.extend(text)
    elif isinstance(value, (list, tuple)):
        _head(out, 4, len(value))
        for item in value:
            _write(out, item)
    elif isinstance(value, dict):
        _head(out, 5, len(value))
        for key in sorted(value):
            if key < 0:
                raise TypeError("a map's keys are unsigned")
            _head(out, 0, key)
            _write(out, value[key])
    else:
        raise TypeError("this type has no place in a message")


def _read_head(data: bytes, at: int) -> "tuple[int, int, int]":
    if at >= len(data):
        raise BadMessage("the message ends early")
    major, argument = data[at] >> 5, data[at] & 31
    at += 1
    if argument < 24:
        return major, argument, at
    if argument > 27 or major == 7:
        raise BadMessage("the message has a type outside the subset")
    size = 1 << argument - 24
    if at + size > len(data):
        raise BadMessage("the message ends early")
    value = int.from_bytes(data[at : at + size], "big")
    if value < (24 if size == 1 else 1 << size * 4):
        raise BadMessage("an integer is not in its shortest form")
    return major, value, at + size


def _read(data: bytes, at: int, depth: int) -> "tuple[Any, int]":
    major, argument, at = _read_head(data, at)
    if major == 0:
        return argument, at
    if major == 1:
        return -1 - argument, at
    if major == 2 or major == 3:
        end = at + argument
        if end > len(data):
            raise BadMessage("the message ends early")
        chunk = bytes(data[at:end])
        return (chunk if major == 2 else _text(chunk)), end
    if major == 7 and (argument == 20 or argument == 21):
        return argument == 21, at
    if major != 4 and major != 5:
        raise BadMessage("the message has a type outside the subset")
    if not depth:
        raise BadMessage("the message is nested too deep")
    # Every item takes a byte: a count beyond the data must not make the device reserve memory.
    if argument > len(data) - at:
        raise BadMessage("the message ends early")
    if major == 4:
        items: "list[Any]" = []
        for _ in range(argument):
            value, at = _read(data, at, depth - 1)
            items.append(value)
        return items, at
    pairs: "dict[int, Any]" = {}
    last = -1
    for _ in range(argument):
        key_major, key, at = _read_head(data, at)
        if key_major != 0 or key <= last:
            raise BadMessage("a map's keys are not ascending numbers")
        last = key
        pairs[key], at = _read(data, at, depth - 1)
    return pairs, at


def _text(chunk: bytes) -> str:
    try:
        return utf8.decode(chunk)
    except UnicodeError:
        raise BadMessage("a text is not UTF-8") from None
