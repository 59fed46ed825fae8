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

from . import driver, replacements, schema
from .attempts import Attempt, Decision
from .core import Status
from .database import RESTORE, Place
from .errors import VerifierError
from .matching import CodeKey
from .people import Person, damaged, person_of
from .records import CHANGING, Fixed, Token, token_of
from .replacements import Replacement
from .sealing import Sealer

# Of names in the schema alone; every value is a parameter.
_TOKENS = {
    "sqlite": f"SELECT {driver.columns(schema.token)} FROM json_each(?) AS wanted "  # noqa: S608
    'CROSS JOIN token ON token."user" = wanted.value',
    "postgresql": f"SELECT {driver.columns(schema.token)} FROM token "  # noqa: S608
    'WHERE token."user" = ANY(%s) ORDER BY token.id FOR UPDATE',
}
_PEOPLE = {
    "sqlite": f"SELECT {driver.columns(schema.person)} FROM json_each(?) AS wanted "  # noqa: S608
    "CROSS JOIN person ON person.name = wanted.value",
    "postgresql": f"SELECT {driver.columns(schema.person)} FROM person WHERE name = ANY(%s)",  # noqa: S608
}
_CODES = {
    "sqlite": f"SELECT {driver.columns(schema.replacement)} FROM json_each(?) AS wanted "  # noqa: S608
    "CROSS JOIN replacement ON replacement.token = wanted.value",
    "postgresql": f"SELECT {driver.columns(schema.replacement)} FROM replacement WHERE token = ANY(%s)",  # noqa: S608
}
_ANY_PIN = "SELECT EXISTS (SELECT 1 FROM person WHERE pin IS NOT NULL)"
_WRITE = driver.change(schema.token, CHANGING, "id")
_USE = driver.change(schema.replacement, ("used", "mark"), "digest")


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
        self._codes: dict[str, list[Replacement]] = {}
        self._used: list[Replacement] = []
        self.any_pin = False

    def read(self, attempts: Sequence[Attempt]) -> None:
        """Read the tokens of all the attempts' users."""
        self.any_pin = bool(self._connection.exec_driver_sql(_ANY_PIN).scalar())
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
        lost = []
        for tokens in self._tokens.values():
            if len(tokens) > 1:
                tokens.sort(key=lambda token: (token.created, token.id))
            lost += [token for token in tokens if token.state.status is Status.LOST]
        if lost:
            self._read_codes(lost)

    def decide(self, attempt: Attempt) -> Decision:
        """Judge an attempt by what those before it have left. Raises VerifierError for a damaged row."""
        user = attempt.name
        if user in self._damaged:
            raise self._damaged[user]
        tokens = self._tokens.get(user, []) if user is not None else []
        person = self._people.get(user) if user is not None else None
        if tokens and person is None:
            raise damaged(self._place, user)
        decision = attempt.decide(person, tokens, self)
        for token, state in decision.changes:
            after = replace(token, state=state, version=token.version + 1)
            tokens[tokens.index(token)] = self._changed[token.id] = after
        if used := decision.used:
            self._used.append(used)
            codes = self._codes[used.token]
            self._codes[used.token] = [used if each.digest == used.digest else each for each in codes]
        return decision

    def write(self) -> None:
        """Write all tokens that were changed, and the replacement codes that were used."""
        if not self._changed:
            return
        self._written(
            _WRITE,
            [(*token.changing(), self._mark(token), token.id) for token in self._changed.values()],
        )
        if self._used:
            rows = [used.row(self._sealer) for used in self._used]
            self._written(_USE, [(row["used"], row["mark"], row["digest"]) for row in rows])

    def _written(self, statements: driver.Statements, rows: Sequence[tuple[Any, ...]]) -> None:
        if driver.run(self._connection, statements, rows) != len(rows):
            raise VerifierError(f"{self._place}: rows were changed by something else: nothing was accepted")

    def _read_codes(self, lost: Sequence[Token]) -> None:
        ids = [token.id for token in lost]
        wanted = json.dumps(ids) if self._database == "sqlite" else ids
        user_of = {token.id: token.user for token in lost}
        for row in self._rows(_CODES, wanted):
            try:
                found = replacements.of_row(row, self._sealer, self._place)
            except VerifierError as error:
                self._damaged[user_of[row.token]] = error
            else:
                self._codes.setdefault(found.token, []).append(found)

    def codes(self, token: Token) -> Sequence[Replacement]:
        """Return the codes that stand in for a lost token."""
        return self._codes.get(token.id, ())

    def digest(self, token: Token, code: str) -> bytes:
        """Return the digest of such a code."""
        return replacements.digest(self._sealer, token.id, code)

    def _rows(self, statements: driver.Statements, wanted: object) -> Sequence[sa.Row[Any]]:
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

    def key(self, token: Token) -> CodeKey:
        """Return a token's secret, ready for matching."""
        secret = self._sealer.unseal(token.sealed, self._fixed[token.id].context)
        if secret is None:
            raise self._error(token.id)
        return CodeKey.made(token, secret)

    def _mark(self, token: Token) -> bytes:
        return self._sealer.row_mark(self._fixed[token.id].content(token))

    def _error(self, token_id: object) -> VerifierError:
        return VerifierError(f"{self._place}: the row of token {token_id} was damaged or altered: {RESTORE}")
