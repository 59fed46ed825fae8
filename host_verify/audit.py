"""What was decided and changed, by whom and why, in a chain that shows what was done to it afterwards.

Each entry carries a link: a keyed digest of what it says and of the link before it. So an entry altered,
moved, put in or taken out by anyone without the master key is found, and where. The head, a row of its own,
says how many there are and what the newest link is, so that the newest cannot be taken away unnoticed
either. Not found by the store alone: entries and head, all together, put back as they were earlier. For
that, keep the head that `examine` returns somewhere else. No entry holds a code or a secret.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from . import driver, flat
from .errors import VerifierError
from .schema import audit, audit_head
from .sealing import Sealer

if TYPE_CHECKING:
    from .store import Store

_PAGE = 1000
_HEAD = sa.select(audit_head)
# On PostgreSQL it is this lock that keeps the chain one; SQLite has one writer at a time anyway.
_LOCKED_HEAD = {
    "sqlite": "SELECT seq, link, mark FROM audit_head",
    "postgresql": "SELECT seq, link, mark FROM audit_head FOR UPDATE",
}
_APPEND = driver.insertion(audit)
_MOVE = {
    "sqlite": "UPDATE audit_head SET seq = ?, link = ?, mark = ?",
    "postgresql": "UPDATE audit_head SET seq = %s, link = %s, mark = %s",
}
_AFTER = (
    sa.select(audit)
    .where(audit.c.seq > sa.bindparam("after"))
    .order_by(audit.c.seq)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_LATEST = sa.select(audit).order_by(audit.c.seq.desc()).limit(sa.bindparam("most", type_=sa.Integer))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and by which door: cli, http, radius or library."""

    door: str = "library"
    name: str = ""


LIBRARY = Actor()


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened at UTC second `at`: `action` is the request, `reason` what became of it.

    step is the time step (TOTP) or counter (HOTP) of an accepted code, decimal.
    """

    at: int
    actor: Actor
    action: str
    reason: str
    user: str | None = None
    token: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """An entry in its place; seq counts from 1."""

    seq: int
    entry: Entry
    link: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the entries `first` to `last`: "altered", "missing", or of the head itself."""

    first: int
    last: int
    what: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found: how many entries there are, the newest link, and every fault."""

    entries: int
    head: str
    faults: list[Fault]


def begin(connection: sa.Connection, sealer: Sealer) -> None:
    """Begin the chain of a store that has none yet."""
    if connection.execute(_HEAD).first() is None:
        connection.execute(audit_head.insert(), _head_row(sealer, 0, _origin(sealer)))


def append(connection: sa.Connection, sealer: Sealer, entries: Sequence[Entry]) -> None:
    """Add entries inside the caller's transaction, which ends soon: nobody else adds any before that.

    Raises VerifierError if the head is not as it was written: a chain that is broken is not gone on with.
    """
    head = connection.exec_driver_sql(_LOCKED_HEAD[connection.dialect.name]).first()
    if head is None or not hmac.compare_digest(_head_mark(sealer, head.seq, head.link), head.mark):
        raise VerifierError(
            "the audit's head is missing or was altered: nothing was accepted or changed; run host-verify "
            "audit verify, and look into the cause"
        )
    seq, link, rows = head.seq, head.link, []
    for entry in entries:
        seq += 1
        link = _link(sealer, link, seq, entry)
        by = entry.actor
        rows.append(
            (
                seq, entry.at, by.door, by.name, entry.action, entry.reason, entry.user, entry.token, link,
                entry.step,
            )
        )  # fmt: skip
    driver.run(connection, _APPEND, rows)
    moved = (seq, link, _head_mark(sealer, seq, link))
    connection.exec_driver_sql(_MOVE[connection.dialect.name], moved)


def every(store: "Store", after: int = 0) -> Iterator[Linked]:
    """Yield all entries after number `after`, oldest first."""
    while rows := store.read(_AFTER, after=after, most=_PAGE):
        for row in rows:
            yield _linked(row)
        after = rows[-1].seq


def latest(
    store: "Store", most: int, user: str | None = None, token: str | None = None, before: int | None = None
) -> list[Linked]:
    """Return the latest entries, those of a user or token or all, oldest first; of those before a number."""
    query = _LATEST
    if before is not None:
        query = query.where(audit.c.seq < before)
    if user is not None:
        query = query.where(audit.c.user == user)
    if token is not None:
        query = query.where(audit.c.token == token)
    return [_linked(row) for row in reversed(store.read(query, most=most))]


def examine(store: "Store") -> Examination:
    """Look at every entry and its link, and at the head."""
    sealer = store.sealer
    faults: list[Fault] = []
    # Read first: what is added meanwhile is after it.
    heads = store.read(_HEAD)
    seq, link = 0, _origin(sealer)
    last_of_head = heads[0].seq if heads else None
    for found in every(store):
        if found.seq > seq + 1:
            faults.append(Fault(seq + 1, found.seq - 1, "missing"))
            # The link before this entry is gone, so nothing can be said of the entry.
        elif not hmac.compare_digest(_link(sealer, link, found.seq, found.entry), found.link):
            faults.append(Fault(found.seq, found.seq, "altered"))
        seq, link = found.seq, found.link
        if seq == last_of_head and not hmac.compare_digest(heads[0].link, link):
            faults.append(Fault(seq, seq, "not the head's"))
    if not heads or not hmac.compare_digest(_head_mark(sealer, heads[0].seq, heads[0].link), heads[0].mark):
        faults.append(Fault(seq, seq, "the head is missing or was altered"))
    elif heads[0].seq > seq:
        faults.append(Fault(seq + 1, heads[0].seq, "missing"))
    return Examination(seq, link.hex(), faults)


def _origin(sealer: Sealer) -> bytes:
    return sealer.link(b"", b"the beginning")


def _link(sealer: Sealer, before: bytes, seq: int, entry: Entry) -> bytes:
    by = flat.text((entry.actor.door, entry.actor.name))
    rest = [entry.action, entry.reason, entry.user, entry.token]
    if entry.step is not None:  # so that what was linked before there were steps is as it was
        rest.append(entry.step)
    return sealer.link(before, f"[{seq},{entry.at},{by},{flat.text(rest)[1:]}".encode())


def _head_mark(sealer: Sealer, seq: int, link: bytes) -> bytes:
    return sealer.row_mark(b"audit head %d " % seq + link)


def _head_row(sealer: Sealer, seq: int, link: bytes) -> dict[str, Any]:
    return {"seq": seq, "link": link, "mark": _head_mark(sealer, seq, link)}


def entry_row(linked: Linked) -> dict[str, Any]:
    """Return an entry and its place in the chain by the names of the table's columns."""
    entry = linked.entry
    return {
        "seq": linked.seq,
        "at": entry.at,
        "door": entry.actor.door,
        "actor": entry.actor.name,
        "action": entry.action,
        "reason": entry.reason,
        "user": entry.user,
        "token": entry.token,
        "link": linked.link,
        "step": entry.step,
    }


def _linked(row: sa.Row[Any]) -> Linked:
    seq, at, door, actor, action, reason, user, token, link, step = tuple(row)
    return Linked(seq, Entry(at, Actor(door, actor), action, reason, user, token, step), link)
