"""Sessions of operators who signed in: a random cookie, of which the store keeps a keyed digest.

They are in the store, so that every worker and every host knows them, and a revoked operator is out at once.
"""

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from . import operators
from .audit import Actor, Entry
from .operators import Operator
from .schema import operator as table
from .schema import operator_session
from .store import Store

IDLE = 900  # s without a request, after which a session has ended
LONGEST = 28_800  # s after which it has ended in any case
_REFRESH = 30  # s between two notes of when it was seen

_BY_DIGEST = sa.select(operator_session).where(operator_session.c.digest == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class _Session:
    digest: bytes
    operator: str
    created: int
    seen: int

    def content(self) -> bytes:
        values = ["operator_session", self.digest.hex(), self.operator, self.created, self.seen]
        return json.dumps(values, separators=(",", ":")).encode()

    def row(self, store: Store) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "operator": self.operator,
            "created": self.created,
            "seen": self.seen,
            "mark": store.mark(self.content()),
        }


def begin(store: Store, operator: Operator, utc: int) -> str | None:
    """Begin a session and return its cookie; None if the operator is not as he was when he was recognised.

    Sessions that have ended by themselves are cleared away.
    """
    cookie = secrets.token_urlsafe(32)
    made = _Session(_digest(store, cookie), operator.name, utc, utc)

    as_he_was = sa.select(table.c.mark).where(table.c.name == operator.name).with_for_update()

    def put(connection: sa.Connection) -> bool:
        # Looked at in the transaction: a new password ends all sessions, one that begins just then too.
        if connection.execute(as_he_was).scalar_one_or_none() != store.mark(operator.content()):
            return False
        columns = operator_session.c
        over = sa.or_(columns.seen <= utc - IDLE, columns.created <= utc - LONGEST)
        connection.execute(sa.delete(operator_session).where(over))
        connection.execute(operator_session.insert(), made.row(store))
        return True

    entry = Entry(utc, operator.actor(), "sign in", "done", operator.name)
    return cookie if store.write(put, (entry,)) else None


def find(store: Store, cookie: str, utc: int) -> Operator | None:
    """Return whose session a cookie is, and note that it was seen; None if it is nobody's or has ended."""
    digest = _digest(store, cookie)
    rows = store.read(_BY_DIGEST, wanted=digest)
    if not rows:
        return None
    *values, mark = tuple(rows[0])
    found = _Session(*values)
    if not hmac.compare_digest(store.mark(found.content()), mark):
        return None  # not as it was written: whoever is meant signs in again
    if utc - found.seen >= IDLE or utc - found.created >= LONGEST:
        return None
    if utc - found.seen >= _REFRESH:
        seen = _Session(digest, found.operator, found.created, utc).row(store)
        change = sa.update(operator_session).where(operator_session.c.digest == digest)
        store.write(lambda connection: connection.execute(change, seen).rowcount == 1)
    return operators.find(store, found.operator)


def end(store: Store, cookie: str, operator: Operator, utc: int) -> None:
    """End a session."""
    gone = sa.delete(operator_session).where(operator_session.c.digest == _digest(store, cookie))

    def put(connection: sa.Connection) -> bool:
        connection.execute(gone)
        return True

    store.write(put, (Entry(utc, operator.actor(), "sign out", "done", operator.name),))


def form_mark(store: Store, cookie: str) -> str:
    """Return what each form of a page carries, to show that it came from a page of that cookie's browser."""
    return store.mark(b"operator form " + cookie.encode()).hex()


def refused(store: Store, by: Actor, reason: str, user: str | None, utc: int) -> None:
    """Write down a sign-in that was refused before a code was looked at."""
    store.change([], (Entry(utc, by, "sign in", reason, user),))


def _digest(store: Store, cookie: str) -> bytes:
    return store.mark(b"operator session " + cookie.encode())
