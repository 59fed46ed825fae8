"""Which token gave this code? A search through all tokens, for a helpdesk that has one in its hand.

Each token's code is compared at the steps where it could be right now, so among many tokens an arbitrary code
fits one by chance: `Search.chance` says how likely. A second code, the token's next one, makes it certain.
Nothing is used up, counted or accepted by a search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, NamedTuple

import sqlalchemy as sa
from tokencore.errors import BadValue

from . import flat
from .audit import LIBRARY, Actor, Entry
from .core import counters
from .matching import CodeKey, normalise
from .policy import Policy
from .records import Token, clock_of
from .schema import token as table
from .store import Store
from .windows import accepted_steps

_DIGITS = (6, 7, 8)
_PAGE = 5_000  # tokens read at once
_MOST = 100  # tokens named in an answer
_COLUMNS = (
    "id", "user", "serial", "created", "kind", "algorithm", "digits", "period", "t0", "issuer", "name",
    "sealed", "next_step", "drift",
)  # fmt: skip
_PAGES = (
    sa.select(*(table.c[name] for name in _COLUMNS))
    .where(
        table.c.id > sa.bindparam("after"),
        table.c.digits == sa.bindparam("wanted"),
        table.c.status != "revoked",
    )
    .order_by(table.c.id)
    .limit(_PAGE)
)


class Match(NamedTuple):
    """A token that shows the code, and the time step or counter that it belongs to."""

    token: Token
    step: int


@dataclass(frozen=True, slots=True)
class Search:
    """What was found among `tokens` tokens, at `codes` time steps and counters of theirs together.

    expected  how many wrong tokens an arbitrary code names, on average
    chance    the probability that it names one at least
    """

    matches: list[Match]
    tokens: int
    codes: int
    expected: float

    @property
    def chance(self) -> float:
        """Return the probability that a code of none of the tokens names one."""
        return 1 - exp(-self.expected)


def find(
    store: Store, first: str, second: str | None, utc: int, policy: Policy, by: Actor = LIBRARY
) -> Search:
    """Search the tokens that show `first`, and `second` right after it if given, at `utc`.

    Raises BadValue for what is no code.
    """
    codes = [_code(text) for text in (first, second) if text is not None]
    if len({len(code) for code in codes}) > 1:
        raise BadValue("code", "both codes are of one token and have the same number of digits")
    numbers = [int(code) for code in codes]
    found: list[tuple[str, int]] = []
    tokens = tried = 0
    unseal, quoted = store.sealer.unseal, flat.value
    unknown: dict[tuple[int, int], range] = {}  # the steps of tokens whose clocks are not known yet
    for row in _rows(store, len(codes[0])):
        (
            token_id, user, serial, created, kind, algorithm, digits, period, t0, issuer, name, sealed,
            next_step, drift,
        ) = row  # fmt: skip
        context = (
            f'["{token_id}",{quoted(user)},{quoted(serial)},{created},"{kind}","{algorithm}",{digits},{period},{t0},'
            f"{quoted(issuer)},{quoted(name)}]"
        )
        secret = unseal(sealed, context.encode())
        if secret is None:
            continue  # whoever uses it is told
        key = CodeKey.made(_Parameters(kind, algorithm, digits, period, t0), secret)
        try:
            if kind == "hotp":
                steps = counters(int(next_step), policy.look_ahead)
            elif drift is not None:
                steps = accepted_steps(key, clock_of(drift)[0], utc, policy)
            else:
                if (period, t0) not in unknown:
                    unknown[period, t0] = accepted_steps(key, None, utc, policy)
                steps = unknown[period, t0]
        except (ValueError, TypeError):
            continue  # altered: as above
        tokens += 1
        tried += len(steps)
        matching = key.showing(numbers[0], steps)
        if matching and len(codes) > 1:
            matching = [step for step in matching if key.showing(numbers[1], (step + 1,))]
        if matching:
            found.append((token_id, max(matching)))
    likelihood = 10.0 ** -sum(map(len, codes))
    matches = [Match(store.token(token_id), step) for token_id, step in found[:_MOST]]
    said = f"{len(found)} of {tokens}"
    named = matches[0].token if len(matches) == 1 else None
    entry = Entry(utc, by, "find token", said, None, named.id if named else None)
    store.write(lambda _: True, (entry,))
    return Search(matches, tokens, tried, tried * likelihood)


class _Parameters(NamedTuple):
    kind: str
    algorithm: str
    digits: int
    period: int
    t0: int


def _rows(store: Store, digits: int) -> Iterator[Sequence[Any]]:
    after = ""
    while rows := store.read(_PAGES, after=after, wanted=digits):
        yield from rows
        after = rows[-1][0]


def _code(text: str) -> str:
    for digits in _DIGITS:
        if code := normalise(text, digits):
            return code
    raise BadValue("code", "6 to 8 digits are a code; spaces between them do not matter")
