"""Users: whoever has, or had, a token. Each has a row of its own, marked like a token's.

A token whose user has no row is taken for damage: else a PIN could be undone by deleting a row.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import sqlalchemy as sa

from . import flat
from .database import RESTORE
from .errors import VerifierError
from .schema import person
from .sealing import Sealer

_AT_ONCE = 500  # values in one statement


@dataclass(frozen=True, slots=True)
class Person:
    """A user. Times are UTC seconds; version counts the changes.

    pin      his PIN's salt and Argon2id, sealed; None without one. pin_set is since when
    locked   since when he is locked by hand; None if he is not
    """

    name: str
    created: int
    pin: bytes | None = field(default=None, repr=False)
    pin_set: int | None = None
    locked: int | None = None
    version: int = 0

    def context(self) -> bytes:
        """Return what the sealed PIN is bound to."""
        return json.dumps(["PIN", self.name, self.created]).encode()

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        pin = None if self.pin is None else self.pin.hex()
        values = ("person", self.name, self.created, pin, self.pin_set, self.locked, self.version)
        return flat.text(values).encode()

    def row(self, sealer: Sealer) -> dict[str, Any]:
        """Return the values of all columns of the table by name."""
        names = [column.name for column in person.columns]
        return dict(zip(names, (*astuple(self), sealer.row_mark(self.content())), strict=True))


def person_of(row: Sequence[Any], sealer: Sealer, place: object) -> Person:
    """Return the user that a row of the table holds. Raises VerifierError if it was altered."""
    *values, mark = row
    found = Person(*values)
    if not hmac.compare_digest(sealer.row_mark(found.content()), mark):
        raise damaged(place, found.name)
    return found


def damaged(place: object, name: object) -> VerifierError:
    """Return what is said of a user's row that is missing or not as it was written."""
    return VerifierError(f"{place}: the row of user {name!r} is missing or was altered: {RESTORE}")


def ensure(connection: sa.Connection, sealer: Sealer, names: Iterable[str], utc: int) -> None:
    """Have each of `names` be a user, inside the caller's transaction, in which none of them is removed."""
    wanted = sorted({name for name in names if name})
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = sa.select(person.c.name).where(person.c.name.in_(some)).order_by(person.c.name)
        there = {row[0] for row in connection.execute(query.with_for_update())}
        new = [Person(name, utc).row(sealer) for name in some if name not in there]
        if new:
            connection.execute(person.insert(), new)
