"""Lets a host see what is on the token's drive: names and sizes, and keyed digests of the contents.

Loaded when it is first asked for. The vault is neither listed nor read. A file is read in pieces of a
few milliseconds, so that the screen goes on meanwhile.
"""

import hashlib

from tokencore.channel import OVERHEAD
from tokencore.errors import BadValue, UnknownCommand
from tokencore.frame import MAX_PAYLOAD
from tokencore.messages import MAX_PATH

from .question import Pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, Protocol

    from .app import App
    from .question import Values

    class Contents(Protocol):
        """The files of the drive but the vault: `walk` yields (path, bytes), `open_file` raises OSError."""

        def walk(self) -> Iterator[tuple[str, int]]: ...
        def open_file(self, path: str) -> BinaryIO: ...


_BLOCK = 64  # bytes of SHA-256
_BUFFER = 512
_READS = 4  # buffers a step: about 5 ms on a Pico
_HEADS = 12  # bytes of CBOR around a path, at most
_PAGE = MAX_PAYLOAD - OVERHEAD - 32


def files(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return path and size of as many files, from the one at `start` on, as fit into an answer."""
    found = []
    room, start = _PAGE, values["start"]
    for path, size in _contents(app).walk():
        if start:
            start -= 1
            continue
        shown = _short(path)
        room -= len(shown.encode("utf-8")) + _HEADS
        if room < 0:
            break
        found.append({"path": shown, "size": size})
    return {"files": found}


def digest(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that makes HMAC-SHA256 (RFC 2104) over what is read and of where.

    The message is the path's length (1 byte), the path, offset and length (4 bytes each, big-endian)
    and the content. Raises BadValue where there is no such file; the Pending does where it is too short.
    """
    contents = _contents(app)
    try:
        file = contents.open_file(values["path"])
        file.seek(values["offset"])
    except OSError:
        raise BadValue("path", "the drive has no such file") from None
    return _Digest(file, values).step(now_ms)


def _contents(app: "App") -> "Contents":
    if app.contents is None:
        raise UnknownCommand("this token cannot look at its own drive")
    return app.contents()


class _Digest:
    def __init__(self, file: "BinaryIO", values: "Values") -> None:
        self._file = file
        self._left = values["length"]
        self._buffer = memoryview(bytearray(_BUFFER))
        key = values["key"] + bytes(_BLOCK - len(values["key"]))
        path = values["path"].encode("utf-8")
        self._outer = bytes([byte ^ 0x5C for byte in key])
        self._inner = hashlib.new("sha256", bytes([byte ^ 0x36 for byte in key]))
        self._inner.update(bytes([len(path)]) + path)
        self._inner.update(values["offset"].to_bytes(4, "big") + values["length"].to_bytes(4, "big"))

    def step(self, now_ms: int) -> Pending:
        return Pending(now_ms, None, self._work)

    def _work(self, now_ms: int) -> "Values | Pending":
        for _ in range(_READS):
            if not self._left:
                self._file.close()
                mac = hashlib.new("sha256", self._outer)
                mac.update(self._inner.digest())
                return {"mac": mac.digest()}
            piece = self._buffer[: min(self._left, _BUFFER)]
            count = self._file.readinto(piece)  # type: ignore[attr-defined]
            if not count:
                self._file.close()
                raise BadValue("length", "the file ends before that")
            self._inner.update(piece[:count])
            self._left -= count
        return self.step(now_ms)


def _short(path: str) -> str:
    """Return a path that fits its field; one that had to be cut names no file any more."""
    while len(path.encode("utf-8")) > MAX_PATH:
        path = path[:-1]
    return path
