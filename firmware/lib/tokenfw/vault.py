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
    BadMessage,
    BadValue,
    CounterExhausted,
    NoSuchAccount,
    StoreFailed,
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
ALTERED = "the token's memory was altered: parts of it are from another time than others"


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
        self.order: list[int] = []
        self._generation = 0  # of the directory
        self.generations = bytearray(2 * self.capacity)  # of the accounts, as it has them
        self._labels = bytearray(4 * self.capacity)  # once read: reading an account takes a board 10 ms

    def read_directory(self) -> None:
        self.forget()
        self._generation, body = self.under_key.open(DIRECTORY, self.read(DIRECTORY))
        state, slot, count = struct.unpack(_HEAD, body[:5])
        if len(body) != 5 + count + 2 * self.capacity:
            raise StoreFailed("the token's memory is damaged: its directory is of another size")
        if ahead(self._generation, self.directory) < 0 or ahead(self.state_generation, state) < 0:
            raise StoreFailed(ALTERED)
        if not 0 <= ahead(self.slot_generation, slot) <= 1:
            raise StoreFailed(ALTERED)
        self.directory = self._generation
        self.order = list(body[5 : 5 + count])
        self.generations = bytearray(body[5 + count :])
        if [place for place in self.store.used() if place >= FIRST and place not in self.order]:
            from .editing import tidy

            tidy(self)

    def commit_directory(self) -> None:
        self.commit(self.order, self.generations)

    def commit(self, order: "list[int]", generations: bytearray) -> None:
        """Commit the directory: the accounts' places in the order of the list, and their generations."""
        head = struct.pack(_HEAD, self.state_generation, self.slot_generation, len(order))
        own = (self._generation + 1) & 0xFFFF
        record = self.under_key.seal(DIRECTORY, own, head + bytes(order) + generations)
        self.store.write(DIRECTORY, record)
        self.order, self.generations = order, generations
        self._generation = self.directory = own
        self.changes += 1

    def __len__(self) -> int:
        return len(self.order)

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
        position = self.position_of(self.order, issuer, name)
        if position < 0:
            raise NoSuchAccount("no account has this issuer and name")
        return position

    def add(self, account: Account) -> int:
        """Store a new account at the end of the list and return its position."""
        self.add_all((account,))
        return len(self.order) - 1

    def add_all(self, accounts: "Iterable[Account]") -> None:
        """Store new accounts at the end of the list: all of them, or none.

        A power cut in it leaves a vault that takes itself for altered: for a store that is not yet in use.
        """
        from .editing import add_all  # Hosts edit, and few are there.

        add_all(self, accounts)

    def rename(self, position: int, issuer: str, name: str) -> None:
        """Give the account at `position` another issuer and name."""
        from .editing import rename

        rename(self, position, issuer, name)

    def move(self, position: int, target: int) -> None:
        """Move the account at `position` so that it stands at position `target`."""
        from .editing import move

        move(self, position, target)

    def remove(self, position: int) -> None:
        """Remove the account at `position` and overwrite its record."""
        from .editing import remove

        remove(self, position)

    def take_counter(self, position: int) -> int:
        """Return the HOTP counter to use now, once the next one is stored (RFC 4226 section 7.2)."""
        counter = self.account(position).counter
        if counter == MAX_COUNTER:
            raise CounterExhausted("the counter is used up: enrol this account anew")
        self.update(position, counter=counter + 1)
        return counter

    def set_typing(self, position: int, typing: str) -> None:
        """Keep what the token types for the account at `position`, one of TYPINGS."""
        self.update(position, typing=typing)

    def update(self, position: int, **changes: "str | int") -> None:
        """Commit the account at `position` with other values of some fields."""
        place = self._place(position)
        account, generation = self._account(place, position)
        if generation != self.known(place):  # A cut has kept the directory from knowing it.
            self.commit(self.order, changed(self.generations, place, generation))
        for field, value in changes.items():
            setattr(account, field, value)
        self.write(place, account, generation + 1)
        self.commit(self.order, changed(self.generations, place, generation + 1))

    def _place(self, position: int) -> int:
        self.check()
        if not 0 <= position < len(self.order):
            raise NoSuchAccount("there is no account at position %d" % (position + 1))
        return self.order[position]

    def _account(self, place: int, position: int) -> "tuple[Account, int]":
        """Return the account of a record and its generation. Raises AccountDamaged."""
        why = "is damaged or was altered"
        try:
            record = self.store.read(place)
            if record is None:
                why = "is missing"
            else:
                generation, body = self.under_key.open(place, record)
                steps = ahead(generation, self.known(place))
                if 0 <= steps <= 1:
                    account = messages.decode_account(body)
                    self._set_label(place, account)
                    return account, generation
                old = "was put back to an older state"
                why = old if steps < 0 else "does not fit the list, which was put back,"
        except (StoreFailed, BadMessage, BadValue):
            pass
        raise AccountDamaged("the account at position %d %s in the token's memory" % (position + 1, why))

    def write(self, place: int, account: Account, generation: int) -> None:
        """Commit the record of an account; the directory has to follow."""
        self.store.write(place, self.under_key.seal(place, generation, messages.encode_account(account)))
        self._set_label(place, account)

    def known(self, place: int) -> int:
        """Return the generation that the directory has for a record."""
        return int.from_bytes(self.generations[2 * (place - FIRST) : 2 * (place - FIRST) + 2], "big")

    def position_of(self, order: "list[int]", issuer: str, name: str) -> int:
        """Return the position of an account in a list of places, -1 where it has none."""
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
    def under_key(self) -> Sealer:
        assert self.records is not None
        return self.records


def changed(generations: bytearray, place: int, generation: int) -> bytearray:
    """Return a copy of the directory's generations in which that of one record is another."""
    changed = bytearray(generations)
    struct.pack_into(">H", changed, 2 * (place - FIRST), generation & 0xFFFF)
    return changed


def _label(issuer: str, name: str) -> bytes:
    """Return 4 bytes by which most other labels are told apart."""
    return struct.pack(">I", binascii.crc32((issuer + "\0" + name).encode("utf-8")) | 1)
