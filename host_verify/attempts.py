"""An attempt: what a user showed, and what is decided of it from the rows that the store has of him.

No function here does I/O. Whoever calls has the rows to himself, and stores what was decided before he
tells it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hmac import compare_digest
from typing import NamedTuple, Protocol

from . import replacements
from .audit import Actor, Entry
from .core import Outcome, Reason, State, Status, held_back, waiting
from .matching import CodeKey
from .people import Person
from .pins import Proof
from .policy import Policy
from .records import Token
from .replacements import Replacement

# What a token's key and state make of a code.
Judge = Callable[[CodeKey, State, str], tuple[Outcome, State]]

# What a refusal is called when a user's tokens were refused for different reasons.
_PRECEDENCE = (
    Reason.OUT_OF_DRIFT,
    Reason.WRONG_PIN,
    Reason.REPLAYED,
    Reason.EXPIRED,
    Reason.WRONG_CODE,
    Reason.MALFORMED,
    Reason.THROTTLED,
    Reason.LOCKED,
    Reason.SUSPENDED,
    Reason.LOST,
    Reason.REVOKED,
)


class Factor(StrEnum):
    """By what a user was recognised."""

    HARDWARE_TOTP = "hardware_totp"
    HARDWARE_HOTP = "hardware_hotp"
    REPLACEMENT = "replacement"  # a code in place of a lost token's


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to an attempt. token and factor name the token that the outcome is about.

    shift, offset and retry_after are as in `core.Outcome`.
    """

    accepted: bool
    reason: Reason
    user: str
    token: str | None = None
    factor: Factor | None = None
    shift: int | None = None
    offset: float | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is told, and what has to be stored before.

    That is tokens' new states, the replacement code that is used up, and the entry in the audit.
    """

    verdict: Verdict
    changes: Sequence[tuple[Token, State]]
    entry: Entry
    used: Replacement | None = None


class Unproved(Exception):
    """The code is right, but whether the PIN before it is, is not known yet: nothing is decided.

    The first `length` characters of what was typed have to be the PIN of `person` (see `pins.prove`).
    """

    def __init__(self, person: Person, length: int) -> None:
        super().__init__("the PIN has to be looked at first")
        self.person = person
        self.length = length


class Rows(Protocol):
    """What else there is of a user's tokens."""

    def key(self, token: Token) -> CodeKey:
        """Return a token's secret, ready for matching."""

    def codes(self, token: Token) -> Sequence[Replacement]:
        """Return the codes that stand in for a lost token."""

    def digest(self, token: Token, code: str) -> bytes:
        """Return the digest of such a code."""


