"""The verifier's rules: a code, a token's state and a time in; an outcome and a new state out.

No function here does I/O, reads a clock or keeps anything. The caller stores the new state before it
tells the outcome, and only if the old state still stands (see `store`). Times are integer UTC seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from tokencore.account import Account
from tokencore.otp import MAX_COUNTER

from .drift import Drift, learn
from .matching import CodeKey, normalise
from .policy import Policy


class Status(StrEnum):
    """What an administrator has said of a token. NEW: it was imported, and no code of it was seen yet."""

    NEW = "new"  # as good as active, which its first accepted code makes it
    ACTIVE = "active"
    DISABLED = "disabled"
    REVOKED = "revoked"


class Reason(StrEnum):
    """Why an attempt ended as it did."""

    ACCEPTED = "accepted"
    WRONG_CODE = "wrong_code"
    REPLAYED = "replayed"  # right once, for a step or counter that is used up
    MALFORMED = "malformed"  # not digits of the token's length; can never be right, so never counted
    THROTTLED = "throttled"  # too soon after failures; the code was not looked at
    LOCKED = "locked"  # too many failures; the code was not looked at
    DISABLED = "disabled"
    REVOKED = "revoked"
    OUT_OF_DRIFT = "out_of_drift"  # two right codes of a clock further off than the policy follows
    UNKNOWN_USER = "unknown_user"  # nobody of that name has a token


class State(NamedTuple):
    """What the verifier remembers of one token. (A tuple, for every failure makes a new one.)

    next_step  lowest time step (TOTP) or counter (HOTP) that may still be accepted: 0 to 2**64
    failures   wrong attempts since the last accepted code; failed_at is when the last one came
    drift      what is known of a TOTP token's clock; None before the first accepted code
    """

    status: Status = Status.ACTIVE
    next_step: int = 0
    failures: int = 0
    failed_at: int = 0
    drift: Drift | None = None


def first_state(account: Account, status: Status = Status.ACTIVE) -> State:
    """Return the state of a token of which no code was seen yet."""
    return State(status, account.counter if account.kind == "hotp" else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    step         the time step or counter that the code belonged to, if accepted
    shift        TOTP: that step less the server's own; HOTP: codes passed over before it
    offset       TOTP, where codes were recognised: the token's clock less the server's, in seconds
    retry_after  THROTTLED: seconds until the next attempt is looked at
    """

    reason: Reason
    step: int | None = None
    shift: int | None = None
    offset: float | None = None
    retry_after: int | None = None


_ACTIVE = Status.ACTIVE
_SILENCE = 86_400  # s; a token used within a day is as well known as it will ever be
_WRONG = Outcome(Reason.WRONG_CODE)
_REPLAYED = Outcome(Reason.REPLAYED)
_MALFORMED = Outcome(Reason.MALFORMED)
_LOCKED = Outcome(Reason.LOCKED)
_OUT_OF_USE = {
    Status.DISABLED: Outcome(Reason.DISABLED),
    Status.REVOKED: Outcome(Reason.REVOKED),
}


def check(key: CodeKey, state: State, code: str, utc: int, policy: Policy) -> tuple[Outcome, State]:
    """Judge one `code` (text as the user gave it) that came at `utc`.

    A code is accepted once: of the steps that it matches, the latest is used up with all before it. A
    replay is told apart for the audit and not counted, for whoever knows a used code has guessed
    nothing, and a form sent twice must not lock its user out.
    """
    status, next_step, failures, _, drift = state
    if (failures or status is not _ACTIVE) and (refusal := _not_now(state, utc, policy)):
        return refusal, state
    digits = normalise(code, key.digits)
    if digits is None:
        return _MALFORMED, state
    if key.kind == "totp":
        candidates = _time_steps(key, drift, utc, policy.window, policy)
    else:
        candidates = _counters(state, policy.look_ahead)
    matched = key.matching(digits, candidates)
    if not matched:
        return _WRONG, State(status, next_step, failures + 1, utc, drift)
    step = max(matched)
    if step < next_step:
        return _REPLAYED, state
    return _accepted(key, state, step, utc, policy)


