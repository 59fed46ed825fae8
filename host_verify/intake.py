"""Many tokens in at once: all of them in one transaction, or none, and for each what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from tokencore.account import Account
from tokencore.errors import BadValue

from . import people
from .audit import LIBRARY, Actor, Entry
from .core import State, Status, first_state
from .errors import VerifierError
from .records import Token
from .schema import token as table
from .service import label, user_name
from .store import Store

NOBODY = ""  # the user of a token that is in the drawer
_AT_ONCE = 500  # values in one statement
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Seed:
    """A token to come: what a file says of it at `place`, such as "line 3".

    sealed: a token drew it itself, and a code of it is asked for; state is what that has shown, else None.
    """

    place: str
    account: Account
    user: str = NOBODY
    serial: str | None = None
    sealed: bool = False
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why what stands at `place` cannot be taken."""

    place: str
    why: str


@dataclass(slots=True)
class Report:
    """What became of each: the tokens added (or that would be), those known already, and the problems.

    Where there is a problem, nothing was added.
    """

    added: list[tuple[str, Token]] = field(default_factory=list)
    known: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def take(
    store: Store,
    seeds: Sequence[Seed],
    utc: int,
    source: str,
    by: Actor = LIBRARY,
    *,
    problems: Sequence[Problem] = (),
    skip_known: bool = False,
    dry_run: bool = False,
) -> Report:
    """Add a token for each seed, all or none; with `dry_run` none, but the report is the same.

    `problems` are those that reading the file has met: with one, nothing is added. `skip_known` passes over
    seeds whose secret is in the store already, which otherwise is a problem. `source` says, for the
    audit, where the seeds come from.
    """
    for _ in range(_TRIES):
        report = Report(problems=list(problems))
        tokens = _weighed(store, seeds, utc, report, skip_known)
        if report.problems or dry_run or not tokens:
            return report
        entries = [Entry(utc, by, "import", f"{len(tokens)} tokens from {source}")]
        for each in tokens:
            status = each.state.status
            entries.append(Entry(utc, by, "import token", str(status), each.user or None, each.id))
        rows = [store.row(each) for each in tokens]

        def put(connection: sa.Connection, rows: list[dict[str, object]] = rows) -> bool:
            people.ensure(connection, store.sealer, (str(row["user"]) for row in rows), utc)
            connection.execute(table.insert(), rows)
            return True

        if store.write(put, entries):
            return report
        # Some were added meanwhile, which the next look shows.
    raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")


def _weighed(store: Store, seeds: Sequence[Seed], utc: int, report: Report, skip_known: bool) -> list[Token]:
    """Return the tokens of the seeds that can be added, and fill the report."""
    prints = [store.sealer.fingerprint(seed.account.secret) for seed in seeds]
    secrets = _there(store, "fingerprint", prints)
    serials = _there(store, "serial", [seed.serial for seed in seeds if seed.serial is not None])
    good: list[tuple[Seed, str, str | None]] = []
    for seed, mark in zip(seeds, prints, strict=True):
        if skip_known and mark in secrets:
            report.known.append(Problem(seed.place, f"{secrets[mark]} has this secret"))
            continue
        try:
            user = user_name(seed.user) if seed.user != NOBODY else NOBODY
            serial = None if seed.serial is None else label("serial", seed.serial, 64)
        except BadValue as error:
            report.problems.append(Problem(seed.place, str(error)))
            continue
        if mark in secrets or serial in serials:
            what = "secret" if mark in secrets else "serial number"
            whose = secrets[mark] if mark in secrets else serials[serial]
            report.problems.append(Problem(seed.place, f"{whose} has this {what}"))
            continue
        secrets[mark] = seed.place
        if serial is not None:
            serials[serial] = seed.place
        good.append((seed, user, serial))
    tokens = _sealed(store, good, utc)
    report.added = [(seed.place, token) for (seed, _, _), token in zip(good, tokens, strict=True)]
    return tokens


def _sealed(store: Store, good: list[tuple[Seed, str, str | None]], utc: int) -> list[Token]:
    """Return the tokens, each of an id that no other has: some of 100,000 would, among a million."""
    made: dict[str, Token] = {}
    left = list(enumerate(good))
    places: dict[int, str] = {}
    while left:
        for index, (seed, user, serial) in left:
            state = seed.state or first_state(seed.account, Status.NEW)
            while (token := store.sealed(user, serial, seed.account, utc, state)).id in made:
                pass
            made[token.id] = token
            places[index] = token.id
        taken = _there(store, "id", [places[index] for index, _ in left])
        left = [(index, one) for index, one in left if places[index] in taken]
    return [made[places[index]] for index in range(len(good))]


def _there(store: Store, column: str, values: Sequence[object]) -> dict[object, str]:
    """Return which of `values` the store has in a column, and of what token each is."""
    found: dict[object, str] = {}
    query = sa.select(table.c[column], table.c.id, table.c.user)
    for some in _pieces(values):
        for row in store.read(query.where(table.c[column].in_(some))):
            value, token_id, user = tuple(row)
            found[value] = f"token {token_id} of {user or 'nobody'}"
    return found


def _pieces(values: Sequence[object]) -> Iterator[Sequence[object]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
