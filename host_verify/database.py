"""Where the store is, and how its database is spoken to: SQLite in a file, or PostgreSQL by its URL.

Nothing here knows what the store keeps. Whoever writes does it in `writer`'s transactions, which on SQLite
take the write lock at once and on both are on the disk when they have ended.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool
from tokencore.errors import BadValue

from .errors import VerifierError

APPLICATION_ID = 0x466F6253  # "FobS", in the header of an SQLite file
BUSY_SECONDS = 60.0
CONNECT_SECONDS = 10
RESTORE = "restore it from your backup, and keep this file for whoever looks into the cause"
DAMAGED = f"is damaged or cut short: {RESTORE}"
_LOOK_AGAIN = (0.0005, 0.003)  # s
_OPTIONS: dict[str, Any] = {"hide_parameters": True, "isolation_level": "AUTOCOMMIT", "max_overflow": 0}
_ROOM = "has no room to grow: free some space on its disk; nothing was changed"
_UNREACHABLE = "cannot be reached: look after the database server, the way to it, and the role's rights there"
_SQLITE = {
    sqlite3.SQLITE_NOTADB: "is damaged, or no store at all; name the right file with --store",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_READONLY: "is read-only: give this user the right to write it and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: this user needs the right to write it and its folder",
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: "cannot be read or written: look after its disk",
    sqlite3.SQLITE_BUSY: "is held by another program that does not let go: end that program, then try again",
}
# By SQLSTATE, or its class (PostgreSQL, appendix A).
_POSTGRESQL = {
    "08": _UNREACHABLE,
    "57": _UNREACHABLE,
    "53": "has no room or no free connection: look after the database server's disk and max_connections",
    "25006": "is read-only: name the primary server, not a standby",
    "42501": "does not let this role do that: let it own the store's tables",
    "42P01": "has no verifier's tables: run host-verify init, or name the right database with --store",
}
_LOG = "PRAGMA wal_autocheckpoint = 8000"  # pages
_CONFLICTS = ("40001", "40P01")  # serialization failure, deadlock: the same again may well be done


@dataclass(frozen=True, slots=True)
class Place:
    """A store's database. As text it is what may be shown: a path, or a URL without its password."""

    url: sa.URL

    @property
    def path(self) -> Path | None:
        """The SQLite file, or None on PostgreSQL."""
        return Path(self.url.database or "") if self.url.drivername == "sqlite" else None

    def __str__(self) -> str:
        if self.path is not None:
            return str(self.path)
        at = self.url
        # Without its query too, which may carry a password.
        shown = sa.URL.create("postgresql", at.username, None, at.host, at.port, at.database)
        return shown.render_as_string()

    def __repr__(self) -> str:
        return f"Place({str(self)!r})"


def place_of(url: str) -> Place:
    """Return the place that a URL names: sqlite:///PATH, or postgresql://USER@HOST/DATABASE.

    An SQLite path may hold any character. Raises BadValue.
    """
    scheme = "sqlite:///"
    if url.startswith(scheme) and len(url) > len(scheme):
        return file_place(Path(url[len(scheme) :]))
    if url.startswith(("postgresql://", "postgres://")):
        try:
            parsed = sa.make_url(url)
        except (ArgumentError, ValueError):
            parsed = None
        if parsed is not None and parsed.database:
            return Place(parsed.set(drivername="postgresql+psycopg"))
    raise BadValue(
        "store",
        "give it as sqlite:///PATH (an absolute path makes four slashes) or postgresql://USER@HOST/DATABASE",
    )


def file_place(path: Path) -> Place:
    """Return the place of an SQLite file."""
    return Place(sa.URL.create("sqlite", database=str(path)))


