"""The CIRCUITPY drive: the files that the firmware opens, over flash sectors.

As CircuitPython does it on an RP2040, writes go through a cache of one sector: what is written to
another sector, a read, or a flush rewrites the cached one (read, erase, program). Power lost before
that loses the cache. The file table here is a plain one, each file a run of sectors, and it is
rewritten only when a name, a place or a size changes: FAT itself, with its own tables and time stamps,
is exercised on the real interpreter's image, not here.
"""

import struct
from dataclasses import dataclass

from .flash import SECTOR, BlockDevice

_MAGIC = b"FOBDRIVE"
_ENTRY = struct.Struct("<32sHHI")  # name, first sector, sectors, size in bytes
_ENTRIES = (SECTOR - len(_MAGIC)) // _ENTRY.size

EROFS, ENOENT, EINVAL, ENOSPC = 30, 2, 22, 28


@dataclass
class Entry:
    """A file: `sectors` from `first` on are its own, `size` bytes of them its content."""

    first: int
    sectors: int
    size: int


class Drive:
    """Files by path. `writable` is whether the firmware may write: only once the USB host may not."""

    def __init__(self, device: BlockDevice) -> None:
        self._device = device
        self._cached: int | None = None
        self._cache = bytearray()
        self.writable = False
        self.mounts = 0  # files opened before the last mount are dead
        self.entries: dict[str, Entry] = {}
        self.mount()

    def mount(self) -> None:
        """Drop what is in the cache, as a restart does, and read the table; a new drive gets one."""
        self.lose_power()
        self.entries.clear()
        table = self._device.read(0)
        if not table.startswith(_MAGIC):
            self.save_table()
            self.flush()
            return
        for number in range(_ENTRIES):
            name, first, sectors, size = _ENTRY.unpack_from(table, len(_MAGIC) + number * _ENTRY.size)
            if name[0] not in (0, 0xFF):
                self.entries[name.rstrip(b"\0").decode()] = Entry(first, sectors, size)

    def lose_power(self) -> None:
        """Drop the cache; files that are open now write nothing any more."""
        self._cached = None
        self.mounts += 1

    def put(self, path: str, content: bytes) -> None:
        """Store a file from outside, as a host does; nothing is written where it stands already."""
        if path in self.entries and self.read(self.entries[path], 0, len(content) + 1) == content:
            return
        entry = self.create(path)
        self.write(entry, 0, content)
        self.save_table()
        self.flush()

    def create(self, path: str) -> Entry:
        """Make or empty the file at `path`. Raises OSError ENOSPC where the table is full."""
        if len(path.encode()) > 32:
            raise OSError(EINVAL, "name too long")
        if path not in self.entries and len(self.entries) == _ENTRIES:
            raise OSError(ENOSPC, "table full")
        entry = self.entries.setdefault(path, Entry(0, 0, 0))
        entry.size = 0
        self.save_table()
        return entry

    def remove(self, path: str) -> None:
        """Forget the file at `path`. Raises OSError ENOENT."""
        if path not in self.entries:
            raise OSError(ENOENT, "no such file")
        del self.entries[path]
        self.save_table()
        self.flush()

    def read(self, entry: Entry, offset: int, length: int) -> bytes:
        """Return up to `length` bytes of a file."""
        self.flush()
        end = min(offset + length, entry.size)
        data = bytearray()
        while offset < end:
            sector, start = divmod(offset, SECTOR)
            data += self._device.read(entry.first + sector)[start : start + end - offset]
            offset = (sector + 1) * SECTOR
        return bytes(data)

    def write(self, entry: Entry, offset: int, data: bytes) -> None:
        """Put `data` into a file through the cache; what lies beyond the end makes the file longer."""
        self._grow(entry, offset + len(data))
        position = 0
        while position < len(data):
            sector, start = divmod(offset + position, SECTOR)
            part = data[position : position + SECTOR - start]
            self._load(entry.first + sector)
            self._cache[start : start + len(part)] = part
            position += len(part)

    def flush(self) -> None:
        """Write the cached sector to the flash."""
        if self._cached is not None:
            sector, self._cached = self._cached, None
            self._device.rewrite(sector, bytes(self._cache))

    def save_table(self) -> None:
        """Put the file table into its sector, through the cache."""
        table = bytearray(_MAGIC)
        for path, entry in self.entries.items():
            table += _ENTRY.pack(path.encode(), entry.first, entry.sectors, entry.size)
        self._load(0)
        self._cache[:] = table + bytes(SECTOR - len(table))

    def _load(self, sector: int) -> None:
        if self._cached != sector:
            self.flush()
            self._cached, self._cache = sector, bytearray(self._device.read(sector))

    def _grow(self, entry: Entry, size: int) -> None:
        needed = -(-size // SECTOR)
        if needed > entry.sectors:
            first = self._find_run(entry, needed)
            if first != entry.first:
                content = self.read(entry, 0, entry.size)
                entry.first, entry.sectors = first, needed
                self.write(entry, 0, content)
            entry.sectors = needed
        entry.size = max(entry.size, size)

    def _find_run(self, entry: Entry, needed: int) -> int:
        """Return the first sector of a free run, the file's own place if it can be made longer there."""
        others = [other for other in self.entries.values() if other is not entry]
        used = {sector for other in others for sector in range(other.first, other.first + other.sectors)}
        starts = range(1, self._device.count - needed + 1)
        for start in ([entry.first] if entry.sectors else []) + list(starts):
            if start + needed <= self._device.count and not used & set(range(start, start + needed)):
                return start
        raise OSError(ENOSPC, "no space left")
