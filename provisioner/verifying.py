"""Comparing the files on a token with the bundle that should be there, by keyed digests.

It finds accidents and careless tampering. A token whose firmware lies can answer for files that it
does not run.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass

from tokencore import errors

from boards import bundle

from .client import Token
from .faults import BadInput
from .model import Progress, Report

PIECE = 16384  # bytes that one digest is over: a fraction of a second on a board
_KEY = 32
# What CircuitPython and computers leave on a drive. None of it can be imported.
_SYSTEM = ("boot_out.txt", ".metadata_never_index", ".Trashes", "sd/placeholder.txt", "saves/placeholder.txt")
_SYSTEM_FOLDERS = (".fseventsd/", ".Trashes/", ".Spotlight-V100/", "System Volume Information/")


class OtherKind(BadInput):
    """The firmware on the token is compiled, what it is compared with is source; or the other way round."""

    def __init__(self, compiled: bool) -> None:
        text, option, how = ("compiled", "with", "give") if compiled else ("source", "without", "omit")
        super().__init__(
            f"the firmware on the token is {text}, and this program's to compare it with is not",
            f"If it was flashed {option} --mpy-cross, {how} it here. If it was not, somebody has changed it:"
            " flash it anew",
        )


@dataclass(frozen=True)
class Comparison:
    """`same` counts the files that are as they should be; the others are named, sorted.

    `system` counts files of CircuitPython and of computers, which are not the bundle's.
    """

    same: int
    differ: list[str]
    missing: list[str]
    extra: list[str]
    system: int

    @property
    def good(self) -> bool:
        """Whether the token has the bundle and nothing else."""
        return not (self.differ or self.missing or self.extra)


def compare(token: Token, files: dict[str, bytes], report: Report | None = None) -> Comparison:
    """Compare the token's files with `files` ({path: content}).

    Raises OtherKind where one is compiled and the other source: no file would have its like.
    """
    present = {path.removeprefix("/"): (path, size) for path, size in token.files(report).items()}
    if bundle.is_compiled(present) != bundle.is_compiled(files):
        raise OtherKind(bundle.is_compiled(present))
    differ = []
    for done, (path, content) in enumerate(files.items()):
        if report:
            report(Progress("digest", done, len(files)))
        if path in present:
            own_path, size = present[path]
            if size != len(content) or not _is_same(token, own_path, content):
                differ.append(path)
    others = [path for path in present if path not in files]
    extra = [path for path in others if not _is_system(path)]
    missing = [path for path in files if path not in present]
    return Comparison(
        len(files) - len(differ) - len(missing),
        sorted(differ),
        sorted(missing),
        sorted(extra),
        len(others) - len(extra),
    )


def _is_same(token: Token, path: str, content: bytes) -> bool:
    """Whether a file of the token has that content; each piece is asked for under a new key."""
    for offset in range(0, max(len(content), 1), PIECE):
        key, piece = os.urandom(_KEY), content[offset : offset + PIECE]
        try:
            told = token.digest(path, key, offset, len(piece))
        except errors.BadValue:
            return False  # It has become shorter, or gone, since it was listed.
        if not hmac.compare_digest(told, expected(key, path, offset, piece)):
            return False
    return True


def expected(key: bytes, path: str, offset: int, piece: bytes) -> bytes:
    """Return the digest of a piece of a file (docs/protocol.md)."""
    name = path.encode()
    message = bytes([len(name)]) + name + offset.to_bytes(4, "big") + len(piece).to_bytes(4, "big") + piece
    return hmac.digest(key, message, hashlib.sha256)


def _is_system(path: str) -> bool:
    return path in _SYSTEM or path.startswith(_SYSTEM_FOLDERS)
