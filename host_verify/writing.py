"""How the threads of a process write: what waits at one time goes into one transaction.

To make a transaction durable costs a disk's or a server's answer, whatever is in it. So one thread does what
all that wait have to have done, ends the transaction once, and then each is told what became of its own.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from . import audit
from .attempts import Attempt, Unproved, Verdict
from .audit import Entry
from .database import Place, explained, is_conflict, writer
from .errors import VerifierError
from .flushing import Disk
from .judging import Together
from .sealing import Sealer

Work = Callable[[sa.Connection], bool]
_MOST = 256  # attempts in one transaction: others wait for it to end
_TRIES = 100


@dataclass(slots=True, eq=False)
class _Waiting:
    """What became of what a thread wants done: an error, or it is kept, or not."""

    done: bool = False
    kept: bool = False
    error: BaseException | None = None


@dataclass(slots=True, eq=False)
class _Written(_Waiting):
    work: Work = field(kw_only=True)
    entries: Sequence[Entry] = ()
    order: str = ""


@dataclass(slots=True, eq=False)
class _Judged(_Waiting):
    attempt: Attempt = field(kw_only=True)
    verdict: Verdict | None = None

    def told(self, place: Place) -> Verdict | BaseException:
        """Return what is to be told."""
        if self.error is not None:
            try:
                with explained(place):
                    raise self.error
            except BaseException as error:
                return error
        assert self.verdict is not None
        return self.verdict


class Writer:
    """Writes into one database for any number of threads. `engine` is as `database.connect` returns it.

    any_pin tells whether any user had a PIN when attempts were last judged.
    """

    def __init__(self, place: Place, engine: sa.Engine, sealer: Sealer) -> None:
        self._place = place
        self._sealer = sealer
        self._engine = writer(place, engine, flushed=False)
        self._disk = Disk(place.path) if place.path is not None else None
        self._works: list[_Written] = []
        self._attempts: list[_Judged] = []
        self._list = threading.Lock()
        self._turn = threading.Lock()
        self.any_pin = False

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()
        if self._disk:
            self._disk.close()

    def write(self, work: Work, entries: Sequence[Entry], order: str = "") -> bool:
        """Run `work` in a transaction; return whether it was kept, which is so if `work` returned True.

        What failed only for another transaction's sake, or by a connection that had gone before anything
        could be kept, is not kept either: the caller looks again. What is kept goes into the audit as
        `entries`, in the same transaction. Work that locks rows says by `order` which
        it locks first, so that two processes lock in the same order.
        """
        mine = _Written(work=work, entries=entries, order=order)
        with self._list:
            self._works.append(mine)
        self._lead(mine)
        if mine.error is not None:
            with explained(self._place):
                raise mine.error
        return mine.kept

    def judge(self, attempts: Sequence[Attempt]) -> list[Verdict | BaseException]:
        """Judge attempts, in their order, and return what is to be told of each, which is stored by then.

        An attempt that could not be judged, or its verdict not stored, is told by the error; one that waits
        for its PIN by Unproved.
        """
        mine = [_Judged(attempt=attempt) for attempt in attempts]
        with self._list:
            self._attempts.extend(mine)
        self._lead(mine[-1])
        return [each.told(self._place) for each in mine]

    def _lead(self, mine: _Waiting) -> None:
        """Have all that waits done, unless another thread has done `mine` with its own, and on the disk."""
        with self._turn:
            while not mine.done:
                with self._list:
                    works, self._works = self._works, []
                    attempts, self._attempts = self._attempts[:_MOST], self._attempts[_MOST:]
                if works:
                    self._write(sorted(works, key=lambda waiting: waiting.order))
                if attempts:
                    self._judge(attempts)
            ended = self._disk.ended if self._disk else 0
        if self._disk:
            self._disk.flush(ended)

    def _transaction(self, do: Callable[[sa.Connection], Sequence[Entry]]) -> BaseException | None:
        """Run `do` in a transaction, and put the entries it returns into the audit.

        Return None, or the error by which nothing was kept: _Lost if the cause was only another transaction,
        or a connection that had gone before anything could be kept.
        """
        whole = False
        try:
            with self._engine.connect() as connection, connection.begin():
                entries = do(connection)
                if entries:
                    audit.append(connection, self._sealer, entries)
                whole = True
        except DBAPIError as error:
            lost = is_conflict(error) or (error.connection_invalidated and not whole)
            return _Lost() if lost else error
        except BaseException as error:
            return error
        if self._disk:
            self._disk.ended += 1
        return None

    def _write(self, together: list[_Written]) -> None:
        def do(connection: sa.Connection) -> list[Entry]:
            for each in together:
                each.kept = _tried(connection, each.work)
            return [entry for each in together if each.kept for entry in each.entries]

        error = self._transaction(do)
        for each in together:
            if error:
                each.kept = False
                each.error = None if isinstance(error, _Lost) else error
            each.done = True

    def _judge(self, attempts: list[_Judged]) -> None:
        def do(connection: sa.Connection) -> list[Entry]:
            together = Together(connection, self._place, self._sealer)
            together.read([each.attempt for each in attempts])
            entries = []
            for each in attempts:
                try:
                    decision = together.decide(each.attempt)
                except (VerifierError, Unproved) as error:  # of this user's rows
                    each.error = error
                else:
                    each.verdict, each.error = decision.verdict, None
                    entries.append(decision.entry)
            together.write()
            self.any_pin = together.any_pin
            return entries

        for _ in range(_TRIES):
            error = self._transaction(do)
            if not isinstance(error, _Lost):
                break
        else:
            error = VerifierError(f"the store {self._place} changes too fast to be followed: try again")
        if error and len(attempts) > 1 and not _is_the_databases(error):
            # It may be one attempt's: that takes no other with it.
            for each in attempts:
                self._judge([each])
            return
        for each in attempts:
            each.error = error or each.error
            each.done = True


class _Lost(Exception):
    """A transaction was not kept, and the same again may well be."""


def _is_the_databases(error: BaseException) -> bool:
    """Tell whether an error is the database's own, and would meet any other transaction too."""
    cause = getattr(error, "orig", None)
    return bool(getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None))


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
