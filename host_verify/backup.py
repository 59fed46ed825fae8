"""Copies of a store as it was at one instant, made while programs use it; of any database, as an SQLite file.

A backup is a store: encrypted and marked as it was, and opened by the master keys of then.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from . import migrate
from .audit import LIBRARY, Actor, Entry
from .database import Place, begin_file, explained, file_place, opened, written
from .placing import must_be_free, placed
from .schema import audit_head, metadata, token
from .store import Store

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: tokens, and entries of the audit with the newest link."""

    tokens: int
    entries: int
    head: str


def make(store: Store, file: Path, utc: int, by: Actor = LIBRARY) -> Backup:
    """Write the store to a new `file`. Raises NotDone if there is a file of that name.

    That it is made stands in the audit before it is there, so in the backup too.
    """
    must_be_free(file)
    store.write(lambda _: True, (Entry(utc, by, "backup", "begun"),))
    with placed(file) as unfinished, _explained(store.place, file):
        if store.place.path is not None:
            copy_file(store.place.path, unfinished)
        else:
            begin_file(unfinished)
            with written(file_place(unfinished)) as connection:
                migrate.build(connection, store.sealer)
                _copy_snapshot(store.place, connection)
        return _told(file_place(unfinished))


@contextmanager
def _explained(place: Place, file: Path) -> Iterator[None]:
    """Turn databases' errors into ours: those of SQLite come from writing the file, as a rule."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = getattr(error, "orig", error)
        with explained(file_place(file) if isinstance(cause, sqlite3.Error) else place):
            raise


def copy_file(source: Path, target: Path) -> None:
    """Copy one SQLite database over an empty file, as it is at one instant, whoever uses it."""
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=60)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def copy_rows(source: sa.Connection, target: sa.Connection) -> None:
    """Copy all rows of a store's tables into the same tables, which are empty."""
    for table in metadata.sorted_tables:
        rows = source.execution_options(stream_results=True).execute(sa.select(table))
        for some in rows.partitions(_AT_ONCE):
            target.execute(table.insert(), [dict(row._mapping) for row in some])


def _copy_snapshot(place: Place, target: sa.Connection) -> None:
    with opened(place) as engine, engine.connect() as plain:
        # All tables as they were when the first was looked at.
        source = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with source.begin():
            copy_rows(source, target)


def _told(place: Place) -> Backup:
    with opened(place) as engine, engine.connect() as connection:
        tokens = connection.execute(sa.select(sa.func.count()).select_from(token)).scalar_one()
        head = connection.execute(sa.select(audit_head)).one()
    return Backup(tokens, head.seq, head.link.hex())
