"""Setting a token's clock: four timestamps, the offset from half the round trip, set on a second's edge.

The token counts ticks (ms since its start) and reads a clock chip that knows whole seconds. So the
ticks are what is measured against this computer's UTC; then "second S begins at your tick T" is
sent ahead of time, and the line's delay does not matter any more.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from tokencore import errors, messages
from tokencore.account import MAX_TIME

from .client import Token
from .faults import BadInput, SyncFailed
from .model import Exchange, Info, Progress, Report

EXCHANGES = 8
MIN_AHEAD_NS = 300_000_000  # The least time from sending to the second's edge.
MAX_AHEAD_NS = (messages.SET_AHEAD_MS - 1000) * 1_000_000  # The edge is up to a second later still.
TOLERANCE_NS = 250_000_000  # A clock that is further off after being set did not take it.
EARLIEST_UTC = 946684800  # 2000-01-01: a computer whose clock is before that has none.
_ATTEMPTS = 3
_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000
_DAY_S = 86_400


@dataclass(frozen=True)
class Measurement:
    """The token's clock against this computer's.

    clock        "ok", "not set" or "failed"
    bound_ms     by how much the token says that its clock may be off, None where it does not tell
    offset_ns    token minus computer, None unless the clock is "ok"
    uncertainty_ns  what the line leaves open: half the round trip, and half a tick
    round_trip_ns   time on the line, both ways
    tick_zero_ns    this computer's UTC when the token's tick 0 was
    """

    clock: str
    offset_ns: int | None
    uncertainty_ns: int
    round_trip_ns: int
    tick_zero_ns: int
    bound_ms: int | None = None


@dataclass(frozen=True)
class Sync:
    """What a synchronisation did: `utc` (s) is the second that the clock was last set to.

    `info` is what the token knows about its clock after it.
    """

    before: Measurement
    after: Measurement
    utc: int
    info: Info

    def expected_ms(self, days: int) -> int | None:
        """Return by how much the token's clock may be off after `days`, None where it does not tell."""
        if self.info.bound is None or self.info.growth is None:
            return None
        return self.info.bound + days * _DAY_S * self.info.growth // 1_000_000


def evaluate(exchange: Exchange, written: int | None = None) -> Measurement:
    """Return what one exchange says (RFC 5905 section 8, on the token's ticks).

    `written` is the tick right after the answer had left, which the answer after it tells: `t3` was taken
    before the answer was sealed, and a token takes up to some 40 ms for that.
    """
    answered = exchange.t3
    if written is not None and exchange.t3 <= written <= exchange.t2 + _ticks(exchange):
        answered = written  # Else it is that of another answer, to a question that was asked in between.
    held_ns = (answered - exchange.t2) * _NS_PER_MS
    round_trip = max(0, exchange.t4 - exchange.t1 - held_ns)
    # A tick is cut to whole ms, so on average the true instant is half a tick later.
    ticks_ns = (exchange.t2 + answered) * _NS_PER_MS // 2 + _NS_PER_MS // 2
    tick_zero = (exchange.t1 + exchange.t4) // 2 - ticks_ns
    offset = None
    if exchange.utc_ms is not None:
        offset = exchange.utc_ms * _NS_PER_MS - (tick_zero + exchange.t3 * _NS_PER_MS)
    uncertainty = round_trip // 2 + _NS_PER_MS // 2
    return Measurement(exchange.clock, offset, uncertainty, round_trip, tick_zero, exchange.bound)


def _ticks(exchange: Exchange) -> int:
    """Return how many of the token's ticks begin, at the most, from the question to the answer."""
    return -(-(exchange.t4 - exchange.t1) // _NS_PER_MS) + 1


def measure(token: Token, utc_ns: Callable[[], int], report: Report | None = None) -> Measurement:
    """Return the best of several exchanges: the one with the least round trip."""
    exchanges: list[Exchange] = []
    for count in range(EXCHANGES):
        exchanges.append(token.exchange(utc_ns))
        if report:
            report(Progress("exchange", count + 1, EXCHANGES))
    written = [following.written for following in exchanges[1:]] + [None]
    found = map(evaluate, exchanges, written)
    return min(found, key=lambda measurement: measurement.round_trip_ns)


def plan(measurement: Measurement, now_ns: int, ahead_ns: int = MIN_AHEAD_NS) -> tuple[int, int, float]:
    """Return (utc, at, wait_s): the next second at least `ahead_ns` away, its tick, the time until then."""
    utc = math.ceil((now_ns + ahead_ns) / _NS_PER_S)
    at = round((utc * _NS_PER_S - measurement.tick_zero_ns) / _NS_PER_MS)
    return utc, at, (utc * _NS_PER_S - now_ns) / _NS_PER_S


def synchronise(
    token: Token, utc_ns: Callable[[], int], report: Report | None = None, quarters: int | None = None
) -> Sync:
    """Set the token's clock to this computer's (`utc_ns`: UTC in ns), and measure before and after.

    `quarters` is the temperature where the token is (degrees Celsius times 4), if somebody has read it.
    A jump has to be pressed at the token, which `report` tells of. Raises BadInput where this computer's own
    clock is absurd, ClockFailed where the token's chip refuses, NotConfirmed where nobody has pressed,
    NotOwner where this desk may only make small steps, SyncFailed where the token does not show what was set.
    """
    if not EARLIEST_UTC <= utc_ns() // _NS_PER_S < MAX_TIME:
        raise BadInput("this computer's own clock is wrong", "Set it first, then sync the token")
    before = measure(token, utc_ns, report)
    utc = _set(token, utc_ns, before, report, quarters)
    after = measure(token, utc_ns, report)
    if after.offset_ns is None or abs(after.offset_ns) > TOLERANCE_NS + after.uncertainty_ns:
        raise SyncFailed("the token's clock does not show the time that was set")
    info = token.info()
    # After a press it is a later second that was set; a sync-only key sets none where it is right already.
    return Sync(before, after, info.synced or utc, info)


def _set(
    token: Token,
    utc_ns: Callable[[], int],
    measured: Measurement,
    report: Report | None,
    quarters: int | None,
) -> int:
    ahead = max(MIN_AHEAD_NS, 4 * measured.round_trip_ns)
    # Rounded up, and a millisecond more for the tick that is named.
    uncertainty = min(messages.MAX_DOUBT_MS, measured.uncertainty_ns // _NS_PER_MS + 2)
    for attempt in range(1, _ATTEMPTS + 1):
        utc, at, wait_s = plan(measured, utc_ns(), min(ahead, MAX_AHEAD_NS))
        if report:
            report(Progress("second", 0, 1))
        try:
            token.set_time(utc, at, wait_s, uncertainty, quarters, report)
        except errors.BadValue:
            # The request was so late that its second had begun.
            if attempt == _ATTEMPTS:
                raise
            ahead *= 2
        else:
            break
    return utc
