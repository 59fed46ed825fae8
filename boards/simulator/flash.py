"""A NOR flash chip: programming only clears bits, erasing sets a whole sector to FFh.

Power may be cut in the middle of any operation; what was under way is then left half done, as on a
real chip.
"""

import os
from pathlib import Path
from typing import Protocol

SECTOR = 4096  # bytes that one erase sets to FFh
PAGE = 256  # bytes that one program operation reaches
ERASED = 0xFF


class PowerCut(BaseException):
    """The supply failed in the middle of a flash operation. Not an Exception: no firmware survives it."""


class Flash:
    """`sectors` sectors, erased when new, or the image kept in `path`, written through at each operation.

    `erases` counts erases by sector, `operations` counts erases and page programs together. While
    `powered` is False every erase and program raises PowerCut and changes nothing.
    """

    def __init__(self, sectors: int, path: Path | None = None) -> None:
        self._image = bytearray([ERASED]) * (sectors * SECTOR)
        self._file: int | None = None
        self.erases = [0] * sectors
        self.operations = 0
        self.powered = True
        self._cut_at: int | None = None
        if path is not None:
            self._open(path)

    def _open(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        stored = os.pread(self._file, len(self._image) + 1, 0)
        if not stored:
            os.pwrite(self._file, self._image, 0)
        elif len(stored) != len(self._image):
            raise ValueError(f"{path} is not a flash image of {len(self._image)} bytes: use another folder")
        else:
            self._image[:] = stored

    def __len__(self) -> int:
        return len(self._image)

    def cut_power_at(self, operation: int) -> None:
        """Cut the power in the middle of the `operation`-th erase or page program from now (1: the next)."""
        self._cut_at = self.operations + operation

    def load(self, image: bytes) -> None:
        """Replace the whole content, as a programmer does that is clipped to the chip."""
        if len(image) != len(self._image):
            raise ValueError(f"the image must have {len(self._image)} bytes")
        self._put(0, image)

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self._image[offset : offset + length])

    def erase(self, sector: int) -> None:
        """Set a sector to FFh. Raises PowerCut with its first half alone erased."""
        cut = self._operation()
        self.erases[sector] += 1
        self._put(sector * SECTOR, bytes([ERASED]) * (SECTOR // 2 if cut else SECTOR))
        if cut:
            raise PowerCut

    def program(self, offset: int, data: bytes) -> None:
        """Clear the bits of `offset` on that are 0 in `data`, page by page.

        Raises PowerCut with the page under way half programmed.
        """
        end = offset + len(data)
        while offset < end:
            stop = min(end, offset - offset % PAGE + PAGE)
            page, data = data[: stop - offset], data[stop - offset :]
            cut = self._operation()
            if cut:
                page = page[: len(page) // 2]
            old = self._image[offset : offset + len(page)]
            self._put(offset, bytes(a & b for a, b in zip(old, page, strict=True)))
            if cut:
                raise PowerCut
            offset = stop

    def rewrite(self, sector: int, data: bytes) -> None:
        """Erase a sector and program all of it."""
        self.erase(sector)
        self.program(sector * SECTOR, data)

    def close(self) -> None:
        """Close the image's file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _operation(self) -> bool:
        if not self.powered:
            raise PowerCut
        self.operations += 1
        if self.operations != self._cut_at:
            return False
        self._cut_at = None
        self.powered = False
        return True

    def _put(self, offset: int, data: bytes) -> None:
        self._image[offset : offset + len(data)] = data
        if self._file is not None:
            os.pwrite(self._file, data, offset)


class BlockDevice(Protocol):
    """What a drive stands on: numbered sectors, of which one is rewritten at a time."""

    count: int

    def read(self, sector: int) -> bytes: ...
    def rewrite(self, sector: int, data: bytes) -> None: ...


class Region:
    """`count` sectors of a flash chip from sector `first` on."""

    def __init__(self, flash: Flash, first: int, count: int) -> None:
        self._flash = flash
        self._first = first
        self.count = count

    def read(self, sector: int) -> bytes:
        return self._flash.read((self._first + sector) * SECTOR, SECTOR)

    def rewrite(self, sector: int, data: bytes) -> None:
        self._flash.rewrite(self._first + sector, data)


class Nvm:
    """`microcontroller.nvm`: each assignment reads, erases and programs all of the sectors that it touches.

    A power cut in between loses the whole sector, as on an RP2040.
    """

    def __init__(self, region: BlockDevice) -> None:
        self._region = region

    def __len__(self) -> int:
        return self._region.count * SECTOR

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: "int | slice") -> "int | bytearray":
        data = self._read()
        return bytearray(data[index]) if isinstance(index, slice) else data[index]

    def __setitem__(self, index: "int | slice", value: "int | bytes | bytearray") -> None:
        data = bytearray(self._read())
        if isinstance(index, slice):
            if not isinstance(value, (bytes, bytearray)) or len(value) != len(
                range(*index.indices(len(self)))
            ):
                raise ValueError("Slice and value different lengths.")
            data[index] = value
            touched = range(*index.indices(len(self)))
        elif isinstance(value, int):
            data[index] = value
            touched = range(index % len(self), index % len(self) + 1)
        else:
            raise ValueError("Array values should be single bytes.")
        for sector in sorted({place // SECTOR for place in touched}):
            self._region.rewrite(sector, bytes(data[sector * SECTOR : (sector + 1) * SECTOR]))

    def _read(self) -> bytes:
        return b"".join(self._region.read(sector) for sector in range(self._region.count))
