"""The pages of a log on its medium: a margin, the first mirror, the second mirror, a margin.

    page = sequence (4 bytes) | id (1) | length (2) | check (2) | body | CRC-32 (4) of all before, big-endian

Sequence s stands in page s modulo the number of pages. The check covers the header and that number. A page
of zeros is empty. What the medium raises at writing is given on as StoreFailed, and at reading as it is: a
drive that does not answer is no damage.
"""

import binascii
import struct

from tokencore.errors import StoreFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Medium(Protocol):
        """A file, longer by what is written past its end and emptied by `clear`.

        `write`, and `zero` of `length` bytes from `offset` on, return when what they wrote will survive a
        power cut. All raise OSError.
        """

        def size(self) -> int: ...
        def read(self, offset: int, length: int) -> bytes: ...
        def write(self, offset: int, data: bytes) -> None: ...
        def zero(self, length: int, offset: int = 0) -> None: ...
        def clear(self) -> None: ...


PAGE = 512
SECTOR = 8  # pages, the most that a cut loses together
MARGIN = SECTOR - 1
_HEAD = ">IBHH"
_HEAD_SIZE = 9
MAX_BODY = PAGE - _HEAD_SIZE - 4
NOTHING = 255  # the id of a page that holds no record
EMPTY = bytes(PAGE)


class Pages:
    """`count` pages, each in both mirrors (0 and 1)."""

    def __init__(self, medium: "Medium", count: int) -> None:
        self._medium = medium
        self.count = count

    def size(self) -> int:
        """Return the size of the file in bytes."""
        return 2 * (MARGIN + self.count) * PAGE

    def make(self) -> None:
        """Make the file anew, of empty pages."""
        try:
            self._medium.clear()
            self._medium.zero(self.size())
        except OSError as error:
            raise _refused(error) from None

    def get(self, mirror: int, page: int) -> bytes:
        return self._medium.read(self._offset(mirror, page), PAGE)

    def put(self, mirror: int, page: int, data: bytes) -> None:
        """Write one page or several."""
        try:
            self._medium.write(self._offset(mirror, page), data)
        except OSError as error:
            raise _refused(error) from None

    def zero(self, mirror: int, page: int, end: int) -> None:
        """Make the pages from `page` up to `end` empty."""
        if page < end:
            try:
                self._medium.zero((end - page) * PAGE, self._offset(mirror, page))
            except OSError as error:
                raise _refused(error) from None

    def header(self, mirror: int, page: int) -> bytes:
        """Return what `parse` needs of a page."""
        return self._medium.read(self._offset(mirror, page), _HEAD_SIZE)

    def pack(self, sequence: int, id: int, body: bytes) -> bytes:
        head = struct.pack(">IBH", sequence, id, len(body))
        data = head + struct.pack(">H", self._check(head)) + body
        data += struct.pack(">I", binascii.crc32(data))
        return data + bytes(PAGE - len(data))

    def parse(self, data: bytes, page: int) -> "tuple[int, int]":
        """Return (sequence, id) by a page's header, (0, NOTHING) where that is not a right one."""
        if len(data) >= _HEAD_SIZE:
            sequence, id, length, check = struct.unpack(_HEAD, data[:_HEAD_SIZE])
            if check == self._check(data[:7]) and length <= MAX_BODY and sequence % self.count == page:
                return sequence, id
        return 0, NOTHING

    def whole(self, data: bytes, page: int, sequence: int) -> bool:
        """Whether `data` is that page with that sequence, and undamaged."""
        if len(data) != PAGE or sequence <= 0 or self.parse(data, page)[0] != sequence:
            return False
        end = _HEAD_SIZE + _number(data[5:7])
        if binascii.crc32(data[:end]) != _number(data[end : end + 4]):
            return False
        return data[end + 4 :] == EMPTY[end + 4 :]

    def _check(self, head: bytes) -> int:
        return binascii.crc32(head + struct.pack(">H", self.count)) & 0xFFFF

    def _offset(self, mirror: int, page: int) -> int:
        return (MARGIN + mirror * self.count + page) * PAGE


def body(data: bytes) -> bytes:
    """Return the body of a whole page."""
    return bytes(data[_HEAD_SIZE : _HEAD_SIZE + _number(data[5:7])])


def _refused(error: OSError) -> StoreFailed:
    return StoreFailed("the token's memory refused a write (error %s)" % error.errno)


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
