"""Which time steps an attempt is compared with: as few as what is known of the token's clock allows.

A code is read some seconds before it comes, from a clock that is known to within a margin. So the steps
that the token may have shown are those of its own time from one step ago (`Policy.window`) to now, with
the margin on either side: four standard deviations of what its record leaves open, and never below
what people's ways of reading differ by. With silence the margin grows, up to `Policy.silence_window`.

The server's own clock counts only as long as nothing is known of the token's. A clock that was set right,
or ran away while nobody looked, is found again by two codes in a row: the first one lies in the wider
reach, is refused and noticed, and the second confirms it (RFC 4226 section 7.4's resynchronisation, as
far as one may do it without being asked).
"""

from typing import NamedTuple

from .drift import Drift
from .matching import CodeKey
from .policy import Policy

_SURE = 4.0  # standard deviations
_LEAST = 10.0  # s, the margin where the clock is known best; a third of a shorter time step
_CONFIRMED_WITHIN = 600  # s from a noticed code to the one that confirms it


class Noticed(NamedTuple):
    """A code that was refused but lies in the wider reach: when it came, and its time step."""

    at: int
    step: int


def margin(drift: Drift, utc: int, period: int, policy: Policy) -> tuple[float, float]:
    """Return the offset, in s, that a clock is expected to have at `utc`, and how far off that may be."""
    offset, spread = drift.standing(utc)
    most = float(policy.max_offset)
    least = min(_LEAST, period / 3)
    widest = least + policy.silence_window * period
    return min(max(offset, -most), most), min(max(_SURE * spread, least), widest)


def widest_at(drift: Drift, period: int, policy: Policy) -> int:
    """Return the UTC second from which silence leaves more open than the window may widen to.

    From then on a right code may be refused, and the one after it is needed.
    """
    least = min(_LEAST, period / 3)
    widest = (least + policy.silence_window * period) / _SURE
    begin = end = drift.at
    step = 86_400
    while drift.spread(end) < widest:
        begin, end, step = end, end + step, 2 * step
    while end - begin > 60:
        middle = (begin + end) // 2
        begin, end = (middle, end) if drift.spread(middle) < widest else (begin, middle)
    return end


def accepted_offsets(drift: Drift | None, utc: int, period: int, policy: Policy) -> tuple[float, float]:
    """Return the least and greatest offset, in s, of a clock whose code may be right at `utc`.

    A code that was read one step before it came counts as one of a clock that much behind.
    """
    late = float(policy.window * period)
    if drift is None:
        return -late, late
    offset, off = margin(drift, utc, period, policy)
    return offset - late - off, offset + off


def accepted_steps(key: CodeKey, drift: Drift | None, utc: int, policy: Policy) -> range:
    """Return the time steps whose codes are right at `utc` (they may be used up)."""
    period = key.period
    low, high = accepted_offsets(drift, utc, period, policy)
    return _between(key, utc + low, utc + high)


def noticed_steps(key: CodeKey, drift: Drift | None, utc: int, policy: Policy) -> set[int]:
    """Return the time steps whose codes are refused at `utc`, but noticed."""
    period = key.period
    reach = policy.notice_window * period
    if not reach:
        return set()
    expected = utc if drift is None else utc + margin(drift, utc, period, policy)[0]
    about = policy.window * period  # the server's own clock, which the token may have been set by
    steps = {*_between(key, expected - reach, expected + reach), *_between(key, utc - about, utc + about)}
    return steps.difference(accepted_steps(key, drift, utc, policy))


def sought_steps(key: CodeKey, drift: Drift | None, utc: int, policy: Policy) -> list[int]:
    """Return the time steps that two consecutive codes are sought in (RFC 6238 section 6)."""
    period = key.period
    reach = policy.resync_window * period
    steps = {*_between(key, utc - reach, utc + reach)}
    if drift is not None:
        expected = utc + margin(drift, utc, period, policy)[0]
        steps.update(_between(key, expected - reach, expected + reach))
    return sorted(steps)


def confirmed(noticed: Noticed | None, step: int, utc: int, period: int, policy: Policy) -> bool:
    """Tell whether a later code shows the clock that a noticed one has shown."""
    if noticed is None or step <= noticed.step or not 0 <= utc - noticed.at <= _CONFIRMED_WITHIN:
        return False
    apart = (step - noticed.step) * period - (utc - noticed.at)
    return abs(apart) <= (1 + policy.window) * period


def _between(key: CodeKey, first: float, last: float) -> range:
    period, t0 = key.period, key.t0
    return range(max(0, int((first - t0) // period)), max(0, int((last - t0) // period) + 1))
