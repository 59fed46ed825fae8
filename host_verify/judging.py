"""Attempts judged together: their users' rows read at once, each attempt decided, and what changed written.

All inside one transaction, which has the rows to itself: SQLite's by its write lock, PostgreSQL's by the
locks that reading takes. So nobody judges by what another one is about to change, and no code is accepted
twice. The statements are the driver's own, for a few are run for any number of attempts.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from . import schema
from .attempts import Attempt, Decision
from .database import RESTORE, Place
from .errors import VerifierError
from .matching import CodeKey
from .people import Person, damaged, person_of
from .records import CHANGING, Fixed, Token, token_of
from .sealing import Sealer


def _columns(table: sa.Table) -> str:
    return ", ".join(f'{table.name}."{column.name}"' for column in table.columns)


def _type(name: str) -> str:
    return str(schema.token.c[name].type.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]


# Of names in the schema alone; every value is a parameter.
_TOKENS = {
    "sqlite": f"SELECT {_columns(schema.token)} FROM json_each(?) AS wanted "  # noqa: S608
    'CROSS JOIN token ON token."user" = wanted.value',
    "postgresql": f"SELECT {_columns(schema.token)} FROM token "  # noqa: S608
    'WHERE token."user" = ANY(%s) ORDER BY token.id FOR UPDATE',
}
_PEOPLE = {
    "sqlite": f"SELECT {_columns(schema.person)} FROM json_each(?) AS wanted "  # noqa: S608
    "CROSS JOIN person ON person.name = wanted.value",
    "postgresql": f"SELECT {_columns(schema.person)} FROM person WHERE name = ANY(%s)",  # noqa: S608
}
_WRITE = {
    "sqlite": f"UPDATE token SET {', '.join(f'{name} = ?' for name in CHANGING)} WHERE id = ?",  # noqa: S608
    "postgresql": f"UPDATE token SET {', '.join(f'{name} = new.{name}' for name in CHANGING)} "  # noqa: S608
    f"FROM unnest({', '.join(f'%s::{_type(name)}[]' for name in (*CHANGING, 'id'))}) "
    f"AS new({', '.join(CHANGING)}, id) WHERE token.id = new.id",
}


class Together:
    """What one transaction knows of the tokens that are judged in it."""

    def __init__(self, connection: sa.Connection, place: Place, sealer: Sealer) -> None:
        self._connection = connection
        self._database = place.url.get_backend_name()
        self._place = place
        self._sealer = sealer
        self._tokens: dict[str, list[Token]] = {}
        self._people: dict[str, Person] = {}
        self._damaged: dict[str, VerifierError] = {}
        self._fixed: dict[str, Fixed] = {}
        self._changed: dict[str, Token] = {}

    def read(self, attempts: Sequence[Attempt]) -> None:
        """Read the tokens of all the attempts' users."""
        users = list({attempt.name for attempt in attempts if attempt.name is not None})
        if not users:
            return
        wanted = json.dumps(users) if self._database == "sqlite" else users
        for row in self._rows(_TOKENS, wanted):
            self._take(row)
        # After the locks are taken: whoever changes a user's rules takes them too.
        for row in self._rows(_PEOPLE, wanted):
            try:
                self._people[row[0]] = person_of(row, self._sealer, self._place)
            except VerifierError as error:
                self._damaged[row[0]] = error
        for tokens in self._tokens.values():
            if len(tokens) > 1:
                tokens.sort(key=lambda token: (token.created, token.id))

    def decide(self, attempt: Attempt) -> Decision:
        """Judge an attempt by what those before it have left. Raises VerifierError for a damaged row."""
        user = attempt.name
        if user in self._damaged:
            raise self._damaged[user]
        tokens = self._tokens.get(user, []) if user is not None else []
        person = self._people.get(user) if user is not None else None
        if tokens and person is None:
            raise damaged(self._place, user)
        decision = attempt.decide(person, tokens, self._key)
        for token, state in decision.changes:
            after = replace(token, state=state, version=token.version + 1)
            tokens[tokens.index(token)] = self._changed[token.id] = after
        return decision

    def write(self) -> None:
        """Write all tokens that were changed."""
        if not self._changed:
            return
        rows = [(*token.changing(), self._mark(token), token.id) for token in self._changed.values()]
        statement = _WRITE[self._database]
        if self._database == "sqlite":
            written = self._connection.exec_driver_sql(statement, rows).rowcount
        else:
            columns = tuple(list(column) for column in zip(*rows, strict=True))
            written = self._connection.exec_driver_sql(statement, columns).rowcount
        assert written == len(rows)

    def _rows(self, statements: dict[str, str], wanted: object) -> Sequence[sa.Row[Any]]:
        return self._connection.exec_driver_sql(statements[self._database], (wanted,)).fetchall()

    def _take(self, row: Sequence[object]) -> None:
        user = str(row[1])
        try:
            token, mark = token_of(row)
            self._fixed[token.id] = Fixed(token)
            whole = hmac.compare_digest(self._mark(token), mark)
        except (ValueError, TypeError):
            whole = False
        if not whole:
            self._damaged[user] = self._error(row[0])
            return
        self._tokens.setdefault(user, []).append(token)

    def _key(self, token: Token) -> CodeKey:
        secret = self._sealer.unseal(token.sealed, self._fixed[token.id].context)
        if secret is None:
            raise self._error(token.id)
        return CodeKey.made(token, secret)

    def _mark(self, token: Token) -> bytes:
        return self._sealer.row_mark(self._fixed[token.id].content(token))

    def _error(self, token_id: object) -> VerifierError:
        return VerifierError(f"{self._place}: the row of token {token_id} was damaged or altered: {RESTORE}")
