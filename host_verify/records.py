"""A token as the store keeps it, and the one place that knows the table's columns."""

import json
from dataclasses import astuple, dataclass, field
from typing import Any

from .core import State, Status
from .drift import Drift

APPLICATION_ID = 0x466F6253  # "FobS", in the header of the file
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE store (key_mark BLOB NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    serial TEXT UNIQUE,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    digits INTEGER NOT NULL,
    period INTEGER NOT NULL,
    t0 INTEGER NOT NULL,
    issuer TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,             -- nonce, AES-256-GCM ciphertext and tag of the shared secret
    fingerprint BLOB NOT NULL UNIQUE, -- keyed: one secret cannot stand twice, or its codes would count twice
    status TEXT NOT NULL,
    next_step TEXT NOT NULL,          -- decimal: up to 2**64, which INTEGER does not hold
    failures INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    drift TEXT,                       -- JSON list of Drift's fields
    version INTEGER NOT NULL,         -- grows with each change
    mark BLOB NOT NULL                -- keyed: the row is as the verifier wrote it
) STRICT;
CREATE INDEX token_user ON token (user);
"""
INSERT = "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of one user. The shared secret is sealed: `Store.key` makes it ready for matching.

    id is 8 hexadecimal digits, created in UTC seconds; kind to name are the account's (see tokencore);
    version counts the changes of `state`.
    """

    id: str
    user: str
    serial: str | None
    created: int
    kind: str
    algorithm: str
    digits: int
    period: int
    t0: int
    issuer: str
    name: str
    state: State
    version: int
    sealed: bytes = field(repr=False)
    fingerprint: bytes = field(repr=False)

    def context(self) -> bytes:
        """Return what the sealed secret is bound to: everything that says whose and what it is."""
        return _canonical([self.id, self.user, self.serial, self.created, *self._parameters()])

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which the row's mark is taken."""
        return _canonical(
            [self.context().decode(), self.sealed.hex(), self.fingerprint.hex(), *self._changing()]
        )

    def row(self, mark: bytes) -> tuple[Any, ...]:
        """Return the values of the table's columns in order."""
        head = (self.id, self.user, self.serial, self.created, *self._parameters())
        return (*head, self.sealed, self.fingerprint, *self._changing(), mark)

    def _parameters(self) -> tuple[Any, ...]:
        return (self.kind, self.algorithm, self.digits, self.period, self.t0, self.issuer, self.name)

    def _changing(self) -> tuple[Any, ...]:
        state = self.state
        drift = None if state.drift is None else json.dumps(astuple(state.drift))
        return (str(state.status), str(state.next_step), state.failures, state.failed_at, drift, self.version)


def token_of(row: tuple[Any, ...]) -> tuple[Token, bytes]:
    """Return the Token and the mark that a row of the table holds.

    Raises ValueError or TypeError if the row is damaged.
    """
    # fmt: off
    (
        token_id, user, serial, created, kind, algorithm, digits, period, t0, issuer, name,
        sealed, fingerprint, status, next_step, failures, failed_at, drift, version, mark,
    ) = row
    known = None if drift is None else Drift(*json.loads(drift))
    state = State(Status(status), int(next_step), failures, failed_at, known)
    token = Token(
        token_id, user, serial, created, kind, algorithm, digits, period, t0, issuer, name,
        state, version, sealed, fingerprint,
    )
    # fmt: on
    return token, mark


def _canonical(values: list[Any]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