class _Judged(NamedTuple):
    """What one token makes of the attempt; PIN: how many characters stand before the code."""

    token: Token
    outcome: Outcome
    after: State
    pin: int = 0
    used: Replacement | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came, when, by whom, and by which rules it is judged.

    user is the name as it was given, name as it may be stored: None if nobody can have it. action is what the
    audit calls it. typed is the code with the PIN before it, without spaces; None where no user logs in,
    so that no PIN is asked for. proof is of that PIN, if it has been looked at.
    """

    user: str
    name: str | None
    action: str
    utc: int
    policy: Policy
    by: Actor
    judge: Judge
    typed: str | None = None
    proof: Proof | None = None

    def decide(self, person: Person | None, tokens: Sequence[Token], rows: Rows) -> Decision:
        """Judge by the user and his tokens, oldest first, as they are now. Raises Unproved.

        Each that may be tried is tried. Acceptance by one clears the failures of the others; a wrong code is
        a failure of every token it was tried on, so more tokens give a guesser no more tries.
        """
        if self.name is None or person is None or not tokens:
            return self._decided(Verdict(False, Reason.UNKNOWN_USER, self.name or self.user), ())
        if person.locked is not None:
            return self._decided(Verdict(False, Reason.USER_LOCKED, self.name), ())
        judged = [self._judged(person, token, rows) for token in tokens]
        if person.pin is not None and self.typed is not None:
            judged = self._with_pin(person, judged)
        accepted = [each for each in judged if each.outcome.reason is Reason.ACCEPTED]
        if accepted:
            changes = [(each.token, each.after) for each in accepted]
            for each in judged:
                forgiven = 0 < each.token.state.failures < self.policy.lock_after
                if each.outcome.reason is not Reason.ACCEPTED and forgiven:
                    changes.append((each.token, each.token.state._replace(failures=0, failed_at=0)))
            telling = accepted[0]
        else:
            changes = [(each.token, each.after) for each in judged if each.after is not each.token.state]
            telling = judged[0] if len(judged) == 1 else min(judged, key=_telling)
        token, outcome, _, _, used = telling
        verdict = Verdict(
            bool(accepted),
            outcome.reason,
            self.name,
            token.id,
            Factor.REPLACEMENT if used else _FACTORS[token.kind],
            outcome.shift,
            outcome.offset,
            outcome.retry_after,
        )
        return self._decided(verdict, changes, outcome.step, used if accepted else None)

    def _judged(self, person: Person, token: Token, rows: Rows) -> _Judged:
        """Judge by one token, as if the PIN were right."""
        state, typed = token.state, self.typed
        if typed is None:
            return _Judged(token, *self.judge(rows.key(token), state, ""))
        if state.status is Status.LOST:
            return self._stood_in(person, token, rows, typed)
        pin = 0 if person.pin is None else max(0, len(typed) - token.digits)
        return _Judged(token, *self.judge(rows.key(token), state, typed[pin:]), pin)

    def _stood_in(self, person: Person, token: Token, rows: Rows, typed: str) -> _Judged:
        """Judge by the codes that stand in for a lost token, under the token's counts."""
        state, utc = token.state, self.utc
        codes = rows.codes(token)
        parted = replacements.parted(typed)
        if parted is None or not codes or (parted[0] and person.pin is None):
            return _Judged(token, _LOST, state)
        if refusal := held_back(state, utc, self.policy):
            return _Judged(token, refusal, waiting(state, utc))
        pin, code = parted
        digest = rows.digest(token, code)
        found = next((each for each in codes if compare_digest(each.digest, digest)), None)
        if found is None:
            return _Judged(token, Outcome(Reason.WRONG_CODE), _failed(state, utc))
        if found.used is not None:
            return _Judged(token, Outcome(Reason.REPLAYED), state, used=found)
        if utc >= found.until:
            return _Judged(token, Outcome(Reason.EXPIRED), state, used=found)
        after = state._replace(failures=0, failed_at=0)
        return _Judged(token, Outcome(Reason.ACCEPTED), after, pin, replace(found, used=utc))

    def _with_pin(self, person: Person, judged: list[_Judged]) -> list[_Judged]:
        """Return what is left of it with the PIN: it was looked at before for the first that is accepted.

        One look is all that an attempt gets. Another token's code that fits too, with a PIN of another
        length before it, is chance, and is refused.
        """
        first = next((each for each in judged if each.outcome.reason is Reason.ACCEPTED), None)
        if first is None:
            return judged
        proof = self.proof
        if proof is None or proof.kept != person.pin or proof.length != first.pin:
            raise Unproved(person, first.pin)
        wrong = Outcome(Reason.WRONG_PIN)
        return [
            each
            if each.outcome.reason is not Reason.ACCEPTED or (proof.right and each.pin == first.pin)
            else _Judged(each.token, wrong, _failed(each.token.state, self.utc), each.pin, each.used)
            for each in judged
        ]

    def _decided(
        self,
        verdict: Verdict,
        changes: Sequence[tuple[Token, State]],
        step: int | None = None,
        used: Replacement | None = None,
    ) -> Decision:
        accepted = None if step is None else str(step)
        action = f"{self.action} by replacement code" if used else self.action
        entry = Entry(self.utc, self.by, action, str(verdict.reason), self.name, verdict.token, accepted)
        return Decision(verdict, changes, entry, used)


_LOST = Outcome(Reason.LOST)
_FACTORS = {"totp": Factor.HARDWARE_TOTP, "hotp": Factor.HARDWARE_HOTP}


def _failed(state: State, utc: int) -> State:
    return state._replace(failures=state.failures + 1, failed_at=utc)


def _telling(judged: _Judged) -> tuple[int, int]:
    """Return by what the outcome is found that says most."""
    outcome = judged.outcome
    return _PRECEDENCE.index(outcome.reason), outcome.retry_after or 0
