"""What is on the drive, for whoever asks over the wire; loaded when that happens."""

import os

from .drive import OLD_STORE, STORE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_ENOENT = 2
_HIDDEN = (STORE, OLD_STORE)
_FOLDER = 0x4000


def walk() -> "Iterator[tuple[str, int]]":
    """Yield the path and the size in bytes of every file but those of the accounts."""
    folders = ["/"]
    while folders:
        folder = folders.pop()
        for name in os.listdir(folder):
            about = os.stat(folder + name)
            if about[0] & _FOLDER:
                folders.append(folder + name + "/")
            elif folder + name not in _HIDDEN:
                yield folder + name, about[6]


def open_file(path: str) -> "BinaryIO":
    """Open a file for reading by the very path that `walk` gives it. Raises OSError.

    The file system takes other spellings too, and so would give the accounts away as /STORE.BIN.
    """
    folder = "/"
    parts = path.split("/")
    for part in parts[1:]:
        if part not in os.listdir(folder):
            raise OSError(_ENOENT)
        folder += part + "/"
    if len(parts) < 2 or parts[0] or path in _HIDDEN:
        raise OSError(_ENOENT)
    return open(path, "rb")
