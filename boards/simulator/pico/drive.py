"""The FAT file system of CIRCUITPY in a flash image, read and written from outside with ChaN's FatFs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from .parts import fat

_SECTOR = 512
_BOOT_SIGNATURE = b"\x55\xaa"


def write(image: bytearray, files: dict[str, bytes], owned: str = "") -> list[str]:
    """Put `files` into the file system in `image`, which gets one where it has none.

    A file that stands there already is left alone; others in the folder `owned` are removed. Returns the
    paths that were written.
    """
    written = []
    with _mounted(image) as volume:
        if owned and volume.isdir("/" + owned):
            for folder, _, names in list(volume.walk("/" + owned)):
                for name in names:
                    path = f"{folder.rstrip('/')}/{name}"
                    if path.lstrip("/") not in files:
                        volume.remove(path)
        for path, content in files.items():
            name = "/" + path
            if volume.isfile(name) and volume.read_file(name) == content:
                continue
            folder = str(PurePosixPath(name).parent)
            if not volume.isdir(folder) and folder != "/":
                volume.makedirs(folder)
            volume.write_file(name, content)
            written.append(path)
    return written


def read(image: bytes, path: str) -> bytes:
    """Return the content of a file. Raises FileNotFoundError."""
    with _mounted(bytearray(image)) as volume:
        content: bytes = volume.read_file("/" + path)
        return content


@contextmanager
def _mounted(image: bytearray) -> Iterator[Any]:
    fatfs = fat()
    partition = fatfs.Partition(fatfs.RamDisk(image, sector_size=_SECTOR))
    if image[_SECTOR - 2 : _SECTOR] != _BOOT_SIGNATURE:
        partition.mkfs()
    partition.mount()
    try:
        yield fatfs.PartitionExtended(partition)
    finally:
        partition.unmount()
