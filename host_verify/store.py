"""The verifier's store: one SQLite file that any number of processes may use at once.

A change is written only if the row still has the version it was read with, inside one immediate
transaction, and is on the disk (WAL, synchronous=FULL) before the caller goes on. Whoever comes second
reads again and judges again, so no code is accepted twice and no failure is lost.
"""

import hmac
import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from tokencore.account import Account
from tokencore.errors import BadValue

from .core import State
from .errors import NotDone, VerifierError
from .matching import CodeKey
from .records import APPLICATION_ID, INSERT, SCHEMA, SCHEMA_VERSION, Token, token_of
from .sealing import Sealer

_BUSY_SECONDS = 60.0
_RESTORE = "restore it from your backup, and keep this file for whoever looks into the cause"
_EXPLANATIONS = {
    sqlite3.SQLITE_NOTADB: "is damaged, or no store at all; name the right file with --store",
    sqlite3.SQLITE_CORRUPT: f"is damaged or cut short: {_RESTORE}",
    sqlite3.SQLITE_READONLY: "is read-only: give this user the right to write it and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: this user needs the right to write it and its folder",
    sqlite3.SQLITE_FULL: "has no room to grow: free some space on its disk; nothing was changed",
    sqlite3.SQLITE_IOERR: "cannot be read or written: look after its disk",
    sqlite3.SQLITE_BUSY: "is held by another program that does not let go: end that program, then try again",
}


def path_of(url: str) -> Path:
    """Return the file that a store's URL names: sqlite:///relative/path or sqlite:////absolute/path."""
    scheme = "sqlite:///"
    if not url.startswith(scheme) or len(url) == len(scheme):
        raise BadValue("store", "give it as sqlite:///PATH (an absolute path makes four slashes)")
    return Path(url[len(scheme) :])


