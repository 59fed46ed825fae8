"""What the pages count, asked of the database in few statements."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ...core import Status
from ...policy import Policy
from ...schema import audit, token
from ...store import Store
from . import texts
from .axes import DAY, HOUR, MINUTE
from .plots import Count
from .search import locked

# What a span is called in an address and on the page, its seconds, and those of each bar.
SPANS = {
    "day": ("24 hours", DAY, 30 * MINUTE),
    "week": ("7 days", 7 * DAY, 2 * HOUR),
    "month": ("30 days", 30 * DAY, 8 * HOUR),
    "year": ("1 year", 365 * DAY, 5 * DAY),
}
_ACCEPTED = "accepted"
_LOGINS = (audit.c.action == "verify", audit.c.at >= sa.bindparam("since"))
_CAUSES = (
    sa.select(audit.c.reason, sa.func.count())
    .where(*_LOGINS, audit.c.reason != _ACCEPTED)
    .group_by(audit.c.reason)
    .order_by(sa.func.count().desc(), audit.c.reason)
)
# Of users who have a token: what else was given as a name may be a code typed amiss.
_USERS = (
    sa.select(audit.c.user, sa.func.count(), sa.func.max(audit.c.at))
    .where(*_LOGINS, audit.c.reason != _ACCEPTED, audit.c.token.is_not(None))
    .group_by(audit.c.user)
    .order_by(sa.func.count().desc(), audit.c.user)
    .limit(10)
)


@dataclass(frozen=True, slots=True)
class Logins:
    """Counts of accepted and refused codes in a span of `seconds`, each `bar` seconds, oldest first."""

    seconds: int
    bar: int
    accepted: list[Count]
    refused: list[Count]

    def sums(self) -> tuple[int, int]:
        """Return how many were accepted and how many refused in all."""
        return sum(each.value for each in self.accepted), sum(each.value for each in self.refused)


def states(store: Store, policy: Policy, utc: int) -> tuple[dict[Status, int], int]:
    """Return how many tokens are in each state, and how many are locked by wrong codes at `utc`."""
    is_locked = sa.func.sum(sa.case((locked(policy, utc), 1), else_=0))
    query = sa.select(token.c.status, sa.func.count(), is_locked).group_by(token.c.status)
    found = dict.fromkeys(Status, 0)
    closed = 0
    for status, count, some in map(tuple, store.read(query)):
        found[Status(status)] = count
        closed += some
    return found, closed


def logins(store: Store, seconds: int, bar: int, utc: int) -> Logins:
    """Return the logins of the `seconds` before `utc`, in bars that begin at whole multiples of `bar`."""
    last = utc // bar * bar
    begins = range(last - seconds + bar, last + bar, bar)
    # Written into the statement, for PostgreSQL does not see that two parameters are the same.
    place = (audit.c.at // sa.literal_column(str(bar), sa.Integer)).label("place")
    right = (audit.c.reason == _ACCEPTED).label("right")
    query = sa.select(place, right, sa.func.count()).where(*_LOGINS).group_by(place, right)
    found = {
        (at * bar, bool(good)): count for at, good, count in map(tuple, store.read(query, since=begins[0]))
    }

    def counts(good: bool) -> list[Count]:
        return [Count(at, found.get((at, good), 0), texts.minute(at)) for at in begins]

    return Logins(seconds, bar, counts(True), counts(False))


def causes(store: Store, since: int) -> Sequence[tuple[str, int]]:
    """Return why codes were refused since then, with how many, most first."""
    return [(reason, count) for reason, count in map(tuple, store.read(_CAUSES, since=since))]


def most_refused(store: Store, since: int) -> Sequence[tuple[str, int, int]]:
    """Return the ten users refused most since then: name, how often, when last."""
    return [(user, count, last) for user, count, last in map(tuple, store.read(_USERS, since=since))]