def resynchronise(
    key: CodeKey, state: State, first: str, second: str, utc: int, policy: Policy
) -> tuple[Outcome, State]:
    """Judge two consecutive codes of a token that is lost, the second of which came at `utc`.

    They are searched in the policy's resync window (RFC 6238 section 6, RFC 4226 section 7.4) under
    the rules of `check`: both must be unused, a failure counts as one failure, and a throttled or
    locked token is not looked at. The answer never tells whether one code alone was right.
    """
    if refusal := _not_now(state, utc, policy):
        return refusal, state
    codes = [normalise(code, key.digits) for code in (first, second)]
    if codes[0] is None or codes[1] is None:
        return _MALFORMED, state
    if key.kind == "totp":
        candidates = _time_steps(key, state.drift, utc, policy.resync_window, policy)
    else:
        candidates = _counters(state, policy.resync_window)
    firsts = key.matching(codes[0], candidates)
    seconds = set(key.matching(codes[1], candidates))
    pairs = [step for step in firsts if step + 1 in seconds]
    if not pairs:
        return _failed(_WRONG, state, utc)
    step = max(pairs)
    if step < state.next_step:
        return _REPLAYED, state
    if key.kind == "totp":
        offset = _shown_from(key, step + 1, utc) + key.period / 2
        if abs(offset) > policy.max_offset:
            return _failed(Outcome(Reason.OUT_OF_DRIFT, offset=offset), state, utc)
    return _accepted(key, state, step + 1, utc, policy)


def is_locked(state: State, policy: Policy) -> bool:
    """Tell whether failures have locked the token until an administrator enables it again."""
    return state.failures >= policy.lock_after


def _not_now(state: State, utc: int, policy: Policy) -> Outcome | None:
    if refusal := _OUT_OF_USE.get(state.status):
        return refusal
    failures = state.failures
    if failures < policy.throttle_after:
        return None
    if failures >= policy.lock_after:
        return _LOCKED
    # While the server's clock stands before the last failure, no time counts as waited.
    wait = policy.throttle_seconds * failures - max(0, utc - state.failed_at)
    return Outcome(Reason.THROTTLED, retry_after=wait) if wait > 0 else None


def _time_steps(key: CodeKey, drift: Drift | None, utc: int, reach: int, policy: Policy) -> Iterable[int]:
    """Return the steps around the server's clock and around the token's as it is believed to go.

    Both, so that a token whose clock has been set right is not locked out by what was learned before.
    """
    period = key.period
    since_t0 = utc - key.t0
    middle = since_t0 // period
    if drift is not None:
        silence = utc - drift.at
        offset = drift.offset + drift.rate * silence
        extra = 0
        if silence > _SILENCE:
            offset = min(max(offset, -policy.max_offset), policy.max_offset)
            extra = min(int(2 * drift.spread(utc) / period), policy.silence_window)
        expected = (since_t0 + offset) // period
        if extra or expected != middle:
            steps = {*range(middle - reach, middle + reach + 1)}
            reach += extra
            steps.update(range(int(expected) - reach, int(expected) + reach + 1))
            return sorted(step for step in steps if step >= 0)
    first = middle - reach
    return range(first if first > 0 else 0, middle + reach + 1)


def _counters(state: State, ahead: int) -> range:
    # As many behind as ahead, where a match is a replay.
    return range(max(0, state.next_step - ahead - 1), min(state.next_step + ahead, MAX_COUNTER) + 1)


def _shown_from(key: CodeKey, step: int, utc: int) -> int:
    """Return the least offset in seconds of a clock that shows the code of `step` at `utc`."""
    return step * key.period + key.t0 - utc


def _accepted(key: CodeKey, state: State, step: int, utc: int, policy: Policy) -> tuple[Outcome, State]:
    if key.kind == "hotp":
        outcome = Outcome(Reason.ACCEPTED, step, step - state.next_step)
        return outcome, State(_ACTIVE, step + 1)
    shown_from = _shown_from(key, step, utc)
    drift = learn(state.drift, utc, shown_from, key.period, policy.max_offset, policy.max_rate)
    outcome = Outcome(Reason.ACCEPTED, step, step - (utc - key.t0) // key.period, drift.offset)
    return outcome, State(_ACTIVE, step + 1, drift=drift)


def _failed(outcome: Outcome, state: State, utc: int) -> tuple[Outcome, State]:
    return outcome, State(state.status, state.next_step, state.failures + 1, utc, state.drift)