def create(path: Path, sealer: Sealer, utc: int) -> None:
    """Make an empty store at `path`, whole or not at all. Raises NotDone if something is there."""
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=path.name, dir=folder)  # of mode 0600
    os.close(handle)
    try:
        with _explained(path), closing(sqlite3.connect(unfinished, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(f"BEGIN; {SCHEMA}")
            database.execute("INSERT INTO store VALUES (?, ?)", (sealer.row_mark(b"store"), utc))
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            database.execute("COMMIT")
        os.link(unfinished, path)
    except FileExistsError:
        raise NotDone(f"{path} exists already: nothing was changed") from None
    finally:
        os.unlink(unfinished)


def must_exist(path: Path) -> None:
    """Raise VerifierError if there is no file at `path`."""
    if not path.exists():
        raise VerifierError(f"there is no store at {path}: run host-verify init, or name it with --store")


class Store:
    """An open store. One thread uses it at a time; other processes may have their own on the file.

    `sealer` must hold the master key that the store was made with. Raises VerifierError, whose text
    says what to do, for a file that is missing, damaged, read-only, of another version or another key.
    """

    def __init__(self, path: Path, sealer: Sealer) -> None:
        self.path = path
        self._sealer = sealer
        must_exist(path)
        with _explained(path):
            self._database = sqlite3.connect(
                f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, timeout=_BUSY_SECONDS
            )
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def tokens(self, user: str | None = None) -> list[Token]:
        """Return the tokens of `user`, or all, oldest first."""
        if user is None:
            return self._select("SELECT * FROM token ORDER BY created, id")
        return self._select("SELECT * FROM token WHERE user = ? ORDER BY created, id", user)

    def token(self, token_id: str) -> Token:
        """Return the token of that id. Raises NotDone if there is none."""
        found = self._select("SELECT * FROM token WHERE id = ?", token_id)
        if not found:
            raise NotDone("no token has that id: host-verify token list shows all")
        return found[0]

    def key(self, token: Token) -> CodeKey:
        """Return a token's shared secret, unsealed and ready for matching."""
        secret = self._sealer.unseal(token.sealed, token.context())
        if secret is None:
            raise self._damaged(token.id)
        names = ("name", "issuer", "kind", "algorithm", "digits", "period", "t0")
        return CodeKey(Account(secret, **{name: getattr(token, name) for name in names}))

    def add(self, user: str, serial: str | None, account: Account, utc: int) -> Token:
        """Store a new active token and return it. Raises NotDone if its secret or serial is there."""
        fingerprint = self._sealer.fingerprint(account.secret)
        token = Token(
            secrets.token_hex(4), user, serial, utc,
            account.kind, account.algorithm, account.digits, account.period, account.t0,
            account.issuer, account.name,
            State(next_step=account.counter if account.kind == "hotp" else 0),
            0, b"", fingerprint,
        )  # fmt: skip
        token = replace(token, sealed=self._sealer.seal(account.secret, token.context()))
        with self._writing():
            for other in self._select("SELECT * FROM token WHERE fingerprint = ?", fingerprint):
                raise NotDone(f"token {other.id} of user {other.user} has this secret: nothing was added")
            for other in self._select("SELECT * FROM token WHERE serial = ?", serial):
                raise NotDone(f"token {other.id} of user {other.user} has this serial: nothing was added")
            row = token.row(self._sealer.row_mark(token.content()))
            self._database.execute(INSERT, row)
        return token

    def change(self, changes: Sequence[tuple[Token, State]]) -> bool:
        """Give each token its new state, all or none; return False if one is no longer as it was read."""
        with self._writing():
            for token, state in changes:
                after = replace(token, state=state, version=token.version + 1)
                row = after.row(self._sealer.row_mark(after.content()))
                done = self._database.execute(
                    "UPDATE token SET status = ?, next_step = ?, failures = ?, failed_at = ?, drift = ?, "
                    "version = ?, mark = ? WHERE id = ? AND version = ?",
                    (*row[-7:], token.id, token.version),
                )
                if done.rowcount != 1:
                    self._database.execute("ROLLBACK")
                    return False
        return True

    def _select(self, query: str, *values: Any) -> list[Token]:
        with _explained(self.path):
            rows = self._database.execute(query, values).fetchall()
        tokens = []
        for row in rows:
            try:
                token, mark = token_of(row)
            except (ValueError, TypeError):
                raise self._damaged(row[0]) from None
            if not hmac.compare_digest(self._sealer.row_mark(token.content()), mark):
                raise self._damaged(token.id)
            tokens.append(token)
        return tokens

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with _explained(self.path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                if self._database.in_transaction:
                    self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def _prepare(self) -> None:
        (application,) = self._database.execute("PRAGMA application_id").fetchone()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise VerifierError(f"{self.path} is not a verifier's store: name the right file with --store")
        if version != SCHEMA_VERSION:
            raise VerifierError(
                f"{self.path} has format {version}, this program knows {SCHEMA_VERSION}: use the release of "
                "host-verify that wrote it or a newer one; nothing was changed"
            )
        (page,) = self._database.execute("PRAGMA page_size").fetchone()
        if self.path.stat().st_size % page:
            # SQLite itself reads what is missing of the last page as zeros.
            raise VerifierError(f"the store {self.path} {_EXPLANATIONS[sqlite3.SQLITE_CORRUPT]}")
        self._database.execute("PRAGMA synchronous = FULL")
        found = self._database.execute("SELECT key_mark FROM store").fetchone()
        if found is None or not hmac.compare_digest(found[0], self._sealer.row_mark(b"store")):
            raise VerifierError(f"{self.path} was made with another key: give the one that belongs to it")

    def _damaged(self, token_id: object) -> VerifierError:
        return VerifierError(f"{self.path}: the row of token {token_id} was damaged or altered: {_RESTORE}")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        why = _EXPLANATIONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, f"cannot be used: {error}")
        raise VerifierError(f"the store {path} {why}") from None
    except UnicodeDecodeError:
        # Of SQLite's own messages, where they quote what is damaged.
        why = _EXPLANATIONS[sqlite3.SQLITE_CORRUPT]
        raise VerifierError(f"the store {path} {why}") from None
