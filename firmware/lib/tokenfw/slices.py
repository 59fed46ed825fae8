"""A store of numbered slices, each kept twice, that a power cut leaves old or new.

The medium is one file on the token's drive: all first slots, then all second slots. A flash write
erases a sector and so endangers the slots around it; given 8 slices or more, the two slots of one are
too far apart to share a sector. A commit writes the first slot, then the second: at any moment one of
them is whole. The newer one is read, and `repair` makes both equal again after a cut.

    slot = sequence (4 bytes) | length (2) | body | CRC-32 (4) of slice number and all before, big-endian

An erased slot is all zeros. Writes of the medium raise OSError, given on as StoreFailed.
"""

import binascii
import struct

from tokencore.errors import StoreFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Medium(Protocol):
        """A file, longer by what is written past its end and emptied by `clear`.

        `write`, and `zero` for the first `length` bytes, return when what they wrote will survive a
        power cut. All raise OSError.
        """

        def size(self) -> int: ...
        def read(self, offset: int, length: int) -> bytes: ...
        def write(self, offset: int, data: bytes) -> None: ...
        def zero(self, length: int) -> None: ...
        def clear(self) -> None: ...


SLOT = 512
_HEAD = ">IH"
MAX_BODY = SLOT - 10


class Slices:
    """`count` slices over a medium of `count * 2 * SLOT` bytes."""

    def __init__(self, medium: "Medium", count: int) -> None:
        self._medium = medium
        self.count = count

    def read(self, index: int) -> "bytes | None":
        """Return the body last committed to slice `index`, or None where there is none."""
        newest = max(self._slot(index, 0), self._slot(index, 1))
        return newest[1] if newest[0] else None

    def write(self, index: int, body: bytes) -> None:
        """Commit `body` (at most MAX_BODY bytes) to slice `index`: all of it, or nothing."""
        sequence = max(self._slot(index, 0)[0], self._slot(index, 1)[0]) + 1
        slot = self._pack(index, sequence, body)
        self._put(index, 0, slot)
        self._put(index, 1, slot)

    def erase(self, index: int) -> None:
        """Overwrite both slots of slice `index` with zeros, where they are not."""
        for which in (0, 1):
            if self._medium.read(self._offset(index, which), SLOT) != bytes(SLOT):
                self._put(index, which, bytes(SLOT))

    def repair(self, index: int) -> None:
        """Make both slots of slice `index` equal again where a power cut has left them different."""
        first, second = self._slot(index, 0), self._slot(index, 1)
        if first > second:
            self._put(index, 1, self._pack(index, first[0], first[1]))
        elif second > first:
            self._put(index, 0, self._pack(index, second[0], second[1]))

    def _offset(self, index: int, which: int) -> int:
        return (which * self.count + index) * SLOT

    def _pack(self, index: int, sequence: int, body: bytes) -> bytes:
        slot = struct.pack(_HEAD, sequence, len(body)) + body
        slot += struct.pack(">I", _crc(index, slot))
        return slot + bytes(SLOT - len(slot))

    def _slot(self, index: int, which: int) -> "tuple[int, bytes]":
        """Return (sequence, body) of a slot; (0, b"") where it is erased, torn or damaged."""
        data = self._medium.read(self._offset(index, which), SLOT)
        if len(data) == SLOT:
            sequence, length = struct.unpack(_HEAD, data[:6])
            end = 6 + length
            if sequence and length <= MAX_BODY and _crc(index, data[:end]) == _number(data[end : end + 4]):
                return sequence, bytes(data[6:end])
        return 0, b""

    def _put(self, index: int, which: int, slot: bytes) -> None:
        try:
            self._medium.write(self._offset(index, which), slot)
        except OSError as error:
            raise StoreFailed("the token's memory refused a write (error %s)" % error.errno) from None


def _crc(index: int, data: bytes) -> int:
    return binascii.crc32(struct.pack(">H", index) + data)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
