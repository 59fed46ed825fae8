"""The keys by which other programs may ask the verifier over HTTP: made once, shown once, kept as a digest.

A key is 256 random bits, so a plain keyed digest protects it as well as a slow one would. Its row carries a
mark like a token's: a scope raised by anyone without the master key is refused.
"""

import hmac
import json
import re
import secrets
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from .audit import LIBRARY, Actor, Entry
from .database import RESTORE
from .errors import NotDone, VerifierError
from .schema import api_key
from .service import label
from .store import Store

_FORM = re.compile(r"fob_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_BY_ID = sa.select(api_key).where(api_key.c.id == sa.bindparam("wanted"))
_ALL = sa.select(api_key).order_by(api_key.c.created, api_key.c.id)
_REVOKE = sa.update(api_key).where(api_key.c.id == sa.bindparam("known"), api_key.c.revoked.is_(None))

_TRIES = 10  # ids drawn until one is free


class Scope(StrEnum):
    """What a key may do; each scope includes those before it."""

    VERIFY = "verify"
    HELPDESK = "helpdesk"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        """Tell whether this scope is `other` or a greater one."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key. created and revoked are UTC seconds; revoked is None while it is in force."""

    id: str
    name: str
    scope: Scope
    digest: bytes = field(repr=False)
    created: int
    revoked: int | None = None

    def actor(self) -> Actor:
        """Return the key as the audit names it."""
        return Actor("http", f"{self.id} {self.name}")

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        values = [value.hex() if isinstance(value, bytes) else value for value in astuple(self)]
        return json.dumps(["api_key", *values], separators=(",", ":")).encode()


def add(store: Store, name: str, scope: Scope, utc: int, by: Actor = LIBRARY) -> tuple[ApiKey, str]:
    """Make a key and return its record and the key itself, which cannot be had again.

    Raises BadValue for a name that cannot be one.
    """
    name = label("name", name, 64)
    for _ in range(_TRIES):
        key_id = secrets.token_hex(4)
        text = f"fob_{key_id}_{secrets.token_urlsafe(32)}"
        made = ApiKey(key_id, name, scope, _digest(store, text), utc)
        if store.insert(api_key, _row(store, made), Entry(utc, by, "add API key", f"{made.id} {scope}")):
            return made, text
    raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")


def every(store: Store) -> list[ApiKey]:
    """Return all keys, oldest first, those revoked too."""
    return [_checked(store, row) for row in store.read(_ALL)]


def revoke(store: Store, key_id: str, utc: int, by: Actor = LIBRARY) -> ApiKey:
    """End a key for good and return it. Raises NotDone if there is none of that id."""
    found = _find(store, key_id)
    if found is None:
        raise NotDone("no API key has that id: host-verify apikey list shows all")
    if found.revoked is None:
        ended = ApiKey(found.id, found.name, found.scope, found.digest, found.created, utc)
        values = {"known": ended.id, "revoked": utc, "mark": store.mark(ended.content())}
        entry = Entry(utc, by, "revoke API key", ended.id)
        store.write(lambda connection: connection.execute(_REVOKE, values).rowcount == 1, (entry,))
        found = _find(store, key_id) or ended
    return found


def recognise(store: Store, text: str) -> ApiKey | None:
    """Return the key in force that `text` is, or None."""
    form = _FORM.fullmatch(text)
    found = _find(store, form[1]) if form else None
    if found is None or not hmac.compare_digest(found.digest, _digest(store, text)):
        return None
    return found if found.revoked is None else None


def _find(store: Store, key_id: str) -> ApiKey | None:
    rows = store.read(_BY_ID, wanted=key_id) if re.fullmatch("[0-9a-f]{8}", key_id) else []
    return _checked(store, rows[0]) if rows else None


def _digest(store: Store, text: str) -> bytes:
    return store.mark(b"api key " + text.encode())


def _row(store: Store, key: ApiKey) -> dict[str, object]:
    names = [column.name for column in api_key.columns]
    return dict(zip(names, (*astuple(key), store.mark(key.content())), strict=True))


def _checked(store: Store, row: sa.Row[Any]) -> ApiKey:
    key_id, name, scope, digest, created, revoked, mark = tuple(row)
    key = ApiKey(key_id, name, Scope(scope), digest, created, revoked)
    if not hmac.compare_digest(store.mark(key.content()), mark):
        raise VerifierError(f"{store.place}: the row of API key {key.id} was altered: {RESTORE}")
    return key
