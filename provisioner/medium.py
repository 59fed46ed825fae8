"""A board's drive as files, with what the computer holds back made explicit.

Until `flush` or `sync` returns, what was written may be lost, or be there in part, when the cable is
pulled; flashing is tested against a drive that does the worst of it.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .faults import DeskError

if sys.platform == "darwin":
    import fcntl

_F_NOCACHE, _F_FULLFSYNC = 48, 51  # macOS, <sys/fcntl.h>


class DriveLost(DeskError):
    """The drive went away, or refused."""

    advice = "Plug the board in again and run the command again: it goes on where it stopped"


class DriveFull(DeskError):
    """The drive has too little space."""

    advice = "Remove your own files from the drive, or format it: see docs/flashing.md"


class Medium(Protocol):
    """Files by path, with "/" between folders. All but `files` raise DriveLost or DriveFull."""

    def files(self) -> dict[str, int]:
        """Return the path and the size in bytes of every file."""

    def read(self, path: str) -> bytes:
        """Return a file's content, from the drive itself where the system allows that."""

    def write(self, path: str, content: bytes) -> None:
        """Make a file, with the folders that it needs."""

    def flush(self, path: str) -> None:
        """Return when the file's content is safe."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in place of the one that has it."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def tidy(self, folder: str) -> None:
        """Remove the empty folders below `folder`: to CircuitPython they would be packages."""

    def sync(self) -> None:
        """Return when everything done so far is safe."""


class FolderMedium:
    """The drive that is mounted at `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._device = self._device_now()

    def files(self) -> dict[str, int]:
        found = {}
        for folder, _, names in os.walk(self._root):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(OSError):
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
        return found

    def read(self, path: str) -> bytes:
        with self._told(path), (self._root / path).open("rb", buffering=0) as file:
            _uncached(file.fileno())
            return file.readall()

    def write(self, path: str, content: bytes) -> None:
        with self._told(path):
            place = self._root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def flush(self, path: str) -> None:
        with self._told(path), (self._root / path).open("r+b") as file:
            _flush(file.fileno())

    def rename(self, old: str, new: str) -> None:
        with self._told(new):
            (self._root / old).replace(self._root / new)

    def remove(self, path: str) -> None:
        with self._told(path):
            (self._root / path).unlink(missing_ok=True)

    def wipe(self, path: str) -> None:
        """Overwrite a file with zeros where it lies, and remove it, if it is there.

        The chip under the drive may have kept older copies elsewhere all the same.
        """
        with self._told(path), contextlib.suppress(FileNotFoundError):
            place = self._root / path
            with place.open("r+b", buffering=0) as file:
                file.write(bytes(place.stat().st_size))
                _flush(file.fileno())
            place.unlink()
        self.sync()

    def tidy(self, folder: str) -> None:
        for inner, _, _ in os.walk(self._root / folder, topdown=False):
            with contextlib.suppress(OSError):
                Path(inner).rmdir()  # refuses one that is not empty

    def sync(self) -> None:
        if hasattr(os, "sync"):  # Windows writes through to a drive that can be pulled
            os.sync()

    def _device_now(self) -> int:
        try:
            return self._root.stat().st_dev
        except OSError:
            return -1

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """Say what an OSError means."""
        if self._device_now() != self._device:
            # What is written there now would go into the computer's own folder.
            raise DriveLost(f"the drive at {self._root} is gone")
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DriveFull(f"{self._root} is full: {path} has no place") from None
            if error.errno == errno.EROFS:
                raise DriveLost(
                    f"{self._root} cannot be written",
                    "Another program has it, or its file system is damaged: unplug the board, plug it in, run"
                    " the command again",
                ) from None
            why = error.strerror or "it does not answer"
            raise DriveLost(f"{path} on {self._root}: {why}") from None


def _flush(descriptor: int) -> None:
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, _F_FULLFSYNC)  # fsync there leaves it in the drive's own cache
    else:
        os.fsync(descriptor)


def _uncached(descriptor: int) -> None:
    """Ask the system to read from the drive and not from its memory."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, _F_NOCACHE, 1)
    elif hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
