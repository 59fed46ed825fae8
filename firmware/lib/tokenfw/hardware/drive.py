"""Files on the board's drive. boot.py has closed it to the USB host, so the firmware may write."""

import os

STORE = "/store.bin"  # the accounts, as boot.py has it
OLD_STORE = "/vault.bin"  # those of version 0.1

_ENOENT = 2
_EROFS = 30
_SECTOR = 512  # bytes of the file system's; the heap of a board has no much larger pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


def read_text(path: str) -> str:
    """Return the text of a file. Raises OSError."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def pieces(path: str) -> "Iterator[str]":
    """Yield the text of a file in pieces that a board's heap has room for. Raises OSError."""
    with open(path, encoding="utf-8") as file:
        while True:
            piece = file.read(_SECTOR)
            if not piece:
                return
            yield piece


class DriveFile:
    """One file as the medium of a store (see `tokenfw.pages.Medium`)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def size(self) -> int:
        try:
            return self._opened().seek(0, 2)
        except OSError as error:
            if error.errno == _ENOENT:
                return 0
            raise

    def read(self, offset: int, length: int) -> bytes:
        file = self._opened()
        file.seek(offset)
        return file.read(length)

    def write(self, offset: int, data: bytes) -> None:
        file = self._writable()
        grows = file.seek(0, 2) < offset + len(data)
        file.seek(offset)
        file.write(data)
        self._settle(file, grows or offset % _SECTOR or len(data) % _SECTOR)

    def zero(self, length: int, offset: int = 0) -> None:
        file = self._writable()
        grows = file.seek(0, 2) < offset + length
        file.seek(offset)
        for done in range(0, length, _SECTOR):
            file.write(bytes(min(_SECTOR, length - done)))
        self._settle(file, grows or offset % _SECTOR or length % _SECTOR)

    def _settle(self, file: "BinaryIO", whole: "bool | int") -> None:
        """Return when all that was written has reached the flash."""
        if whole:
            file.flush()
        else:
            # Whole sectors in place are all that has to reach the flash. To flush would write the file's
            # time into the directory too; cut in that, the drive loses every file, boot.py among them.
            os.sync()

    def clear(self) -> None:
        if self._file:
            self._file.close()
        self._file = open(self._path, "w+b")

    def remove(self) -> None:
        """Take the file off the drive, if it is there."""
        if self._file:
            self._file.close()
            self._file = None
        try:
            os.remove(self._path)
        except OSError as error:
            if error.errno != _ENOENT:
                raise

    def _writable(self) -> "BinaryIO":
        try:
            return self._opened()
        except OSError as error:
            if error.errno != _ENOENT:
                raise
        self._file = open(self._path, "w+b")
        return self._file

    def _opened(self) -> "BinaryIO":
        if self._file is None:
            try:
                self._file = open(self._path, "r+b")
            except OSError as error:
                if error.errno != _EROFS:
                    raise
                self._file = open(self._path, "rb")  # Codes still work where nothing can be stored.
        return self._file
