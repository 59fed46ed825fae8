"""All secrets of a store sealed anew under a new key of its root, while programs use the store.

Whoever had the master key of some day and a copy of the store from then has that day's root. A key that the
root gets after the master key was rotated he has not, so what is sealed under it stays hidden from him.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import sqlalchemy as sa

from . import masterkeys, sealkeys
from .audit import LIBRARY, Actor, Entry
from .errors import VerifierError
from .opening import Opener
from .people import damaged, person_of
from .schema import person, seal_key, token
from .store import Store

_AT_ONCE = 200  # tokens in one transaction, which others wait for
_TRIES = 100
_TOKEN = sa.update(token).where(
    token.c.id == sa.bindparam("known_id"), token.c.version == sa.bindparam("known")
)
_SEAL_KEY = sa.update(seal_key).where(
    seal_key.c.id == sa.bindparam("known_id"), seal_key.c.sealed == sa.bindparam("known")
)
_PERSON = sa.update(person).where(
    person.c.name == sa.bindparam("known_id"), person.c.version == sa.bindparam("known")
)
_PEOPLE = sa.select(person).where(person.c.pin.is_not(None))

Change = tuple[sa.Update, dict[str, object]]


def renew(opener: Opener, utc: int, by: Actor = LIBRARY) -> int:
    """Renew the store's root and seal every secret under its new key; return how many were.

    Programs that were started before go on, and seal under the older key what they add until they are
    started anew; it is sealed under the newest at the next renewal.
    """
    with opener.open() as store:
        masterkeys.renew(store, opener.master(), utc, by)
    with opener.open() as store:
        done = sum(_until_done(store, find) for find in (_tokens, _seal_keys, _people))
        store.write(lambda _: True, (Entry(utc, by, "seal anew", f"{done} secrets"),))
    return done


def _until_done(store: Store, find: Callable[[Store], Iterator[Change]]) -> int:
    """Make the changes that `find` finds, until it finds none: another program may be before at some."""
    done = 0
    for _ in range(_TRIES):
        changes = find(store)
        found = False
        while some := list(islice(changes, _AT_ONCE)):
            found = True
            done += _made(store, some)
        if not found:
            return done
    raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")


def _made(store: Store, changes: Sequence[Change]) -> int:
    made = 0

    def work(connection: sa.Connection) -> bool:
        nonlocal made
        made = sum(connection.execute(statement, values).rowcount for statement, values in changes)
        return True

    return made if store.write(work) else 0


def _tokens(store: Store) -> Iterator[Change]:
    sealer, after = store.sealer, ""
    while page := store.page(None, after, _AT_ONCE):
        after = page[-1].id
        for each in page:
            if not sealer.is_newest(each.sealed):
                sealed = sealer.seal(store.account(each).secret, each.context())
                row = store.row(replace(each, sealed=sealed, version=each.version + 1))
                yield _TOKEN, row | {"known_id": each.id, "known": each.version}


def _seal_keys(store: Store) -> Iterator[Change]:
    for key in sealkeys.every(store):
        if key.retired is None and not store.sealer.is_newest(key.sealed):
            after = sealkeys.resealed(store, key)
            values = {"sealed": after.sealed, "mark": store.mark(after.content())}
            yield _SEAL_KEY, values | {"known_id": key.id, "known": key.sealed}


def _people(store: Store) -> Iterator[Change]:
    sealer = store.sealer
    for row in store.read(_PEOPLE):
        each = person_of(row, sealer, store.place)
        if each.pin is not None and not sealer.is_newest(each.pin):
            kept = sealer.unseal(each.pin, each.context())
            if kept is None:
                raise damaged(store.place, each.name)
            after = replace(each, pin=sealer.seal(kept, each.context()), version=each.version + 1)
            yield _PERSON, after.row(sealer) | {"known_id": each.name, "known": each.version}
