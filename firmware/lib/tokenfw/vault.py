"""The token's accounts, in the order of its list, over a store of slices.

Slice 0 is the directory: format, the slices in list order, the time the clock was last set to, what the
clock has learned, and the settings.
Every other slice holds one account. An operation has one commit that decides it: adding writes the
account first and then the directory, removing the directory first and then erases.
"""

import binascii

from tokencore import cbor, messages
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

from .slices import SLOT, Slices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .slices import Medium

FORMAT = 1


class AccountDamaged(StoreFailed):
    """One account cannot be read; the others can."""


class NoPin:
    """This vault has no PIN yet."""

    is_set = digits = wipe_set = False


class Vault:
    """At most `capacity` accounts (7 to 255) on `medium`; a medium of size 0 is made ready first.

    Positions count from 0. `fault` is empty, or says why the accounts cannot be used: then nothing is
    changed, every operation but `wipe` raises StoreFailed with that text, and nothing is lost.
    """

    def __init__(self, medium: "Medium", capacity: int) -> None:
        if not 7 <= capacity <= 255:
            raise ValueError("a vault has room for 7 to 255 accounts: see the board file")
        self._medium = medium
        self.owner = bytes(32)
        self.locked = False
        self.pin = NoPin()
        self.auto_lock_s = self.shown_utc = 0
        self.capacity = capacity
        self.fault = ""
        self.clock_floor = 0  # UTC seconds that the clock was last set to: it cannot be earlier now
        self.clock_record: tuple[int, ...] = ()  # what `discipline` keeps; empty before the first sync
        self.layout = messages.LAYOUTS[0]  # of the keyboard
        self.language = ""  # of the screen; empty until one is chosen
        self._order: list[int] = []
        self._labels: dict[int, int] = {}  # by slice, once read: reading an account takes a board 7 ms
        try:
            self._open()
        except StoreFailed as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = "the token's memory cannot be read (error %s)" % error.errno

    def _open(self) -> None:
        size = self._medium.size()
        if size == 0:
            self._format()
            return
        self._slices = Slices(self._medium, size // (2 * SLOT))
        body = self._slices.read(0)
        if body is None:
            if not [index for index in range(1, self._slices.count) if self._slices.read(index)]:
                self._format()  # The first start was cut short: there was never an account.
                return
            raise StoreFailed("the token's memory is damaged: its directory is unreadable")
        try:
            directory = cbor.decode(body)
            newer = directory[1] > FORMAT
        except (BadMessage, KeyError, TypeError):
            newer = True
        if newer:
            raise StoreFailed("the accounts were stored by a newer firmware: update this token")
        if (directory[4] + 1) * 2 * SLOT != size:
            raise StoreFailed("the token's memory is damaged: it has been cut short")
        self.capacity = directory[4]
        self._order = list(directory[2])
        self.clock_floor = directory[3]
        self.clock_record = tuple(directory.get(6, ()))
        # A newer firmware may know more of them.
        if directory.get(5) in messages.LAYOUTS:
            self.layout = directory[5]
        if directory.get(7) in messages.LANGUAGES:
            self.language = directory[7]
        for index in range(self._slices.count):
            if index == 0 or index in self._order:
                self._slices.repair(index)
            elif self._slices.read(index) is not None:
                self._slices.erase(index)  # An add or a remove was cut short beside its commit.

    def _format(self) -> None:
        # Zeros first and the directory last: a start that is cut short begins anew.
        self._medium.zero((self.capacity + 1) * 2 * SLOT)
        self._slices = Slices(self._medium, self.capacity + 1)
        self._commit([], 0)

    def _commit(
        self,
        order: "list[int]",
        clock_floor: int,
        clock_record: "Sequence[int] | None" = None,
        layout: str = "",
        language: str = "",
    ) -> None:
        clock_record = self.clock_record if clock_record is None else clock_record
        layout, language = layout or self.layout, language or self.language
        body: dict[int, object] = {1: FORMAT, 2: bytes(order), 3: clock_floor, 4: self.capacity}
        if layout != messages.LAYOUTS[0]:
            body[5] = layout
        if clock_record:
            body[6] = clock_record
        if language:
            body[7] = language
        self._slices.write(0, cbor.encode(body))
        self._order, self.clock_floor, self.clock_record = order, clock_floor, tuple(clock_record)
        self.layout, self.language = layout, language

    def note_shown(self, utc: int) -> None:
        """It keeps none yet."""

    def __len__(self) -> int:
        return len(self._order)

    def account(self, position: int) -> Account:
        """Return the account at `position`."""
        self._check()
        if not 0 <= position < len(self._order):
            raise NoSuchAccount("there is no account at position %d" % (position + 1))
        index = self._order[position]
        body = self._slices.read(index)
        try:
            if body is not None:
                account = messages.decode_account(body)
                self._labels[index] = _label(account.issuer, account.name)
                return account
        except (BadMessage, BadValue):
            pass
        raise AccountDamaged("the token's memory is damaged at position %d" % (position + 1))

    def listed(self, position: int) -> Account:
        """Return the account at `position`; for one that is damaged another, by whose name it is removed."""
        try:
            return self.account(position)
        except AccountDamaged:
            index = self._order[position]
            account = Account(b"\0", "(damaged %d)" % index)
            self._labels[index] = _label("", account.name)
            return account

    def find(self, issuer: str, name: str) -> int:
        """Return the position of the account of that issuer and name. Raises NoSuchAccount."""
        position = self._find(issuer, name)
        if position < 0:
            raise NoSuchAccount("no account has this issuer and name")
        return position

    def add(self, account: Account) -> int:
        """Store a new account at the end of the list and return its position."""
        if self._find(account.issuer, account.name) >= 0:
            raise AccountExists("an account of this issuer and name exists: rename or remove it first")
        free = [index for index in range(1, self.capacity + 1) if index not in self._order]
        if not free:
            raise StoreFull("all %d places are taken: remove an account first" % self.capacity)
        self._slices.write(free[0], messages.encode_account(account))
        self._labels[free[0]] = _label(account.issuer, account.name)
        self._commit(self._order + [free[0]], self.clock_floor)
        return len(self._order) - 1

    def rename(self, position: int, issuer: str, name: str) -> None:
        """Give the account at `position` another issuer and name."""
        other = self._find(issuer, name)
        if other >= 0 and other != position:
            raise AccountExists("an account of this issuer and name exists: choose another name")
        self._update(position, issuer=issuer, name=name)

    def move(self, position: int, target: int) -> None:
        """Move the account at `position` so that it stands at position `target`."""
        self._check()
        if not 0 <= target < len(self._order):
            raise BadValue("position", "the list has positions 1 to %d" % len(self._order))
        order = self._order[:]
        index = order.pop(position)
        self._commit(order[:target] + [index] + order[target:], self.clock_floor)

    def remove(self, position: int) -> None:
        """Remove the account at `position` and overwrite its secret."""
        self._check()
        order = self._order[:]
        index = order.pop(position)
        self._commit(order, self.clock_floor)
        self._slices.erase(index)

    def take_counter(self, position: int) -> int:
        """Return the HOTP counter to use now, once the next one is stored (RFC 4226 section 7.2)."""
        counter = self.account(position).counter
        if counter == MAX_COUNTER:
            raise CounterExhausted("the counter is used up: enrol this account anew")
        self._update(position, counter=counter + 1)
        return counter

    def set_clock_floor(self, utc: int, clock_record: "Sequence[int]" = ()) -> None:
        """Remember the time that the clock has just been set to, and what it has learned by that."""
        self._check()
        self._commit(self._order, utc, clock_record)

    def set_settings(self, layout: str = "", language: str = "") -> None:
        """Keep a keyboard layout and a language; one that is empty stays as it is."""
        self._check()
        self._commit(self._order, self.clock_floor, None, layout, language)

    def set_typing(self, position: int, typing: str) -> None:
        """Keep what the token types for the account at `position`, one of TYPINGS."""
        self._update(position, typing=typing)

    def wipe(self) -> None:
        """Remove all accounts and overwrite them; where the store is damaged, everything in it.

        What the clock has learned and the settings stay where they can be read.
        """
        if not self.fault:
            self._commit([], 0)
            for index in range(1, self._slices.count):
                self._slices.erase(index)
            return
        try:
            self._medium.zero(self._medium.size())
            self._medium.clear()
            self._format()
            self.fault = ""
        except OSError as error:
            raise StoreFailed("the token's memory refused a write (error %s)" % error.errno) from None

    def _update(self, position: int, **changes: "str | int") -> None:
        account = self.account(position)
        for field, value in changes.items():
            setattr(account, field, value)
        self._slices.write(self._order[position], messages.encode_account(account))
        self._labels[self._order[position]] = _label(account.issuer, account.name)

    def _find(self, issuer: str, name: str) -> int:
        wanted = _label(issuer, name)
        for position in range(len(self._order)):
            if self._labels.get(self._order[position], wanted) == wanted:
                account = self.listed(position)
                if account.issuer == issuer and account.name == name:
                    return position
        self._check()
        return -1

    def _check(self) -> None:
        if self.fault:
            raise StoreFailed(self.fault)


def _label(issuer: str, name: str) -> int:
    """Return 30 bits, a board's small integer, by which most other labels are told apart."""
    return binascii.crc32((issuer + "\0" + name).encode("utf-8")) & 0x3FFFFFFF
