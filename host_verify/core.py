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
from .windows import Noticed, accepted_steps, confirmed, noticed_steps, sought_steps


class Status(StrEnum):
    """What an administrator has said of a token. NEW: it was imported, and no code of it was seen yet."""

    NEW = "new"  # as good as active, which its first accepted code makes it
    ACTIVE = "active"
    SUSPENDED = "suspended"  # out of use until it is put into use again
    LOST = "lost"  # out of use until it is found; replacement codes may stand in for it
    REVOKED = "revoked"  # out of use for good


class Reason(StrEnum):
    """Why an attempt ended as it did."""

    ACCEPTED = "accepted"
    WRONG_CODE = "wrong_code"
    REPLAYED = "replayed"  # right once, for a step or counter that is used up
    EXPIRED = "expired"  # a replacement code after its end
    MALFORMED = "malformed"  # not digits of the token's length; can never be right, so never counted
    THROTTLED = "throttled"  # too soon after failures; the code was not looked at
    LOCKED = "locked"  # too many failures; the code was not looked at
    USER_LOCKED = "user_locked"  # by hand; the code was not looked at
    WRONG_PIN = "wrong_pin"  # before a right code, which is not used up
    SUSPENDED = "suspended"
    LOST = "lost"
    REVOKED = "revoked"
    OUT_OF_DRIFT = "out_of_drift"  # two right codes of a clock further off than the policy follows
    UNKNOWN_USER = "unknown_user"  # nobody of that name has a token


class State(NamedTuple):
    """What the verifier remembers of one token. (A tuple, for every failure makes a new one.)

    next_step  lowest time step (TOTP) or counter (HOTP) that may still be accepted: 0 to 2**64
    failures   wrong attempts since the last accepted code; failed_at is when the last one came
    drift      what is known of a TOTP token's clock; None before the first accepted code
    noticed    the last refused code that the next one may confirm
    """

    status: Status = Status.ACTIVE
    next_step: int = 0
    failures: int = 0
    failed_at: int = 0
    drift: Drift | None = None
    noticed: Noticed | None = None


