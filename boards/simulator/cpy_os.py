"""The simulated module `os`: files and folders of the drive, with the firmware's own among them."""

import os
from types import ModuleType

from .drive import ENOENT, EROFS, Drive
from .firmware_files import FirmwareFiles
from .imports import module

_FOLDER, _FILE = 0x4000, 0x8000


def os_module(drive: Drive, firmware: FirmwareFiles) -> ModuleType:
    """Return the module for one start of the firmware."""

    def sizes() -> dict[str, int]:
        return firmware.sizes() | {path: entry.size for path, entry in drive.entries.items()}

    def children(folder: str) -> list[str]:
        begin = folder.rstrip("/") + "/"
        names = {path[len(begin) :].partition("/")[0] for path in sizes() if path.startswith(begin)}
        if not names and begin != "/":
            raise OSError(ENOENT, "No such file/directory")
        return sorted(names)

    def stat(path: str) -> tuple[int, ...]:
        path = "/" + path.strip("/")
        if path in drive.entries:
            size = drive.entries[path].size
        else:
            reader = firmware.reader(path)
            if reader is None:
                children(path)
                return (_FOLDER, 0, 0, 0, 0, 0, 0, 0, 0, 0)
            size = len(reader())
        return (_FILE, 0, 0, 0, 0, 0, size, 0, 0, 0)

    def remove(path: str) -> None:
        if not drive.writable or (path not in drive.entries and firmware.reader(path)):
            raise OSError(EROFS, "Read-only filesystem")
        drive.remove(path)

    return module(
        "os",
        urandom=os.urandom,
        stat=stat,
        remove=remove,
        listdir=lambda path="/": children(path),
        sync=drive.flush,
        getenv=lambda key, default=None: default,
    )
