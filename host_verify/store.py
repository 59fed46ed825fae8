"""The verifier's store: one database that any number of threads, processes and hosts may use at once.

A change is written only if the row still has the version it was read with, inside one transaction, and is
on the disk (SQLite: WAL, synchronous=FULL; PostgreSQL: synchronous_commit) before the caller goes on.
Whoever comes second reads again and judges again, so no code is accepted twice and no failure is lost.
"""

import hmac
import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from tokencore.account import Account
from tokencore.otp import MAX_COUNTER

from . import audit, masterkeys, migrate, people, schema
from .attempts import Attempt, Verdict
from .audit import LIBRARY, Actor, Entry
from .core import State, first_state
from .database import (
    DAMAGED,
    RESTORE,
    Place,
    begin_file,
    connect,
    explained,
    file_place,
    is_conflict,
    must_exist,
    written,
)
from .errors import NotDone, VerifierError
from .keys import Master
from .matching import CodeKey
from .placing import placed
from .records import Token, token_of
from .sealing import Root, Sealer
from .writing import Writer

_TOKEN = schema.token
_OLDEST_FIRST = sa.select(_TOKEN).order_by(_TOKEN.c.created, _TOKEN.c.id)
_OF_USER = _OLDEST_FIRST.where(_TOKEN.c.user == sa.bindparam("wanted"))
_PAGE = (
    sa.select(_TOKEN)
    .where(_TOKEN.c.id > sa.bindparam("after"))
    .order_by(_TOKEN.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_PAGE_OF_USER = _PAGE.where(_TOKEN.c.user == sa.bindparam("wanted"))
_BY = {
    name: sa.select(_TOKEN).where(_TOKEN.c[name] == sa.bindparam("wanted"))
    for name in ("id", "serial", "fingerprint")
}
_CHANGE = sa.update(_TOKEN).where(
    _TOKEN.c.id == sa.bindparam("known_id"), _TOKEN.c.version == sa.bindparam("known")
)
_PARAMETERS = ("name", "issuer", "kind", "algorithm", "digits", "period", "t0")
_TRIES = 10
_STRETCHING = 2  # PINs looked at at one time, each in 19 MiB


def create(place: Place, master: Master, utc: int, by: Actor = LIBRARY) -> None:
    """Make an empty store at `place`, whole or not at all. Raises NotDone if something is there."""
    path = place.path
    if path is None:
        with explained(place), written(place) as connection:
            if sa.inspect(connection).has_table("store"):
                raise NotDone(f"{place} holds a store already: nothing was changed")
            _fill(connection, master, utc, by)
        return
    with placed(path) as unfinished, explained(place):
        begin_file(unfinished)
        with written(file_place(unfinished)) as connection:
            _fill(connection, master, utc, by)


class Store:
    """An open store, of which any number of threads may use up to `connections` connections.

    `master` must be a master key that opens it. Raises VerifierError, whose text
    says what to do, for a store that is missing, damaged, read-only, of another version or another key.
    """

    def __init__(self, place: Place, master: Master, connections: int = 1) -> None:
        self.place = place
        self.stretching = threading.BoundedSemaphore(_STRETCHING)
        must_exist(place)
        self._engine = connect(place, connections)
        try:
            with explained(place), self._engine.connect() as connection:
                self._must_fit(connection)
                rows = connection.execute(masterkeys.ALL).fetchall()
            self.sealer = Sealer(masterkeys.unlocked(rows, place, master).root)
            self.check()
        except BaseException:
            self._engine.dispose()
            raise
        self._writer = Writer(place, self._engine, self.sealer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._writer.close()
        self._engine.dispose()

    def check(self) -> None:
        """Raise VerifierError unless the store can be used, now, by this program with this key."""
        with explained(self.place), self._engine.connect() as connection:
            self._must_fit(connection)
            found = connection.execute(sa.select(schema.store.c.key_mark)).scalar()
        if found is None or not hmac.compare_digest(found, self.sealer.row_mark(b"store")):
            raise masterkeys.wrong_key(self.place)

    def _must_fit(self, connection: sa.Connection) -> None:
        migrate.check(connection, self.place)
        if self.place.path is not None:
            _must_be_whole(connection, self.place, self.place.path)

    def tokens(self, user: str | None = None) -> list[Token]:
        """Return the tokens of `user`, or all, oldest first."""
        if user is None:
            return self.select(_OLDEST_FIRST)
        return self.select(_OF_USER, wanted=user)

    def page(self, user: str | None, after: str, most: int) -> list[Token]:
        """Return at most `most` tokens of `user`, or of all, whose ids are greater than `after`, by id."""
        values = {"after": after, "most": most}
        if user is None:
            return self.select(_PAGE, **values)
        return self.select(_PAGE_OF_USER, wanted=user, **values)

    def token(self, token_id: str) -> Token:
        """Return the token of that id. Raises NotDone if there is none."""
        found = self.select(_BY["id"], wanted=token_id) if re.fullmatch("[0-9a-f]{8}", token_id) else []
        if not found:
            raise NotDone("no token has that id: host-verify token list shows all")
        return found[0]

    def key(self, token: Token) -> CodeKey:
        """Return a token's shared secret, unsealed and ready for matching."""
        return CodeKey(self.account(token))

    def add(self, user: str, serial: str | None, account: Account, utc: int, by: Actor = LIBRARY) -> Token:
        """Store a new active token and return it. Raises NotDone if its secret or serial is there."""
        fingerprint = self.sealer.fingerprint(account.secret)
        for _ in range(_TRIES):
            for name, value in (("fingerprint", fingerprint), ("serial", serial)):
                for other in self.select(_BY[name], wanted=value):
                    what = "secret" if name == "fingerprint" else name
                    raise NotDone(f"token {other.id} of user {other.user} has this {what}: nothing was added")
            token = self.sealed(user, serial, account, utc, first_state(account))
            row = self.row(token)

            def put(connection: sa.Connection, row: dict[str, Any] = row) -> bool:
                people.ensure(connection, self.sealer, [user], utc)
                connection.execute(_TOKEN.insert(), row)
                return True

            if self.write(put, (Entry(utc, by, "add token", "done", user, token.id),)):
                return token
            # The same was added meanwhile, which the next look shows, or another token has this id.
        raise VerifierError(f"the store {self.place} changes too fast to be followed: try again")

    def sealed(self, user: str, serial: str | None, account: Account, utc: int, state: State) -> Token:
        """Return a token of a new id, which is not in the store yet."""
        token = Token(
            secrets.token_hex(4), user, serial, utc,
            account.kind, account.algorithm, account.digits, account.period, account.t0,
            account.issuer, account.name, state, 0, b"", self.sealer.fingerprint(account.secret),
        )  # fmt: skip
        return replace(token, sealed=self.sealer.seal(account.secret, token.context()))

    def row(self, token: Token) -> dict[str, Any]:
        """Return the token's row of the table, marked."""
        return token.row(self.sealer.row_mark(token.content()))

    def account(self, token: Token) -> Account:
        """Return a token's account with its shared secret, unsealed. `counter` is HOTP's next."""
        secret = self.sealer.unseal(token.sealed, token.context())
        if secret is None:
            raise self._damaged(token.id)
        values = {name: getattr(token, name) for name in _PARAMETERS}
        if token.kind == "hotp":
            values["counter"] = min(token.state.next_step, MAX_COUNTER)
        return Account(secret, **values)

    def assign(self, token: Token, user: str, entry: Entry) -> bool:
        """Give the token to `user`; return False if it is no longer as it was read. `entry` is audited."""
        secret = self.account(token).secret
        after = replace(token, user=user, version=token.version + 1)
        after = replace(after, sealed=self.sealer.seal(secret, after.context()))
        row = self.row(after) | {"known_id": token.id, "known": token.version}

        def put(connection: sa.Connection) -> bool:
            people.ensure(connection, self.sealer, [user], entry.at)
            return connection.execute(_CHANGE, row).rowcount == 1

        return self.write(put, (entry,), token.id)

    def change(
        self,
        changes: Sequence[tuple[Token, State]],
        entries: Sequence[Entry] = (),
        also: Callable[[sa.Connection], bool] | None = None,
    ) -> bool:
        """Give each token its new state, all or none; return False if one is no longer as it was read.

        `entries` go into the audit with it, and `also` is done before it, in the same transaction.
        """
        rows = []
        # In one order everywhere, or two that change the same tokens would wait for each other.
        for token, state in sorted(changes, key=lambda change: change[0].id):
            after = replace(token, state=state, version=token.version + 1)
            changed = after.changed(self.sealer.row_mark(after.content()))
            rows.append(changed | {"known_id": token.id, "known": token.version})

        def put(connection: sa.Connection) -> bool:
            if also is not None and not also(connection):
                return False
            return all(connection.execute(_CHANGE, row).rowcount == 1 for row in rows)

        return self.write(put, entries, rows[0]["known_id"] if rows else "")

    def judge(self, attempts: Sequence[Attempt]) -> list[Verdict | BaseException]:
        """Judge attempts together (see `writing`); what is told of each is stored by then."""
        return self._writer.judge(attempts)

    @property
    def has_pins(self) -> bool:
        """Whether any user had a PIN when an attempt was last judged."""
        return self._writer.any_pin

    def mark(self, row: bytes) -> bytes:
        """Return what shows that a row of that content was written by a holder of the key."""
        return self.sealer.row_mark(row)

    def write(
        self, work: Callable[[sa.Connection], bool], entries: Sequence[Entry] = (), order: str = ""
    ) -> bool:
        """Run `work` in a transaction (see `writing`); return whether it was kept, and `entries` with it."""
        return self._writer.write(work, entries, order)

    def select(self, query: sa.Select[Any], **values: object) -> list[Token]:
        """Return the tokens whose whole rows `query` finds, each checked against its mark."""
        tokens = []
        for row in self.read(query, **values):
            try:
                token, mark = token_of(row)
            except (ValueError, TypeError):
                raise self._damaged(row[0]) from None
            if not hmac.compare_digest(self.sealer.row_mark(token.content()), mark):
                raise self._damaged(token.id)
            tokens.append(token)
        return tokens

    def insert(self, table: sa.Table, row: dict[str, Any], entry: Entry) -> bool:
        """Add a row, and `entry` to the audit; return False, and add nothing, if it is there already."""

        def put(connection: sa.Connection) -> bool:
            connection.execute(table.insert(), row)
            return True

        return self.write(put, (entry,))

    def read(self, query: sa.Select[Any], **values: object) -> Sequence[sa.Row[Any]]:
        """Return the rows that `query` finds, as they are: whoever calls checks their marks."""
        with explained(self.place):
            return self._read(query, values)

    def _read(self, query: sa.Select[Any], values: dict[str, object]) -> Sequence[sa.Row[Any]]:
        left = _TRIES
        while True:
            try:
                with self._engine.connect() as connection:
                    return connection.execute(query, values).fetchall()
            except DBAPIError as error:
                left -= 1
                # A connection that lay idle while the server was started anew; the next one is new.
                if not left or not (error.connection_invalidated or is_conflict(error)):
                    raise

    def _damaged(self, token_id: object) -> VerifierError:
        return VerifierError(f"{self.place}: the row of token {token_id} was damaged or altered: {RESTORE}")


def _fill(connection: sa.Connection, master: Master, utc: int, by: Actor) -> None:
    root = Root.drawn()
    sealer = Sealer(root)
    migrate.build(connection, sealer)
    audit.begin(connection, sealer)
    audit.append(connection, sealer, [Entry(utc, by, "make store", "done")])
    connection.execute(schema.store.insert(), {"key_mark": sealer.row_mark(b"store"), "created": utc})
    masterkeys.begin(connection, master, root, utc)


def _must_be_whole(connection: sa.Connection, place: Place, path: Path) -> None:
    page = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    if path.stat().st_size % page:
        # SQLite itself reads what is missing of the last page as zeros.
        raise VerifierError(f"the store {place} {DAMAGED}")