def first_state(account: Account, status: Status = Status.ACTIVE) -> State:
    """Return the state of a token of which no code was seen yet."""
    return State(status, account.counter if account.kind == "hotp" else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    step         the time step or counter that the code belonged to, if accepted
    shift        TOTP: that step less the server's own; HOTP: codes passed over before it
    offset       TOTP, where codes were recognised: the token's clock less the server's, in seconds
    retry_after  THROTTLED, LOCKED for a time: seconds until the next attempt is looked at
    """

    reason: Reason
    step: int | None = None
    shift: int | None = None
    offset: float | None = None
    retry_after: int | None = None


LONGEST_LOCK = 20  # doublings of Policy.lock_seconds: some thirty years
_ACTIVE = Status.ACTIVE
_NOT_LONG_AGO = 20  # steps
_WRONG = Outcome(Reason.WRONG_CODE)
_REPLAYED = Outcome(Reason.REPLAYED)
_MALFORMED = Outcome(Reason.MALFORMED)
_LOCKED = Outcome(Reason.LOCKED)
_OUT_OF_USE = {
    Status.SUSPENDED: Outcome(Reason.SUSPENDED),
    Status.LOST: Outcome(Reason.LOST),
    Status.REVOKED: Outcome(Reason.REVOKED),
}


def check(key: CodeKey, state: State, code: str, utc: int, policy: Policy) -> tuple[Outcome, State]:
    """Judge one `code` (text as the user gave it) that came at `utc`.

    A code is accepted once: of the steps that it matches, the latest is used up with all before it, and
    where one of them is used up already it is a replay. A replay is told apart for the audit and not
    counted, for whoever knows a used code has guessed nothing, and a form sent twice must not lock its
    user out.
    """
    status, next_step, failures, _, drift, _ = state
    if (failures or status is not _ACTIVE) and (refusal := _not_now(state, utc, policy)):
        return refusal, waiting(state, utc)
    digits = normalise(code, key.digits)
    if digits is None:
        return _MALFORMED, state
    if key.kind == "hotp":
        matched = key.matching(digits, counters(state.next_step, policy.look_ahead))
        if not matched:
            return _failed(_WRONG, state, utc)
    else:
        matched = key.matching(digits, accepted_steps(key, drift, utc, policy))
        if not matched:
            return _out_of_window(key, state, digits, utc, policy)
    if _is_used(key, next_step, matched, digits):
        return _REPLAYED, state
    return _accepted(key, state, max(matched), utc, policy)


def _is_used(key: CodeKey, next_step: int, matched: list[int], digits: str) -> bool:
    """Tell whether a code is that of a used step within reach, or of the last one if that was not long ago.

    One in a million is that of an unused step besides. It is refused none the less: whoever saw it used must
    have nothing of it.
    """
    if min(matched) < next_step:
        return True
    return (
        max(matched) - next_step < _NOT_LONG_AGO
        and next_step > 0
        and bool(key.matching(digits, (next_step - 1,)))
    )


def _out_of_window(
    key: CodeKey, state: State, digits: str, utc: int, policy: Policy
) -> tuple[Outcome, State]:
    """Judge a code that the token's clock, as it is believed to go, does not explain.

    It is refused, but if it lies in the wider reach the next one may confirm it: two such codes in a row
    are not guessed. A used step there is a replay like any other.
    """
    matched = key.matching(digits, noticed_steps(key, state.drift, utc, policy))
    if not matched:
        return _failed(_WRONG, state, utc)
    if _is_used(key, state.next_step, matched, digits):
        return _REPLAYED, state
    step = max(matched)
    if confirmed(state.noticed, step, utc, key.period, policy):
        return _accepted(key, state, step, utc, policy)
    outcome, failed = _failed(_WRONG, state, utc)
    return outcome, failed._replace(noticed=Noticed(utc, step))


def resynchronise(
    key: CodeKey, state: State, first: str, second: str, utc: int, policy: Policy
) -> tuple[Outcome, State]:
    """Judge two consecutive codes of a token that is lost, the second of which came at `utc`.

    They are searched in the policy's resync window (RFC 6238 section 6, RFC 4226 section 7.4) under
    the rules of `check`: both must be unused, a failure counts as one failure, and a throttled or
    locked token is not looked at. The answer never tells whether one code alone was right.
    """
    if refusal := _not_now(state, utc, policy):
        return refusal, waiting(state, utc)
    codes = [normalise(code, key.digits) for code in (first, second)]
    if codes[0] is None or codes[1] is None:
        return _MALFORMED, state
    if key.kind == "totp":
        candidates: Iterable[int] = sought_steps(key, state.drift, utc, policy)
    else:
        candidates = counters(state.next_step, policy.resync_window)
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
    return _accepted(key, state, step + 1, utc, policy, of_two=True)


def waiting(state: State, utc: int) -> State:
    """Return the state of a token that waits.

    A failure in the future was counted by a clock that was wrong: its wait begins now, and not only when
    that time has come.
    """
    return state._replace(failed_at=utc) if state.failed_at > utc else state


def held_back(state: State, utc: int, policy: Policy) -> Outcome | None:
    """Return the refusal of an attempt that comes too soon after failures, or None if it is looked at.

    Up to `lock_after` failures the wait is RFC 4226's (section 7.3), then it doubles with each.
    """
    failures = state.failures
    if failures < policy.throttle_after:
        return None
    beyond = failures - policy.lock_after
    if beyond < 0:
        reason, wait = Reason.THROTTLED, policy.throttle_seconds * failures
    elif not policy.lock_seconds:
        return _LOCKED
    else:
        reason, wait = Reason.LOCKED, policy.lock_seconds << min(beyond, LONGEST_LOCK)
    # While the server's clock stands before the last failure, no time counts as waited.
    left = wait - max(0, utc - state.failed_at)
    return Outcome(reason, retry_after=left) if left > 0 else None


def is_locked(state: State, policy: Policy, utc: int) -> bool:
    """Tell whether failures have locked the token at `utc`, for a time or until it is enabled again."""
    refusal = held_back(state, utc, policy)
    return refusal is not None and refusal.reason is Reason.LOCKED


def _not_now(state: State, utc: int, policy: Policy) -> Outcome | None:
    return _OUT_OF_USE.get(state.status) or held_back(state, utc, policy)


def counters(next_step: int, ahead: int) -> range:
    """Return the counters that a HOTP code is compared with: as many behind, where a match is a replay."""
    return range(max(0, next_step - ahead - 1), min(next_step + ahead, MAX_COUNTER) + 1)


def _shown_from(key: CodeKey, step: int, utc: int) -> int:
    """Return the least offset in seconds of a clock that shows the code of `step` at `utc`."""
    return step * key.period + key.t0 - utc


def _accepted(
    key: CodeKey, state: State, step: int, utc: int, policy: Policy, of_two: bool = False
) -> tuple[Outcome, State]:
    if key.kind == "hotp":
        outcome = Outcome(Reason.ACCEPTED, step, step - state.next_step)
        return outcome, State(_ACTIVE, step + 1)
    shown_from: float = _shown_from(key, step, utc)
    noticed = state.noticed
    if noticed is not None and confirmed(noticed, step, utc, key.period, policy):
        of_two, shown_from = True, (shown_from + _shown_from(key, noticed.step, noticed.at)) / 2
    drift = learn(state.drift, utc, shown_from, key.period, policy.max_offset, policy.max_rate, of_two)
    outcome = Outcome(Reason.ACCEPTED, step, step - (utc - key.t0) // key.period, drift.offset)
    return outcome, State(_ACTIVE, step + 1, drift=drift)


def _failed(outcome: Outcome, state: State, utc: int) -> tuple[Outcome, State]:
    status, next_step, failures, _, drift, noticed = state
    return outcome, State(status, next_step, failures + 1, utc, drift, noticed)
