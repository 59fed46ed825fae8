"""How a token's clock was followed over its life, and what its window gives a guesser now.

The audit keeps the time step of every accepted code, so what was believed after each of them can be
computed again, by the same filter, for a plot or a question; nothing else of it has to be kept.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from .drift import Drift, learn, shown
from .policy import Policy
from .records import Token
from .schema import audit
from .store import Store
from .windows import accepted_offsets

_STEPS = (
    sa.select(audit.c.at, audit.c.action, audit.c.step)
    .where(audit.c.token == sa.bindparam("wanted"), audit.c.step.is_not(None))
    .order_by(audit.c.seq.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_RESYNC = "resync"  # the audit's name for two codes given together


@dataclass(frozen=True, slots=True)
class Window:
    """What is accepted of a token at one instant.

    low and high are offsets of its clock in seconds (a code that is late counts as of a clock behind; both
    are 0 for HOTP), codes is how many are right, on average over the phase of a time step, and odds the
    chance that one guess is.
    """

    low: float
    high: float
    codes: float
    odds: float


@dataclass(frozen=True, slots=True)
class Moment:
    """An accepted code, at UTC second `at`, of time step `step`; all offsets are in seconds ahead of UTC.

    shown_low, shown_high    offsets of the clocks that show such a code
    offset, rate_ppm         what was believed after it
    window_low, window_high  the offsets that were accepted just before it came
    """

    at: int
    step: int
    shown_low: float
    shown_high: float
    offset: float
    rate_ppm: float
    window_low: float
    window_high: float


def now(token: Token, policy: Policy, utc: int) -> Window:
    """Return what is accepted of a token at `utc`, whether it is in use or not."""
    if token.kind == "hotp":
        count = policy.look_ahead + 1.0
        return Window(0.0, 0.0, count, odds(count, token.digits))
    low, high = accepted_offsets(token.state.drift, utc, token.period, policy)
    count = 1 + (high - low) / token.period
    return Window(low, high, count, odds(count, token.digits))


def odds(codes: float, digits: int) -> float:
    """Return the chance that a guess is one of so many codes.

    It is the best guess's, for truncation leaves 31 bits, of which some codes have one value more (RFC 4226
    section 5.3).
    """
    values = 1 << 31
    highest: int = -(-values // 10**digits)
    return min(1.0, codes * highest / values)


def history(store: Store, token: Token, policy: Policy, most: int = 2000) -> list[Moment]:
    """Return the latest accepted codes of a TOTP token, at most so many, the oldest first.

    Codes accepted by releases that did not yet write down the step are left out. Where there are more than
    `most`, what is believed at the first of them is what that one alone shows.
    """
    if token.kind == "hotp":
        return []
    period, moments = token.period, []
    drift: Drift | None = None
    for at, action, text in reversed(store.read(_STEPS, wanted=token.id, most=most)):
        step = int(text)
        low = step * period + token.t0 - at
        window = accepted_offsets(drift, at, period, policy)
        # What was accepted from without the window was confirmed by a second code.
        of_two = action == _RESYNC or not window[0] - period <= low <= window[1]
        drift = learn(drift, at, low, period, policy.max_offset, policy.max_rate, of_two)
        moments.append(Moment(at, step, *shown(low, period), drift.offset, drift.rate * 1e6, *window))
    return moments
