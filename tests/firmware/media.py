"""Flash as a board has it, in memory: sectors wear, and a power cut tears the one that is being written.

Written within the limits of a board: the tests run the same token on other interpreters.
"""

from __future__ import annotations

from tokenfw.secret import Secret

SECTOR = 4096
PAGE = 256  # bytes that the chip programs at once


class PowerCut(Exception):
    """The power failed in the middle of a write."""


def _noise(count: int, seed: int) -> bytes:
    data = bytearray(count)
    for position in range(count):
        seed = (seed * 16807 + 11) % 2147483647
        data[position] = seed >> 8 & 255
    return bytes(data)


def _torn(old: bytes, new: bytes) -> bytes:
    """Programmed up to the middle of the 512 bytes that change first."""
    changed = 0
    while changed < len(new) and old[changed : changed + PAGE] == new[changed : changed + PAGE]:
        changed += PAGE
    return new[: changed + PAGE] + b"\xff" * max(0, len(new) - changed - PAGE)


# What a cut leaves of a sector that held `old` and was to hold `new`.
DAMAGES = {
    "erased": lambda old, new: b"\xff" * len(old),
    "half erased": lambda old, new: b"\xff" * (len(old) // 2) + old[len(old) // 2 :],
    "half programmed": lambda old, new: new[: len(old) // 2] + b"\xff" * (len(old) - len(old) // 2),
    "torn page": _torn,
    "last page": lambda old, new: new[:-PAGE] + b"\xff" * PAGE,
    "random": lambda old, new: _noise(len(old), sum(old) + 2 * sum(new) + 1),
    "done": lambda old, new: new,  # The power lasted for just this write.
}


class Power:
    """What media share: after `cut_after` more sector writes the next is torn, and raises PowerCut.

    `writes` counts the sector writes of all media, an erase and what is programmed after it together.
    """

    def __init__(self) -> None:
        self.cut_after: int | None = None
        self.damage = "erased"
        self.writes = 0

    def torn(self, old: bytes, new: bytes) -> bytes | None:
        """Count one sector write; return what a cut leaves of it, None without one."""
        if self.cut_after == 0:
            self.cut_after = None
            return DAMAGES[self.damage](old, new)
        if self.cut_after is not None:
            self.cut_after -= 1
        self.writes += 1
        return None


class RamMedium:
    """A file in memory; `data` is its content.

    It begins `phase` bytes after the beginning of a flash sector; what lies before it and after its end is
    some other file's, and `strangers` counts the writes that endanger one. `erases` counts by sector.
    """

    def __init__(self, data: bytes = b"", power: Power | None = None, phase: int = 0) -> None:
        self.data = bytearray(data)
        self.power = power or Power()
        self.phase = phase
        self.error: OSError | None = None
        self.erases: dict[int, int] = {}
        self.strangers = 0

    @property
    def writes(self) -> int:
        return self.power.writes

    def cut(self, after: int | None, damage: str = "erased") -> None:
        """Cut the power in the sector write after `after` more; never, if that is None."""
        self.power.cut_after, self.power.damage = after, damage

    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        return bytes(self.data[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        if self.error:
            raise self.error
        while data:
            fits = SECTOR - (self.phase + offset) % SECTOR
            self._write_sector(offset, data[:fits])
            offset, data = offset + fits, data[fits:]

    def zero(self, length: int, offset: int = 0) -> None:
        self.write(offset, bytes(length))

    def clear(self) -> None:
        self.data = bytearray()

    remove = clear

    def _write_sector(self, offset: int, data: bytes) -> None:
        number = (self.phase + offset) // SECTOR
        start = max(0, number * SECTOR - self.phase)
        end = min((number + 1) * SECTOR - self.phase, len(self.data))
        old = bytes(self.data[start:end])
        new = old[: offset - start] + data + old[offset - start + len(data) :]
        self.erases[number] = self.erases.get(number, 0) + 1
        if len(old) == len(new) < SECTOR:
            self.strangers += 1
        left = self.power.torn(old, new[: len(old)])
        if left is None:
            self.data.extend(bytes(len(new) - len(old)))
        self.data[start : start + len(left or new)] = left or new
        if left is not None:
            raise PowerCut


class RamNvm:
    """`microcontroller.nvm` of an RP2040: one sector, all of which is written whenever a byte is."""

    def __init__(self, data: bytes = b"\xff" * SECTOR, power: Power | None = None) -> None:
        self.data = bytearray(data)
        self.power = power or Power()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: slice) -> bytearray:
        return self.data[index]

    def __setitem__(self, index: slice, value: bytes) -> None:
        new = bytearray(self.data)
        new[index] = value
        left = self.power.torn(bytes(self.data), bytes(new))
        self.data = bytearray(new if left is None else left)
        if left is not None:
            raise PowerCut


class RamSecret(Secret):
    """The token's own class for its secret, over an nvm in memory."""

    def __init__(self, data: bytes = b"\xff" * SECTOR, power: Power | None = None) -> None:
        self.nvm = RamNvm(data, power)
        Secret.__init__(self, self.nvm)
