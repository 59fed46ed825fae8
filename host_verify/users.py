"""What is done with users: they are added, shown, locked by hand, given PINs, and removed.

Whatever changes a user changes the version of each of his tokens too, in the same transaction: an attempt
that was judged by what he was before is not written, but judged again.
"""

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from . import pins
from .audit import LIBRARY, Actor, Entry
from .errors import NotDone, VerifierError
from .people import Person, ensure, person_of
from .schema import person
from .schema import token as token_table
from .service import user_name
from .store import Store

_BY_NAME = sa.select(person).where(person.c.name == sa.bindparam("wanted"))
_PAGE = (
    sa.select(person)
    .where(person.c.name > sa.bindparam("after"))
    .order_by(person.c.name)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_KNOWN = (person.c.name == sa.bindparam("known_name"), person.c.version == sa.bindparam("known"))
_CHANGE = sa.update(person).where(*_KNOWN)
_REMOVE = sa.delete(person).where(*_KNOWN)
_HOLD = sa.select(person.c.version).where(*_KNOWN).with_for_update()
_HIS = sa.select(token_table.c.id).where(token_table.c.user == sa.bindparam("wanted")).limit(1)
_TRIES = 1000


def find(store: Store, name: str) -> Person:
    """Return the user of that name. Raises NotDone if there is none."""
    rows = store.read(_BY_NAME, wanted=user_name(name))
    if not rows:
        raise NotDone("no user has that name: host-verify user list shows all")
    return person_of(rows[0], store.sealer, store.place)


def page(store: Store, after: str, most: int) -> list[Person]:
    """Return at most `most` users whose names sort after `after`, in that order."""
    return [person_of(row, store.sealer, store.place) for row in store.read(_PAGE, after=after, most=most)]


def add(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Make a user who has no token yet, and return him. Raises BadValue, NotDone if he is there."""
    name = user_name(name)
    entry = Entry(utc, by, "add user", "done", name)

    def put(connection: sa.Connection) -> bool:
        if connection.execute(_BY_NAME, {"wanted": name}).first() is not None:
            return False
        ensure(connection, store.sealer, [name], utc)
        return True

    if not store.write(put, (entry,)):
        raise NotDone(f"user {name!r} is there already")
    return find(store, name)


def remove(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Remove a user who has no token, and return who he was. Raises NotDone."""
    for _ in range(_TRIES):
        found = find(store, name)
        known = {"known_name": found.name, "known": found.version}
        having = False

        def work(connection: sa.Connection, found: Person = found, known: dict[str, object] = known) -> bool:
            nonlocal having
            # Held first, then looked: nobody gives him a token in between.
            if connection.execute(_HOLD, known).first() is None:
                return False
            having = connection.execute(_HIS, {"wanted": found.name}).first() is not None
            return not having and connection.execute(_REMOVE, known).rowcount == 1

        if store.write(work, (Entry(utc, by, "remove user", "done", found.name),)):
            return found
        if having:
            raise NotDone(
                f"user {found.name!r} has tokens: give them to others or take them back first (host-verify "
                "token assign, token unassign)"
            )
    raise _too_busy(store)


def set_pin(store: Store, name: str, pin: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Have a user type a PIN in front of each code from now on, and return him. Raises BadValue, NotDone."""
    kept = pins.stretched(pins.checked(pin))

    def change(known: Person) -> Person:
        # Anew each time: it is bound to the user, who may be another one of that name by then.
        return replace(known, pin=pins.seal(store.sealer, known, kept), pin_set=utc)

    return _change(store, name, change, Entry(utc, by, "set PIN", "done"))


def drop_pin(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Have a user type the code alone from now on, and return him. Raises NotDone."""
    return _change(
        store, name, lambda known: replace(known, pin=None, pin_set=None), Entry(utc, by, "drop PIN", "done")
    )


def lock(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Refuse every code of a user until he is unlocked, and return him. Raises NotDone."""
    return _change(
        store,
        name,
        lambda known: known if known.locked is not None else replace(known, locked=utc),
        Entry(utc, by, "lock user", "done"),
    )


def unlock(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Person:
    """Look at a user's codes again, and return him; the wrong codes of all his tokens are forgiven, too."""
    return _change(
        store, name, lambda known: replace(known, locked=None), Entry(utc, by, "unlock user", "done"), True
    )


def _change(
    store: Store, name: str, change: Callable[[Person], Person], entry: Entry, forgive: bool = False
) -> Person:
    for _ in range(_TRIES):
        before = find(store, name)
        after = replace(change(before), version=before.version + 1)
        row = after.row(store.sealer) | {"known_name": before.name, "known": before.version}

        def also(connection: sa.Connection, row: dict[str, object] = row) -> bool:
            return connection.execute(_CHANGE, row).rowcount == 1

        tokens = [
            (each, each.state._replace(failures=0, failed_at=0) if forgive else each.state)
            for each in store.tokens(before.name)
        ]
        if store.change(tokens, (replace(entry, user=before.name),), also):
            return after
    raise _too_busy(store)


def _too_busy(store: Store) -> VerifierError:
    return VerifierError(f"the store {store.place} changes too fast to be followed: try again")
