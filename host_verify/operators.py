"""Who may sign in to the administrators' pages: a user with a token here, a password, and a scope.

A password is kept as a keyed digest of its Argon2id, so that a copy of the database alone, without the
master key, gives nobody anything to try passwords on. Rows are marked like a token's.
"""

import hmac
import json
import os
import unicodedata
from dataclasses import astuple, dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from tokencore.errors import BadValue

from .apikeys import Scope
from .audit import LIBRARY, Actor, Entry
from .database import RESTORE
from .errors import NotDone, VerifierError
from .schema import operator, operator_session
from .service import user_name
from .store import Store
from .stretching import SALT_BYTES, stretch

SHORTEST, LONGEST = 12, 1024  # of a password: characters, bytes of UTF-8
SCOPES = (Scope.HELPDESK, Scope.ADMIN)
_BY_NAME = sa.select(operator).where(operator.c.name == sa.bindparam("wanted"))
_ALL = sa.select(operator).order_by(operator.c.name)


@dataclass(frozen=True, slots=True)
class Operator:
    """What is kept of an operator. created and revoked are UTC seconds; revoked is None while in force."""

    name: str
    scope: Scope
    password: bytes = field(repr=False)  # salt, and the keyed digest
    created: int
    revoked: int | None = None

    def actor(self) -> Actor:
        """Return the operator as the audit names him."""
        return Actor("admin", self.name)

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        values = [value.hex() if isinstance(value, bytes) else value for value in astuple(self)]
        return json.dumps(["operator", *values], separators=(",", ":")).encode()


def add(store: Store, name: str, scope: Scope, password: str, utc: int, by: Actor = LIBRARY) -> Operator:
    """Let the user `name`, who has a token, sign in; one who was revoked may again.

    Raises BadValue for a name or password that cannot be one, NotDone if he is an operator or has no token.
    """
    name = user_name(name)
    made = Operator(name, scope, _kept(store, name, password, os.urandom(SALT_BYTES)), utc)
    if not store.tokens(name):
        raise NotDone(f"user {name} has no token to sign in with: host-verify token add --user {name} FILE")

    def put(connection: sa.Connection) -> bool:
        connection.execute(
            sa.delete(operator).where(operator.c.name == name, operator.c.revoked.is_not(None))
        )
        connection.execute(operator.insert(), _row(store, made))
        return True

    if not store.write(put, (Entry(utc, by, "add operator", str(scope), name),)):
        raise NotDone(f"{name} is an operator: host-verify operator revoke {name}, then add again")
    return made


def set_password(store: Store, name: str, password: str, utc: int, by: Actor = LIBRARY) -> Operator:
    """Give an operator another password and end his sessions. Raises NotDone if he is none."""
    found = in_force(store, name)
    changed = replace(found, password=_kept(store, found.name, password, os.urandom(SALT_BYTES)))
    return _change(store, found, changed, Entry(utc, by, "set operator's password", "done", found.name))


def revoke(store: Store, name: str, utc: int, by: Actor = LIBRARY) -> Operator:
    """End an operator's sign-in and his sessions at once. Raises NotDone if he is none."""
    found = in_force(store, name)
    return _change(
        store,
        found,
        replace(found, revoked=utc),
        Entry(utc, by, "revoke operator", str(found.scope), found.name),
    )


def every(store: Store) -> list[Operator]:
    """Return all operators by name, those revoked too."""
    return [_checked(store, row) for row in store.read(_ALL)]


def in_force(store: Store, name: str) -> Operator:
    """Return the operator of that name. Raises NotDone if there is none or he was revoked."""
    found = find(store, name)
    if found is None:
        raise NotDone("no operator in force has that name: host-verify operator list shows all")
    return found


def find(store: Store, name: str) -> Operator | None:
    """Return the operator of that name who is in force, or None."""
    try:
        name = user_name(name)
    except BadValue:
        return None
    rows = store.read(_BY_NAME, wanted=name)
    found = _checked(store, rows[0]) if rows else None
    return found if found and found.revoked is None else None


def is_password(store: Store, found: Operator | None, password: str) -> bool:
    """Tell whether `password` is the operator's. For None it takes as long, and is not."""
    name, kept = (found.name, found.password) if found else ("", bytes(SALT_BYTES))
    try:
        given = _digest(store, name, _composed(password), kept[:SALT_BYTES])
    except BadValue:
        return False
    return hmac.compare_digest(given, kept) and found is not None


def _kept(store: Store, name: str, password: str, salt: bytes) -> bytes:
    composed = _composed(password)
    if len(composed.decode()) < SHORTEST:
        raise BadValue("password", f"at least {SHORTEST} characters are needed")
    return _digest(store, name, composed, salt)


def _composed(password: str) -> bytes:
    # One form, whichever keyboard it is typed on (NIST SP 800-63B, 3.1.1.2).
    composed = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    if len(composed) > LONGEST:
        raise BadValue("password", f"at most {LONGEST} bytes of UTF-8 are possible")
    return composed


def _digest(store: Store, name: str, password: bytes, salt: bytes) -> bytes:
    return salt + store.mark(b"operator password " + stretch(password, salt) + name.encode())


def _change(store: Store, before: Operator, after: Operator, entry: Entry) -> Operator:
    def put(connection: sa.Connection) -> bool:
        unchanged = (operator.c.name == before.name, operator.c.mark == store.mark(before.content()))
        kept = connection.execute(sa.update(operator).where(*unchanged), _row(store, after)).rowcount == 1
        connection.execute(sa.delete(operator_session).where(operator_session.c.operator == before.name))
        return kept

    if not store.write(put, (entry,)):
        raise NotDone(f"operator {before.name} was changed by someone else meanwhile: look, and try again")
    return after


def _row(store: Store, made: Operator) -> dict[str, Any]:
    names = [column.name for column in operator.columns]
    return dict(zip(names, (*astuple(made), store.mark(made.content())), strict=True))


def _checked(store: Store, row: sa.Row[Any]) -> Operator:
    name, scope, password, created, revoked, mark = tuple(row)
    found = Operator(name, Scope(scope), password, created, revoked)
    if not hmac.compare_digest(store.mark(found.content()), mark):
        raise VerifierError(f"{store.place}: the row of operator {name!r} was altered: {RESTORE}")
    return found
