"""The builtin `open` of the simulated interpreter, over the simulated drive."""

import io
from collections.abc import Callable
from typing import Any

from .drive import EINVAL, ENOENT, EROFS, Drive, Entry
from .firmware_files import FirmwareFiles


class DriveFile(io.RawIOBase):
    """A binary file on the drive. `flush` and `close` write to the flash; nothing else surely does."""

    def __init__(self, drive: Drive, entry: Entry, writable: bool, changed: bool) -> None:
        self._drive = drive
        self._mount = drive.mounts
        self._entry = entry
        self._writable = writable
        self._position = 0
        self._stored_size = entry.size
        self._changed = changed

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return self._writable

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._entry.size)[whence]
        if base + offset < 0:
            raise OSError(EINVAL, "negative position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._drive.read(self._entry, self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def write(self, data: Any) -> int:
        if not self._writable:
            raise OSError(EROFS, "opened for reading")
        content = bytes(data)
        if self._position > self._entry.size:
            # What a FAT file holds between its old end and a write behind it is not defined.
            self._drive.write(self._entry, self._entry.size, bytes(self._position - self._entry.size))
        self._drive.write(self._entry, self._position, content)
        self._position += len(content)
        self._changed = True
        return len(content)

    def flush(self) -> None:
        if self.closed or not self._changed or self._mount != self._drive.mounts:
            return
        self._changed = False
        if self._entry.size != self._stored_size:
            self._stored_size = self._entry.size
            self._drive.save_table()
        self._drive.flush()


def opener(drive: Drive, firmware: FirmwareFiles) -> Callable[..., Any]:
    """Return an `open` for files on `drive`: modes r, r+, w, w+, with b, or as UTF-8 text.

    What the drive does not hold and `firmware` does can be read.

    Raises OSError with errno 2 for a missing file and 30 for writing where the USB host may write.
    """

    def open_file(path: str, mode: str = "r", **options: Any) -> Any:
        kind = mode.replace("b", "").replace("t", "")
        if kind not in ("r", "r+", "w", "w+"):
            raise ValueError("invalid mode")
        path = path if path.startswith("/") else "/" + path
        writing = kind != "r"
        if writing and not drive.writable:
            raise OSError(EROFS, "read-only file system")
        if kind[0] == "w":
            entry = drive.create(path)
        elif path in drive.entries:
            entry = drive.entries[path]
        else:
            reader = firmware.reader(path)
            if reader is None:
                raise OSError(ENOENT, "no such file")
            if writing:
                raise OSError(EROFS, "the firmware's own file")
            content = io.BytesIO(reader())
            return content if "b" in mode else io.TextIOWrapper(content, encoding="utf-8")
        file = DriveFile(drive, entry, writing, changed=kind[0] == "w")
        return file if "b" in mode else io.TextIOWrapper(_buffered(file, writing), encoding="utf-8")

    return open_file


def _buffered(file: DriveFile, writing: bool) -> Any:
    return io.BufferedRandom(file) if writing else io.BufferedReader(file)
