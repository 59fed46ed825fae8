"""What the doors call: a user's code in, a verdict out, and every change stored before it is told."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tokencore.account import Account
from tokencore.errors import BadValue

from .audit import LIBRARY, Actor, Entry
from .core import Outcome, Reason, State, Status, check, is_locked, resynchronise
from .errors import NotDone, VerifierError
from .matching import CodeKey
from .policy import Policy
from .records import Token
from .store import Store

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
_TRIES = 1000


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
class _Attempt:
    """What an attempt is called in the audit, when and by whom it came, and the rules it is judged by."""

    action: str
    utc: int
    policy: Policy
    by: Actor

    def entry(self, verdict: Verdict, user: str | None) -> Entry:
        return Entry(self.utc, self.by, self.action, str(verdict.reason), user, verdict.token)


def verify(store: Store, user: str, code: str, utc: int, policy: Policy, by: Actor = LIBRARY) -> Verdict:
    """Judge a user's code at `utc`.

    A user may have several tokens: each that may be tried is tried. Acceptance by one clears the
    failures of the others; a wrong code is a failure of every token it was tried on, so more tokens
    give a guesser no more tries.
    """
    what = _Attempt("verify", utc, policy, by)
    return _decide(store, user, what, lambda key, state: check(key, state, code, utc, policy))


def resync(
    store: Store, user: str, first: str, second: str, utc: int, policy: Policy, by: Actor = LIBRARY
) -> Verdict:
    """Find a token that is lost in its drift, or its counter, by two consecutive codes."""
    what = _Attempt("resync", utc, policy, by)
    return _decide(
        store, user, what, lambda key, state: resynchronise(key, state, first, second, utc, policy)
    )


def add_token(
    store: Store, user: str, serial: str | None, account: Account, utc: int, by: Actor = LIBRARY
) -> Token:
    """Give `user` a new token. Raises BadValue for a name that cannot be one, NotDone if it is there."""
    if serial is not None:
        serial = label("serial", serial, 64)
    return store.add(user_name(user), serial, account, utc, by)


def set_status(store: Store, token_id: str, status: Status, utc: int, by: Actor = LIBRARY) -> Token:
    """Enable, suspend or revoke a token and return it; enabling also clears failures and the lock.

    Revoking is for good.
    """
    if status is Status.NEW:
        raise BadValue("status", "a token is new only until its first accepted code, or until it is enabled")
    for _ in range(_TRIES):
        token = store.token(token_id)
        state = token.state
        if state.status is Status.REVOKED and status is not Status.REVOKED:
            raise NotDone(f"token {token.id} is revoked for good: add a new token with a new secret")
        if status is Status.ACTIVE:
            state = state._replace(failures=0, failed_at=0)
        entry = Entry(utc, by, "set status", str(status), token.user, token.id)
        if store.change([(token, state._replace(status=status))], (entry,)):
            return store.token(token_id)
    raise _too_busy(store)


def assign(store: Store, token_id: str, user: str, utc: int, by: Actor = LIBRARY) -> Token:
    """Give a token to a user, whoever had it before, and return it. A revoked one stays where it is."""
    user = user_name(user)
    for _ in range(_TRIES):
        token = store.token(token_id)
        if token.state.status is Status.REVOKED:
            raise NotDone(f"token {token.id} is revoked for good: add a new token with a new secret")
        before = f"{token.user!r} before" if token.user else "nobody's before"
        if store.assign(token, user, Entry(utc, by, "assign", before, user, token.id)):
            return store.token(token_id)
    raise _too_busy(store)


def user_name(text: str) -> str:
    """Return a user's name in Unicode's composed form (NFC). Case is kept and matters."""
    return label("user", text, 255)


def label(field: str, text: str, limit: int) -> str:
    """Return a name composed (NFC). Raises BadValue if it cannot be told apart from others by eye.

    `limit` is in bytes of UTF-8.
    """
    text = unicodedata.normalize("NFC", text)
    if not text or text != text.strip():
        raise BadValue(field, "it is empty, or begins or ends with a space")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in text):
        raise BadValue(field, "control characters and invisible ones are not possible")
    if len(text.encode()) > limit:
        raise BadValue(field, f"at most {limit} bytes of UTF-8 are possible")
    return text


def _decide(store: Store, user: str, what: _Attempt, judge: Judge) -> Verdict:
    try:
        user = user_name(user)
    except BadValue:
        # A name that cannot be stored belongs to nobody.
        verdict = Verdict(False, Reason.UNKNOWN_USER, user)
        store.change([], (what.entry(verdict, None),))
        return verdict
    for _ in range(_TRIES):
        tokens = store.tokens(user)
        judged = [(token, *judge(store.key(token), token.state)) for token in tokens]
        changes, verdict = _weigh(user, judged, what.policy)
        if store.change(changes, (what.entry(verdict, user),)):
            return verdict
        # Another process changed a token meanwhile: what was judged no longer stands.
    raise _too_busy(store)


def _weigh(
    user: str, judged: list[tuple[Token, Outcome, State]], policy: Policy
) -> tuple[list[tuple[Token, State]], Verdict]:
    if not judged:
        return [], Verdict(False, Reason.UNKNOWN_USER, user)
    accepted = [entry for entry in judged if entry[1].reason is Reason.ACCEPTED]
    if accepted:
        changes = [(token, after) for token, _, after in accepted]
        for token, outcome, _ in judged:
            forgiven = token.state.failures and not is_locked(token.state, policy)
            if outcome.reason is not Reason.ACCEPTED and forgiven:
                changes.append((token, token.state._replace(failures=0, failed_at=0)))
        token, outcome, _ = accepted[0]
    else:
        changes = [(token, after) for token, _, after in judged if after is not token.state]
        token, outcome, _ = min(
            judged, key=lambda entry: (_PRECEDENCE.index(entry[1].reason), entry[1].retry_after or 0)
        )
    return changes, Verdict(
        bool(accepted),
        outcome.reason,
        user,
        token.id,
        Factor(f"hardware_{token.kind}"),
        outcome.shift,
        outcome.offset,
        outcome.retry_after,
    )


def _too_busy(store: Store) -> VerifierError:
    return VerifierError(f"the store {store.place} changes too fast to be followed: try again")
