"""How a fleet's clocks stand: what a guesser gets of it, and whose token is about to need two codes."""

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from .core import Status
from .drift import Drift
from .fleet import Window, now
from .policy import Policy
from .records import Token
from .schema import token as table
from .store import Store
from .windows import widest_at

_PAGE = 1000
_IN_USE = (Status.NEW, Status.ACTIVE)
_DAY = 86_400
_SOON = 14 * _DAY  # s; so long before it leaves its window a token is named
_NAMED = 1000  # tokens, and users, at most
_MOST_USERS = 10
_WITH_SEVERAL = (
    sa.select(table.c.user).where(table.c.user != "").group_by(table.c.user).having(sa.func.count() > 1)
)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A token about to fall out of its window, or out of it already, and why; `when` is in UTC seconds."""

    id: str
    user: str
    why: str
    when: int


@dataclass(frozen=True, slots=True)
class Several:
    """A user of several tokens: a guess is right with the sum of their chances."""

    user: str
    tokens: int
    odds: float


@dataclass(slots=True)
class Survey:
    """What was found at UTC second `utc` of the tokens in use (new or active).

    clocks, unseen  TOTP tokens whose clock is known, and those of which no code was seen yet
    counters        HOTP tokens, of each of which `counter_codes` codes are right
    offsets         how far ahead of UTC each known clock is believed to be, in seconds
    codes           how many TOTP tokens have so many codes right at a time, rounded
    mean_codes      codes right at a time, and mean_odds, most_odds a guess's chance, of the TOTP tokens
    several         users of several tokens, the easiest to guess first
    leaving         tokens about to fall out of their window, the soonest first; left_out counts the rest
    """

    utc: int
    clocks: int = 0
    unseen: int = 0
    counters: int = 0
    counter_codes: int = 0
    offsets: "array[float]" = field(default_factory=lambda: array("d"))
    codes: Counter[int] = field(default_factory=Counter)
    mean_codes: float = 0.0
    mean_odds: float = 0.0
    most_odds: float = 0.0
    several: list[Several] = field(default_factory=list)
    leaving: list[Leaving] = field(default_factory=list)
    left_out: int = 0


def survey(store: Store, policy: Policy, utc: int) -> Survey:
    """Look at every token; what is kept meanwhile is a number for each."""
    found = Survey(utc, counter_codes=policy.look_ahead + 1)
    shared = {name: [0, 0.0] for (name,) in store.read(_WITH_SEVERAL)}
    leaving: list[tuple[int, str, str, str]] = []
    codes_sum = odds_sum = 0.0
    for each in _in_use(store):
        window = now(each, policy, utc)
        if each.user in shared:
            shared[each.user][0] += 1
            shared[each.user][1] += window.odds
        if each.kind == "hotp":
            found.counters += 1
            continue
        codes_sum += window.codes
        odds_sum += window.odds
        _count(found, each, window)
        if each.state.drift is not None and (soon := _leaves(each, each.state.drift, policy, utc)):
            # A heap whose least is the one that leaves last.
            heapq.heappush(leaving, (-soon[0], each.id, each.user, soon[1]))
            if len(leaving) > _NAMED:
                heapq.heappop(leaving)
                found.left_out += 1
    if number := found.clocks + found.unseen:
        found.mean_codes, found.mean_odds = codes_sum / number, odds_sum / number
    found.leaving = [
        Leaving(name, user, why, -when) for when, name, user, why in sorted(leaving, reverse=True)
    ]
    users = [Several(user, int(count), odds) for user, (count, odds) in shared.items() if count > 1]
    found.several = heapq.nlargest(_MOST_USERS, users, key=lambda user: user.odds)
    return found


def _in_use(store: Store) -> Iterator[Token]:
    after = ""
    while page := store.page(None, after, _PAGE):
        yield from (each for each in page if each.state.status in _IN_USE)
        after = page[-1].id


def _count(found: Survey, token: Token, window: Window) -> None:
    found.codes[round(window.codes)] += 1
    found.most_odds = max(found.most_odds, window.odds)
    if token.state.drift is None:
        found.unseen += 1
    else:
        found.clocks += 1
        found.offsets.append(token.state.drift.standing(found.utc)[0])


def _leaves(token: Token, drift: Drift, policy: Policy, utc: int) -> tuple[int, str] | None:
    """Return when the token leaves its window, and why, if that is soon or was."""
    reasons = []
    silent = widest_at(drift, token.period, policy)
    if silent <= utc + _SOON:
        reasons.append((silent, "silent for long: its next code may need the one after it to confirm it"))
    room = policy.max_offset - (drift.offset if drift.rate > 0 else -drift.offset)
    if drift.rate and room <= abs(drift.rate) * (utc + _SOON - drift.at):
        when = drift.at + max(0, int(room / abs(drift.rate)))
        reasons.append((when, "its clock runs out of the offset that is followed: set it or replace it"))
    if abs(drift.rate) * 1e6 >= policy.max_rate:
        reasons.append((drift.at, "its clock runs faster or slower than is followed: replace it"))
    return min(reasons, default=None)
