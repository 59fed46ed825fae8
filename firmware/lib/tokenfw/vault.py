"""The token's accounts, in the order of its list, sealed under the key that a PIN may keep.

The directory has the order and the generation of every account. A record counts only where its generation
is the directory's, or the one above, which a power cut between the two leaves. So a record that was put
back to an older state, moved or taken away is refused, alone. Nobody notices that all was put back.

An operation has one commit that decides it: adding and changing write the account first and then the
directory, removing the directory first and then erases.
"""

import binascii
import struct

from tokencore import messages
from tokencore.account import Account
from tokencore.errors import (
    AccountExists,
    BadMessage,
    BadValue,
    CounterExhausted,
    NoSuchAccount,
    StoreFailed,
    StoreFull,
)
from tokencore.otp import MAX_COUNTER

from .device import FIRST
from .keys import Sealer, ahead
from .safe import DIRECTORY, Safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = ">HHB"  # generations of device record and key slot, accounts
_UNREAD = bytes(4)
_ALTERED = "the token's memory was altered: parts of it are from another time than others"


class AccountDamaged(StoreFailed):
    """One account cannot be read; the others can."""


class Vault(Safe):
    """At most `capacity` accounts (7 to 150) on `medium`, under keys that hang on `secret`.

    Positions count from 0. `fault` is empty, or says why the accounts cannot be used: then nothing is
    changed, every operation but `wipe` raises StoreFailed with that text, and nothing is lost. While
    `locked`, those on accounts raise Locked, and there seem to be none. `ticks` counts ms, to measure what a
    PIN costs.
    """

    def forget(self) -> None:
        self._order: list[int] = []
        self._generation = 0  # of the directory
        self._generations = bytearray(2 * self.capacity)  # of the accounts, as it has them
        self._labels = bytearray(4 * self.capacity)  # once read: reading an account takes a board 10 ms

    def _read_directory(self) -> None:
        self.forget()
        self._generation, body = self._under_key.open(DIRECTORY, self._read(DIRECTORY))
        state, slot, count = struct.unpack(_HEAD, body[:5])
        if len(body) != 5 + count + 2 * self.capacity:
            raise StoreFailed("the token's memory is damaged: its directory is of another size")
        if ahead(self._generation, self.directory) < 0 or ahead(self._state_generation, state) < 0:
            raise StoreFailed(_ALTERED)
        if not 0 <= ahead(self._slot_generation, slot) <= 1:
            raise StoreFailed(_ALTERED)
        self.directory = self._generation
        self._order = list(body[5 : 5 + count])
        self._generations = bytearray(body[5 + count :])
        self._tidy()

    def _tidy(self) -> None:
        """Overwrite what an add or a remove has left that was cut short beside its commit."""
        left = [place for place in self.store.used() if place >= FIRST and place not in self._order]
        if len([place for place in left if self._is_newer(place)]) > 1:
            raise StoreFailed(_ALTERED)  # It is the directory that is from another time.
        for place in left:
            self.store.erase(place)

    def _is_newer(self, place: int) -> bool:
        try:
            return self._under_key.open(place, self._read(place))[0] != self._known(place)
        except StoreFailed:
            return False

    def commit_directory(self) -> None:
        self._commit(self._order, self._generations)

    def _commit(self, order: "list[int]", generations: bytearray) -> None:
        head = struct.pack(_HEAD, self._state_generation, self._slot_generation, len(order))
        own = (self._generation + 1) & 0xFFFF
        record = self._under_key.seal(DIRECTORY, own, head + bytes(order) + generations)
        self.store.write(DIRECTORY, record)
        self._order, self._generations = order, generations
        self._generation = self.directory = own
        self.changes += 1

    def __len__(self) -> int:
        return len(self._order)

    def account(self, position: int) -> Account:
        """Return the account at `position`."""
        return self._account(self._place(position), position)[0]

    def listed(self, position: int) -> Account:
        """Return the account at `position`; for one that is damaged another, by whose name it is removed."""
        return self._listed(self._place(position), position)

    def _listed(self, place: int, position: int) -> Account:
        try:
            return self._account(place, position)[0]
        except AccountDamaged:
            account = Account(b"\0", "(damaged %d)" % place)
            self._set_label(place, account)
            return account

    def find(self, issuer: str, name: str) -> int:
        """Return the position of the account of that issuer and name. Raises NoSuchAccount."""
        self.check()
        position = self._find(self._order, issuer, name)
        if position < 0:
            raise NoSuchAccount("no account has this issuer and name")
        return position

    def add(self, account: Account) -> int:
        """Store a new account at the end of the list and return its position."""
        self.add_all((account,))
        return len(self._order) - 1

    def add_all(self, accounts: "Iterable[Account]") -> None:
        """Store new accounts at the end of the list: all of them, or none.

        A power cut in it leaves a vault that takes itself for altered: for a store that is not yet in use.
        """
        self.check()
        self._tidy()
        order, generations = self._order[:], self._generations
        try:
            for account in accounts:
                if self._find(order, account.issuer, account.name) >= 0:
                    raise AccountExists(
                        "an account of this issuer and name exists: rename or remove it first"
                    )
                free = [place for place in range(FIRST, FIRST + self.capacity) if place not in order]
                if not free:
                    raise StoreFull("all %d places are taken: remove an account first" % self.capacity)
                generation = self._known(free[0]) + 1
                self._write(free[0], account, generation)
                order.append(free[0])
                generations = _with(generations, free[0], generation)
            self._commit(order, generations)
        except (AccountExists, StoreFull):
            for place in order[len(self._order) :]:
                self.store.erase(place)
            raise

    def rename(self, position: int, issuer: str, name: str) -> None:
        """Give the account at `position` another issuer and name."""
        self.check()
        other = self._find(self._order, issuer, name)
        if other >= 0 and other != position:
            raise AccountExists("an account of this issuer and name exists: choose another name")
        self._update(position, issuer=issuer, name=name)

    def move(self, position: int, target: int) -> None:
        """Move the account at `position` so that it stands at position `target`."""
        self.check()
        if not 0 <= target < len(self._order):
            raise BadValue("position", "the list has positions 1 to %d" % len(self._order))
        order = self._order[:]
        place = order.pop(position)
        self._commit(order[:target] + [place] + order[target:], self._generations)

    def remove(self, position: int) -> None:
        """Remove the account at `position` and overwrite its record."""
        self.check()
        order = self._order[:]
        place = order.pop(position)
        self._commit(order, self._generations)
        self.store.erase(place)

    def take_counter(self, position: int) -> int:
        """Return the HOTP counter to use now, once the next one is stored (RFC 4226 section 7.2)."""
        counter = self.account(position).counter
        if counter == MAX_COUNTER:
            raise CounterExhausted("the counter is used up: enrol this account anew")
        self._update(position, counter=counter + 1)
        return counter

    def set_typing(self, position: int, typing: str) -> None:
        """Keep what the token types for the account at `position`, one of TYPINGS."""
        self._update(position, typing=typing)

    def _update(self, position: int, **changes: "str | int") -> None:
        place = self._place(position)
        account, generation = self._account(place, position)
        if generation != self._known(place):  # A cut has kept the directory from knowing it.
            self._commit(self._order, _with(self._generations, place, generation))
        for field, value in changes.items():
            setattr(account, field, value)
        self._write(place, account, generation + 1)
        self._commit(self._order, _with(self._generations, place, generation + 1))

    def _place(self, position: int) -> int:
        self.check()
        if not 0 <= position < len(self._order):
            raise NoSuchAccount("there is no account at position %d" % (position + 1))
        return self._order[position]

    def _account(self, place: int, position: int) -> "tuple[Account, int]":
        """Return the account of a record and its generation. Raises AccountDamaged."""
        why = "is damaged or was altered"
        try:
            record = self.store.read(place)
            if record is None:
                why = "is missing"
            else:
                generation, body = self._under_key.open(place, record)
                if 0 <= ahead(generation, self._known(place)) <= 1:
                    account = messages.decode_account(body)
                    self._set_label(place, account)
                    return account, generation
                why = "was put back to an older state"
        except (StoreFailed, BadMessage, BadValue):
            pass
        raise AccountDamaged("the account at position %d %s in the token's memory" % (position + 1, why))

    def _write(self, place: int, account: Account, generation: int) -> None:
        self.store.write(place, self._under_key.seal(place, generation, messages.encode_account(account)))
        self._set_label(place, account)

    def _known(self, place: int) -> int:
        """Return the generation that the directory has for a record."""
        return int.from_bytes(self._generations[2 * (place - FIRST) : 2 * (place - FIRST) + 2], "big")

    def _find(self, order: "list[int]", issuer: str, name: str) -> int:
        wanted = _label(issuer, name)
        for position, place in enumerate(order):
            label = self._labels[4 * (place - FIRST) : 4 * (place - FIRST) + 4]
            if label == wanted or label == _UNREAD:
                account = self._listed(place, position)
                if account.issuer == issuer and account.name == name:
                    return position
        return -1

    def _set_label(self, place: int, account: Account) -> None:
        start = 4 * (place - FIRST)
        self._labels[start : start + 4] = _label(account.issuer, account.name)

    @property
    def _under_key(self) -> Sealer:
        assert self.records is not None
        return self.records


def _with(generations: bytearray, place: int, generation: int) -> bytearray:
    """Return a copy of the directory's generations in which that of one record is another."""
    changed = bytearray(generations)
    struct.pack_into(">H", changed, 2 * (place - FIRST), generation & 0xFFFF)
    return changed


def _label(issuer: str, name: str) -> bytes:
    """Return 4 bytes by which most other labels are told apart."""
    return struct.pack(">I", binascii.crc32((issuer + "\0" + name).encode("utf-8")) | 1)
