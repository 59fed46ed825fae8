"""How the threads of a process write: what waits at one time goes into one transaction.

To make a transaction durable costs a disk's or a server's answer, whatever is in it. So one thread writes
what all that wait have to write, ends the transaction once, and then each is told what became of its own.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from . import audit
from .audit import Entry
from .database import Place, explained, is_conflict, writer
from .sealing import Sealer

Work = Callable[[sa.Connection], bool]


@dataclass(slots=True, eq=False)
class _Waiting:
    """What a thread wants written, and what became of it: kept, or not, or an error."""

    work: Work
    order: str
    entries: Sequence[Entry]
    kept: bool = False
    done: bool = False
    error: BaseException | None = None


class Writer:
    """Writes into one database for any number of threads. `engine` is as `database.connect` returns it."""

    def __init__(self, place: Place, engine: sa.Engine, sealer: Sealer) -> None:
        self._place = place
        self._sealer = sealer
        self._engine = writer(place, engine)
        self._waiting: list[_Waiting] = []
        self._list = threading.Lock()
        self._turn = threading.Lock()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def write(self, work: Work, entries: Sequence[Entry], order: str = "") -> bool:
        """Run `work` in a transaction; return whether it was kept, which is so if `work` returned True.

        What failed only for another transaction's sake, or by a connection that had gone before anything
        could be kept, is not kept either: the caller looks again. What is kept goes into the audit as
        `entries`, in the same transaction. Work that locks rows says by `order` which
        it locks first, so that two processes lock in the same order.
        """
        mine = _Waiting(work, order, entries)
        with self._list:
            self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                with self._list:
                    together, self._waiting = self._waiting, []
                self._write(sorted(together, key=lambda waiting: waiting.order))
        if mine.error is not None:
            with explained(self._place):
                raise mine.error
        return mine.kept

    def _write(self, together: list[_Waiting]) -> None:
        whole = False
        try:
            with self._engine.connect() as connection, connection.begin():
                for each in together:
                    each.kept = _tried(connection, each.work)
                entries = [entry for each in together if each.kept for entry in each.entries]
                if entries:
                    audit.append(connection, self._sealer, entries)
                whole = True
        except BaseException as error:
            lost = isinstance(error, DBAPIError) and (
                is_conflict(error) or (error.connection_invalidated and not whole)
            )
            for each in together:
                each.kept = False
                each.error = None if lost else error
        finally:
            for each in together:
                each.done = True


def _tried(connection: sa.Connection, work: Work) -> bool:
    """Do one thread's work, wholly or not at all, whatever the others do."""
    part = connection.begin_nested()
    try:
        kept = work(connection)
    except IntegrityError:
        kept = False
    # Any other error ends the whole transaction, of which SQLite may have left nothing to go back to.
    if kept:
        part.commit()
    else:
        part.rollback()
    return kept
