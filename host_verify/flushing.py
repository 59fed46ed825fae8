"""Having SQLite's transactions on the disk, after their end instead of within it.

With synchronous=FULL the write lock is held while the disk answers, so that all processes together come to
one transaction for each answer. With NORMAL the end of a transaction only writes to the log (the WAL), and
who wants to know it on the disk flushes that file: `Disk` does it, once for all that ended before. It is as
safe. After a crash the log is read up to its last whole transaction, so a flush covers its own and all
before it, whoever wrote them. Another process may read what is not flushed yet, and build on it: its own
flush, of the same file, comes before it tells anything, and covers that too. A log is begun anew only after
SQLite has flushed it and the database that it was copied into. And where the file itself is another one,
because all others had closed and SQLite had removed it, the flush is of the file that is there now.
"""

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from .errors import VerifierError

_flushed = getattr(os, "fdatasync", os.fsync)


class Disk:
    """The log of an SQLite file, for any number of threads.

    `ended` counts the transactions that have ended; only who has the turn to write counts it up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = Path(f"{os.path.realpath(path)}-wal")
        self._file: int | None = None
        self._turn = threading.Lock()
        self._on_disk = 0
        self._unsure = False
        self.ended = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._forget()

    def flush(self, ended: int) -> None:
        """Return when the first `ended` transactions are on the disk. Raises VerifierError if that failed."""
        with self._turn:
            if self._on_disk >= ended:
                return
            upto = self.ended
            try:
                if self._unsure:
                    self._copy_all()
                _flushed(self._opened())
            except (OSError, sqlite3.Error) as error:
                self._unsure = True
                why = getattr(error, "strerror", None) or str(error)
                raise VerifierError(
                    f"the store {self._path} could not be flushed to its disk ({why}): look after the disk; "
                    "nothing was accepted, but the code may be used up"
                ) from None
            self._unsure = False
            self._on_disk = upto

    def _opened(self) -> int:
        """Return the open log: a new one if SQLite removed the old, which it does when all have closed."""
        there = os.stat(self._log)
        if self._file is not None and not os.path.samestat(os.fstat(self._file), there):
            self._forget()
        if self._file is None:
            self._file = os.open(self._log, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
            _flush_name(self._log)
        return self._file

    def _forget(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _copy_all(self) -> None:
        """Have the database itself hold what the log does.

        After a flush that failed, the system takes the log for written though it may not be.
        """
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("others are reading it")


def _flush_name(path: Path) -> None:
    """Have the folder's entry of a file on the disk, where the system knows how."""
    if os.name != "posix":
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