def begin_file(path: Path) -> None:
    """Make an empty file a database as stores have it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def must_exist(place: Place) -> None:
    """Raise VerifierError if the place is a file that is not there."""
    if place.path is not None and not place.path.exists():
        raise VerifierError(f"there is no store at {place}: run host-verify init, or name it with --store")


def connect(place: Place, connections: int = 1) -> sa.Engine:
    """Return an engine for reading, each statement by itself, that keeps at most `connections` open."""
    path = place.path
    if path is not None:
        return _sqlite(path, connections, BUSY_SECONDS)
    arguments = {"application_name": "host-verify", "connect_timeout": CONNECT_SECONDS}
    arguments = {name: value for name, value in arguments.items() if name not in place.url.query}
    try:
        engine = sa.create_engine(place.url, connect_args=arguments, pool_size=connections, **_OPTIONS)
    except ModuleNotFoundError:
        raise VerifierError("PostgreSQL needs more packages: pip install 'fobsmith[serve]'") from None
    event.listen(engine, "connect", _durable)
    return engine


@contextmanager
def opened(place: Place) -> Iterator[sa.Engine]:
    """Give what `connect` returns, and let go of the database at the end."""
    engine = connect(place)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def written(place: Place) -> Iterator[sa.Connection]:
    """Give a connection in a transaction of its own; end it, and let go of the database, at the end."""
    with opened(place) as engine:
        writing = writer(place, engine)
        try:
            with writing.begin() as connection:
                yield connection
        finally:
            writing.dispose()


def writer(place: Place, engine: sa.Engine, flushed: bool = True) -> sa.Engine:
    """Return an engine for writing beside `engine`: in transactions, one at a time on SQLite.

    A transaction that has ended is on the disk; on SQLite with `flushed` false only when the caller has had
    it flushed (see `flushing`).
    """
    path = place.path
    if path is None:
        return engine.execution_options(isolation_level="READ COMMITTED")
    writing = _sqlite(path, 1, 0.0, "FULL" if flushed else "NORMAL")
    if not flushed:
        # Copying the log waits for the disk twice: less often than by default (1,000 pages of 4 KiB).
        event.listen(writing, "connect", lambda connection, _: connection.execute(_LOG))
    event.listen(writing, "begin", _begin)
    return writing


def _sqlite(path: Path, connections: int, timeout: float, synchronous: str = "FULL") -> sa.Engine:
    name = f"file:{quote(str(path))}?mode=rw"
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            name, uri=True, isolation_level=None, timeout=timeout, check_same_thread=False
        ),
        poolclass=QueuePool,
        pool_size=connections,
        **_OPTIONS,
    )
    event.listen(
        engine, "connect", lambda connection, _: connection.execute(f"PRAGMA synchronous = {synchronous}")
    )
    return engine


def _begin(connection: sa.Connection) -> None:
    """Take SQLite's write lock. SQLite itself would wait longer and longer between two looks at it."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            if code != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(random.uniform(*_LOOK_AGAIN))  # noqa: S311  # so that no two keep missing it together


def is_conflict(error: DBAPIError) -> bool:
    """Tell whether a transaction failed only because another one went before it."""
    return getattr(error.orig, "sqlstate", None) in _CONFLICTS


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turn the database's errors into ours, whose texts say what to do next."""
    try:
        yield
    except DBAPIError as error:
        raise VerifierError(f"the store {place} {_why(error.orig)}") from None
    except sqlite3.DatabaseError as error:
        raise VerifierError(f"the store {place} {_why(error)}") from None
    except UnicodeDecodeError:
        # Of SQLite's own messages, where they quote what is damaged.
        raise VerifierError(f"the store {place} {DAMAGED}") from None


def _why(error: BaseException | None) -> str:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, f"cannot be used: {error}")
    state = getattr(error, "sqlstate", None)
    if state is None:
        return f"{_UNREACHABLE} ({str(error).strip().splitlines()[0] if str(error).strip() else 'no answer'})"
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or f"cannot be used: SQLSTATE {state}"


def _durable(connection: Any, _: object) -> None:
    # A role or server may have turned it off, for speed; then a code could be accepted twice after a crash.
    connection.execute("SET synchronous_commit = on")
