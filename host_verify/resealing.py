"""All secrets of a store sealed anew under a new key of its root, while programs use the store.

Whoever had the master key of some day and a copy of the store from then has that day's root. A key that the
root gets after the master key was rotated he has not, so what is sealed under it stays hidden from him.
"""

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from . import masterkeys, sealkeys
from .audit import LIBRARY, Actor, Entry
from .errors import VerifierError
from .opening import Opener
from .people import damaged, person_of
from .records import token_of
from .schema import person, seal_key, token
from .store import Store

_AT_ONCE = 100  # rows in one transaction, which others wait for
_TRIES = 10

Values = dict[str, Any]  # of columns, by name


def renew(opener: Opener, utc: int, by: Actor = LIBRARY) -> int:
    """Renew the store's root and seal every secret under its new key; return how many were.

    Programs that were started before go on, and seal under the older key what they add until they are
    started anew; it is sealed under the newest at the next renewal.
    """
    with opener.open() as store:
        masterkeys.renew(store, opener.master(), utc, by)
    with opener.open() as store:
        done = _sealed_anew(store, token, _of_token)
        done += _sealed_anew(store, seal_key, _of_seal_key) + _sealed_anew(store, person, _of_person)
        store.write(lambda _: True, (Entry(utc, by, "seal anew", f"{done} secrets"),))
    return done


def _sealed_anew(store: Store, table: sa.Table, anew: Callable[[Store, sa.Row[Any]], Values | None]) -> int:
    """Change each row of a table to what `anew` returns of it, if it does; return how many were.

    Rows are read and written in one transaction: however often a token is used meanwhile, none is missed.
    """
    key = table.columns[0]
    page = sa.select(table).where(key > sa.bindparam("after")).order_by(key).limit(_AT_ONCE).with_for_update()
    change = sa.update(table).where(key == sa.bindparam("known"))
    done, lost, after, made, last = 0, 0, "", 0, ""

    def work(connection: sa.Connection) -> bool:
        nonlocal made, last
        rows = connection.execute(page, {"after": after}).fetchall()
        changes = [values | {"known": row[0]} for row in rows if (values := anew(store, row)) is not None]
        if changes:
            connection.execute(change, changes)
        made, last = len(changes), rows[-1][0] if rows else after
        return True

    while True:
        if not store.write(work):
            lost += 1
            if lost == _TRIES:
                raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")
        elif last == after:
            return done
        else:
            done, lost, after = done + made, 0, last


def _of_token(store: Store, row: sa.Row[Any]) -> Values | None:
    try:
        found, mark = token_of(row)
    except (ValueError, TypeError):
        return None  # what was altered stays so, and is refused when it is used
    if not hmac.compare_digest(store.mark(found.content()), mark) or store.sealer.is_newest(found.sealed):
        return None
    sealed = store.sealer.seal(store.account(found).secret, found.context())
    return store.row(replace(found, sealed=sealed, version=found.version + 1))


def _of_seal_key(store: Store, row: sa.Row[Any]) -> Values | None:
    key = sealkeys.of_row(store, row)
    if key.retired is not None or store.sealer.is_newest(key.sealed):
        return None
    after = sealkeys.resealed(store, key)
    return {"sealed": after.sealed, "mark": store.mark(after.content())}


def _of_person(store: Store, row: sa.Row[Any]) -> Values | None:
    sealer = store.sealer
    each = person_of(row, sealer, store.place)
    if each.pin is None or sealer.is_newest(each.pin):
        return None
    kept = sealer.unseal(each.pin, each.context())
    if kept is None:
        raise damaged(store.place, each.name)
    return replace(each, pin=sealer.seal(kept, each.context()), version=each.version + 1).row(sealer)
