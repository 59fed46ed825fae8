"""An attempt: what a user showed, and what is decided of it from the rows that the store has of him.

No function here does I/O. Whoever calls has the rows to himself, and stores what was decided before he
tells it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .audit import Actor, Entry
from .core import Outcome, Reason, State
from .matching import CodeKey
from .people import Person
from .policy import Policy
from .records import Token

Judge = Callable[[CodeKey, State], tuple[Outcome, State]]

# What a refusal is called when a user's tokens were refused for different reasons.
_PRECEDENCE = (
    Reason.OUT_OF_DRIFT,
    Reason.REPLAYED,
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
    """What is told, and what has to be stored before: tokens' new states, and the entry in the audit."""

    verdict: Verdict
    changes: Sequence[tuple[Token, State]]
    entry: Entry


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came, when, by whom, and by which rules it is judged.

    user is the name as it was given, name as it may be stored: None if nobody can have it. action is what the
    audit calls it; judge says what a token's key and state make of the code.
    """

    user: str
    name: str | None
    action: str
    utc: int
    policy: Policy
    by: Actor
    judge: Judge

    def decide(
        self, person: Person | None, tokens: Sequence[Token], key_of: Callable[[Token], CodeKey]
    ) -> Decision:
        """Judge by the user and his tokens, oldest first, as they are now.

        Each that may be tried is tried. Acceptance by one clears the failures of the others; a wrong code is
        a failure of every token it was tried on, so more tokens give a guesser no more tries.
        """
        if self.name is None or person is None or not tokens:
            return self._decided(Verdict(False, Reason.UNKNOWN_USER, self.name or self.user), ())
        judged = [(token, *self.judge(key_of(token), token.state)) for token in tokens]
        accepted = [each for each in judged if each[1].reason is Reason.ACCEPTED]
        if accepted:
            changes = [(token, after) for token, _, after in accepted]
            for token, outcome, _ in judged:
                forgiven = 0 < token.state.failures < self.policy.lock_after
                if outcome.reason is not Reason.ACCEPTED and forgiven:
                    changes.append((token, token.state._replace(failures=0, failed_at=0)))
            token, outcome, _ = accepted[0]
        else:
            changes = [(token, after) for token, _, after in judged if after is not token.state]
            token, outcome, _ = judged[0] if len(judged) == 1 else min(judged, key=_telling)
        verdict = Verdict(
            bool(accepted),
            outcome.reason,
            self.name,
            token.id,
            _FACTORS[token.kind],
            outcome.shift,
            outcome.offset,
            outcome.retry_after,
        )
        return self._decided(verdict, changes, outcome.step)

    def _decided(
        self, verdict: Verdict, changes: Sequence[tuple[Token, State]], step: int | None = None
    ) -> Decision:
        accepted = None if step is None else str(step)
        entry = Entry(self.utc, self.by, self.action, str(verdict.reason), self.name, verdict.token, accepted)
        return Decision(verdict, changes, entry)


_FACTORS = {"totp": Factor.HARDWARE_TOTP, "hotp": Factor.HARDWARE_HOTP}


def _telling(judged: tuple[Token, Outcome, State]) -> tuple[int, int]:
    """Return by what the outcome is found that says most."""
    outcome = judged[1]
    return _PRECEDENCE.index(outcome.reason), outcome.retry_after or 0
