"""Takes over the accounts of version 0.1: format 1, in clear, in a file of its own.

The new store is made whole, its accounts committed at once, and only then the old file is overwritten and
removed. So a power cut leaves the old accounts or the new ones, and the next start goes on from there.

Format 1 is a directory and slices of one account each, all twice: first all first slots, then the second.

    slot = sequence (4 bytes) | length (2) | body | CRC-32 (4) of slice number and all before, big-endian
"""

import binascii
import struct

from tokencore import cbor, messages
from tokencore.errors import BadMessage, BadValue, StoreFailed, StoreFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from tokencore.account import Account

    from .pages import Medium
    from .vault import Vault

    class OldMedium(Medium, Protocol):
        def remove(self) -> None: ...


_SLOT = 512
_HEAD = ">IH"
_MOST = 150  # accounts that a vault has room for
_DAMAGED = "the token's memory is damaged: the accounts of its older firmware are unreadable"


def open_upgraded(old: "OldMedium", new: "Medium", make: "Callable[[Medium, int], Vault]") -> "Vault":
    """Return the vault on `new` with what is in the file `old`, which is gone then.

    `make` returns the vault on a medium, for at least so many accounts. Where the accounts cannot be taken
    over its `fault` says why, and they stay where they are until it is wiped. An account that is damaged in
    both its slots is left out.
    """
    try:
        before = _Format1(old)
        vault = _take_over(before, new, make)
        if not vault.fault:
            old.zero(before.size)
            old.remove()
            return vault
        fault = vault.fault
    except (StoreFailed, StoreFull) as error:
        fault = str(error)
    except OSError as error:
        fault = "the token's memory refused a write (error %s)" % error.errno
    vault = make(_Both(old, new), 0)
    vault.fault = fault
    return vault


def _take_over(before: "_Format1", new: "Medium", make: "Callable[[Medium, int], Vault]") -> "Vault":
    room = min(len(before.order), _MOST)
    vault = make(new, room) if new.size() or before.blank else None
    # The new accounts are committed at once: if there are some, there are all.
    if vault is not None and not vault.fault and (len(vault) or before.blank):
        return vault
    before.check()
    new.clear()
    vault = make(new, room)
    if not vault.fault:
        vault.set_clock_floor(before.clock_floor, before.clock_record)
        vault.set_settings(before.layout, before.language)
        vault.add_all(before.accounts())
    return vault


class _Format1:
    """What a file of format 1 holds; `fault` says why it cannot be read, `blank` that nothing is in it."""

    def __init__(self, medium: "Medium") -> None:
        self._medium = medium
        self.size = medium.size()
        self._count = self.size // (2 * _SLOT)
        self.fault = ""
        self.order = b""
        self.clock_floor = 0
        self.clock_record: "tuple[int, ...]" = ()
        self.layout = self.language = ""
        body = self._read(0)
        self.blank = body is None and self._is_blank()
        if body is None:
            self.fault = _DAMAGED
            return
        try:
            directory = cbor.decode(body)
            if directory[1] > 1:
                self.fault = "the accounts were stored by a newer firmware: update this token"
                return
            self.order = directory[2]
            self.clock_floor = directory[3]
            self.clock_record = tuple(directory.get(6, ()))
            self.layout = directory.get(5, "")
            self.language = directory.get(7, "")
        except (BadMessage, KeyError, TypeError, AttributeError):
            self.fault = _DAMAGED

    def check(self) -> None:
        if self.fault:
            raise StoreFailed(self.fault)

    def accounts(self) -> "Iterator[Account]":
        """Yield the accounts in their order."""
        for index in self.order:
            body = self._read(index)
            if body is not None:
                try:
                    account = messages.decode_account(body)
                except (BadMessage, BadValue):
                    continue
                yield account

    def _read(self, index: int) -> "bytes | None":
        """Return the newer body of a slice, None where both slots are erased, torn or damaged."""
        newest, found = 0, None
        for which in (0, 1):
            data = self._medium.read((which * self._count + index) * _SLOT, _SLOT)
            if len(data) != _SLOT:
                continue
            sequence, length = struct.unpack(_HEAD, data[:6])
            end = 6 + length
            crc = binascii.crc32(struct.pack(">H", index) + data[:end])
            if sequence > newest and data[end : end + 4] == struct.pack(">I", crc):
                newest, found = sequence, bytes(data[6:end])
        return found

    def _is_blank(self) -> bool:
        for offset in range(0, self.size, _SLOT):
            if self._medium.read(offset, _SLOT).strip(b"\xff\0"):
                return False
        return True


class _Both:
    """The old file, with a size that no newer vault takes for its own, until it is cleared; then the new."""

    def __init__(self, old: "OldMedium", new: "Medium") -> None:
        self._old = old
        self._new = new
        self._medium: "Medium" = old

    def size(self) -> int:
        return self._medium.size() + (self._medium is self._old)

    def read(self, offset: int, length: int) -> bytes:
        return self._medium.read(offset, length)

    def write(self, offset: int, data: bytes) -> None:
        self._medium.write(offset, data)

    def zero(self, length: int, offset: int = 0) -> None:
        self._medium.zero(length - (self._medium is self._old), offset)

    def clear(self) -> None:
        if self._medium is self._old:
            self._old.remove()
            self._medium = self._new
        self._new.clear()
