"""A backup made a store again, in which no code counts that may have been used since the backup was made.

The backup does not know what was accepted after it. So all time steps are used up that lie within any token's
reach at the time of the restoration. Of a counter's codes nobody can say how many were used, so these tokens
are suspended until two codes of theirs have shown where they stand; replacement codes and sessions at the
administrators' pages are ended.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import sqlalchemy as sa

from . import audit, migrate, windows
from .audit import LIBRARY, Actor, Entry
from .backup import copy_rows
from .core import State, Status
from .database import Place, explained, file_place, opened, written
from .errors import NotDone, VerifierError
from .keys import Master
from .placing import must_be_free, placed
from .policy import Policy
from .records import Token
from .schema import operator_session, replacement
from .store import Store

_AT_ONCE = 1000
_IN_USE = (Status.NEW, Status.ACTIVE)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what of it was used up or ended.

    made     when the backup's last entry was written (UTC seconds); entries are its entries
    tokens   all of them
    steps    time tokens whose steps are used up; within `wait` seconds each shows a new code
    counters ids of the counter tokens that are suspended or lost, or with `keep_counters` could be replayed
    ended    replacement codes that are void
    """

    made: int
    entries: int
    tokens: int
    steps: int
    wait: int
    counters: list[str]
    ended: int


def restore(
    file: Path,
    place: Place,
    master: Master,
    utc: int,
    policy: Policy,
    by: Actor = LIBRARY,
    *,
    keep_counters: bool = False,
) -> Restored:
    """Make the backup in `file` the store at `place`, whole or not at all; the file stays as it is.

    With `keep_counters`, counter tokens are not suspended. Raises NotDone if there is a store at `place`, and
    VerifierError for a backup that is damaged, of another key, or from the future of `utc`.
    """
    if not file.is_file():
        raise VerifierError(f"there is no backup {file}: name the file that host-verify backup has written")
    if place.path is not None:
        must_be_free(place.path)
        with placed(place.path) as unfinished:
            return _prepared(file, unfinished, master, utc, policy, by, keep_counters)
    with tempfile.TemporaryDirectory(prefix="host-verify-") as folder, explained(place):
        copy = Path(folder) / "copy.db"
        with written(place) as target:
            if sa.inspect(target).has_table("store"):
                raise NotDone(f"{place} holds a store already: nothing was changed")
            done = _prepared(file, copy, master, utc, policy, by, keep_counters)
            with opened(file_place(copy)) as engine, engine.connect() as source:
                with Store(file_place(copy), master) as store:
                    migrate.build(target, store.sealer)
                copy_rows(source, target)
    return done


def _prepared(
    file: Path, copy: Path, master: Master, utc: int, policy: Policy, by: Actor, keep_counters: bool
) -> Restored:
    """Copy the backup and close in the copy what may have been used since."""
    for end in ("", "-wal"):  # a backup is one file; a store that was copied as it lay may be two
        if (source := file.with_name(file.name + end)).exists():
            target = copy.with_name(copy.name + end)
            target.touch(0o600)
            shutil.copyfile(source, target)
    place = file_place(copy)
    with _named(copy, file):
        migrate.upgrade(place, master, utc, by)
        with Store(place, master) as store:
            found = audit.examine(store)
            if found.faults:
                raise VerifierError(
                    f"the audit in {file} is not as it was written: use another backup, and look into the "
                    f"cause with host-verify --store sqlite:///{file} audit verify; nothing was restored"
                )
            latest = [each.entry for each in audit.latest(store, 10)]
            made = max((entry.at for entry in latest if entry.action != "migrate"), default=utc)
            if made > utc:
                raise VerifierError(
                    "the backup is from the future of this machine's clock: set the clock, for it tells "
                    "which codes may have been used; nothing was restored"
                )
            return _closed(store, made, found.entries, utc, policy, by, keep_counters)


def _closed(
    store: Store, made: int, entries: int, utc: int, policy: Policy, by: Actor, keep_counters: bool
) -> Restored:
    tokens, steps, wait, counters = 0, 0, 0, []
    after = ""
    while page := store.page(None, after, _AT_ONCE):
        after = page[-1].id
        tokens += len(page)
        changes: list[tuple[Token, State]] = []
        for token in page:
            state = token.state
            if token.kind == "hotp":
                # One that was out of use then may have been used, too, before it was restored.
                if state.status is not Status.REVOKED:
                    counters.append(token.id)
                if state.status in _IN_USE and not keep_counters:
                    changes.append((token, state._replace(status=Status.SUSPENDED)))
            elif state.status is not Status.REVOKED and (free := _free(token, utc, policy)) > state.next_step:
                steps += 1
                wait = max(wait, _seconds_until(token, free, utc, policy))
                changes.append((token, state._replace(next_step=free, noticed=None)))
        if changes and not store.change(changes):
            raise VerifierError("the copy of the backup was changed by another program: try again")
    ended = store.read(sa.select(sa.func.count()).select_from(replacement))[0][0]

    def end(connection: sa.Connection) -> bool:
        connection.execute(sa.delete(replacement))
        connection.execute(sa.delete(operator_session))
        return True

    store.write(end, (Entry(utc, by, "restore", f"as of entry {entries}"),))
    return Restored(made, entries, tokens, steps, wait, counters, ended)


def _free(token: Token, utc: int, policy: Policy) -> int:
    """Return the first time step that cannot have been used by `utc`, by what is known of the clock.

    A step is out of reach if it is neither accepted nor noticed, so that no two used codes can confirm
    each other.
    """
    high = windows.accepted_offsets(token.state.drift, utc, token.period, policy)[1]
    reach = max(high, _expected(token, utc, policy) + policy.notice_window * token.period)
    return max(0, int((utc + reach - token.t0) // token.period)) + 1


def _expected(token: Token, utc: int, policy: Policy) -> float:
    drift = token.state.drift
    return 0.0 if drift is None else windows.margin(drift, utc, token.period, policy)[0]


def _seconds_until(token: Token, step: int, utc: int, policy: Policy) -> int:
    """Return how long it takes until the token shows the code of `step`, at the latest that is expected."""
    low = windows.accepted_offsets(token.state.drift, utc, token.period, policy)[0]
    slowest = low + policy.window * token.period
    return max(0, ceil(step * token.period + token.t0 - utc - slowest))


@contextmanager
def _named(copy: Path, file: Path) -> Iterator[None]:
    """Have errors name the backup, not the copy that it is looked at in."""
    try:
        yield
    except VerifierError as error:
        raise type(error)(str(error).replace(str(copy), str(file))) from None
