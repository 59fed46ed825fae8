"""The master keys that open a store: each has the store's root wrapped, in a row of its own.

Any number of master keys may open one store, so that one can be brought in, and another taken out, while
programs use the store: they hold the root from their start on and are not disturbed. Rows are marked like
all others, by the root.
"""

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .audit import LIBRARY, Actor, Entry
from .database import RESTORE, Place
from .errors import NotDone, VerifierError
from .keys import Master
from .schema import master_key
from .sealing import Root, Sealer

if TYPE_CHECKING:
    from .store import Store

ALL = sa.select(master_key).order_by(master_key.c.created, master_key.c.id)
_RENEW = sa.update(master_key).where(master_key.c.id == sa.bindparam("known"))
_REMOVE = sa.delete(master_key).where(master_key.c.id == sa.bindparam("known"))


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A key that opens the store. created is UTC seconds; source says of what kind it is."""

    id: str
    source: str
    wrapped: bytes = field(repr=False)
    created: int

    def context(self) -> bytes:
        """Return what the wrapped root is bound to."""
        return json.dumps(["master_key", self.id, self.source, self.created]).encode()

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        return json.dumps(["master_key", self.id, self.source, self.wrapped.hex(), self.created]).encode()


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a master key gives: the store's root, and by which of the store's master keys it was."""

    root: Root = field(repr=False)
    key: MasterKey


def begin(connection: sa.Connection, master: Master, root: Root, utc: int) -> None:
    """Have `master` open a store that no key opens yet."""
    connection.execute(master_key.insert(), _row(_made(master, root, utc), Sealer(root)))


def unlocked(rows: Sequence[sa.Row[Any]], place: Place, master: Master) -> Unlocked:
    """Return the root of the store, which one of the rows that `ALL` finds has wrapped under `master`.

    Raises VerifierError if none has, or if that row was altered.
    """
    for found in rows:
        key, mark = _key(found)
        data = master.unwrap(key.wrapped, key.context())
        if data is not None:
            root = Root.decoded(data)
            if not hmac.compare_digest(Sealer(root).row_mark(key.content()), mark):
                raise VerifierError(f"{place}: the row of master key {key.id} was altered: {RESTORE}")
            return Unlocked(root, key)
    raise wrong_key(place)


def every(store: "Store") -> list[MasterKey]:
    """Return the master keys that open the store, oldest first."""
    keys = []
    for found in store.read(ALL):
        key, mark = _key(found)
        if not hmac.compare_digest(store.mark(key.content()), mark):
            raise VerifierError(f"{store.place}: the row of master key {key.id} was altered: {RESTORE}")
        keys.append(key)
    return keys


def opening(store: "Store", master: Master) -> MasterKey | None:
    """Return which of the store's master keys `master` is, or None."""
    try:
        return unlocked(store.read(ALL), store.place, master).key
    except WrongKey:
        return None


def add(store: "Store", known: Master, new: Master, utc: int, by: Actor = LIBRARY) -> MasterKey:
    """Have the master key `new` open the store too, and return it; `known` is one that does.

    If `new` opens the store already, nothing is changed.
    """
    if there := opening(store, new):
        return there
    root = unlocked(store.read(ALL), store.place, known).root
    # Two made within one second would have no order.
    key = _made(new, root, max([utc, *(each.created + 1 for each in every(store))]))
    entry = Entry(utc, by, "add master key", f"{key.id} {key.source}")
    if not store.insert(master_key, _row(key, store.sealer), entry):
        raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")
    return key


def remove(store: "Store", known: Master, key_id: str, utc: int, by: Actor = LIBRARY) -> MasterKey:
    """Let a master key open the store no more, and return it; `known` is one that goes on opening it.

    Raises NotDone if there is none of that id, or if it is `known`.
    """
    found = next((key for key in every(store) if key.id == key_id), None)
    if found is None:
        raise NotDone("no master key has that id: host-verify master list shows all")

    def erase(connection: sa.Connection) -> bool:
        # Looked at in the transaction: two that each take out the other's key would leave none.
        left = connection.execute(ALL.with_for_update()).fetchall()
        if unlocked(left, store.place, known).key.id == key_id:
            raise NotDone(
                f"master key {key_id} is the one in use: name another of the store's keys with --key-file, "
                "--key-env or --key-hsm, and remove this one then; nothing was changed"
            )
        return connection.execute(_REMOVE, {"known": key_id}).rowcount == 1

    store.write(erase, (Entry(utc, by, "remove master key", f"{found.id} {found.source}"),))
    return found


def renew(store: "Store", known: Master, utc: int, by: Actor = LIBRARY) -> None:
    """Give the root another key, under which secrets are sealed from now on.

    Raises NotDone if other master keys than `known` open the store: without them they cannot be told.
    """
    if len(every(store)) > 1:
        raise NotDone("several master keys open the store: remove all but one with host-verify master remove")
    before = unlocked(store.read(ALL), store.place, known)
    renewed = before.root.renewed()
    after = replace(before.key, wrapped=known.wrap(renewed.encoded(), before.key.context()))
    values = {"known": after.id, "wrapped": after.wrapped, "mark": store.mark(after.content())}

    def change(connection: sa.Connection) -> bool:
        there = connection.execute(ALL.with_for_update()).fetchall()
        return [_key(each)[0] for each in there] == [before.key] and bool(
            connection.execute(_RENEW, values).rowcount
        )

    if not store.write(change, (Entry(utc, by, "renew root", f"{len(renewed.secrets)} keys"),)):
        raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")


class WrongKey(VerifierError):
    """A master key does not open the store."""


def wrong_key(place: Place) -> WrongKey:
    """Return what is said of a key that does not open the store."""
    return WrongKey(f"{place} was made with another key: give the one that belongs to it")


def _key(found: sa.Row[Any]) -> tuple[MasterKey, bytes]:
    key_id, source, wrapped, created, mark = tuple(found)
    return MasterKey(key_id, source, wrapped, created), mark


def _made(master: Master, root: Root, utc: int) -> MasterKey:
    bare = MasterKey(secrets.token_hex(4), master.source, b"", utc)
    return replace(bare, wrapped=master.wrap(root.encoded(), bare.context()))


def _row(key: MasterKey, sealer: Sealer) -> dict[str, Any]:
    values = (key.id, key.source, key.wrapped, key.created, sealer.row_mark(key.content()))
    return dict(zip([column.name for column in master_key.columns], values, strict=True))
