"""What the doors call: a user's code in, a verdict out, and every change stored before it is told."""

import unicodedata
from dataclasses import replace

from tokencore.account import Account
from tokencore.errors import BadValue

from . import pins, replacements
from .attempts import Attempt, Judge, Unproved
from .attempts import Factor as Factor  # noqa: PLC0414
from .attempts import Verdict as Verdict  # noqa: PLC0414
from .audit import LIBRARY, Actor, Entry
from .core import Outcome, State, Status, check, resynchronise
from .errors import NotDone, VerifierError
from .matching import CodeKey
from .policy import Policy
from .records import Token
from .store import Store

_TRIES = 1000


def verify(store: Store, user: str, code: str, utc: int, policy: Policy, by: Actor = LIBRARY) -> Verdict:
    """Judge a user's code at `utc`."""
    return _judged(store, one_code(user, code, utc, policy, by))


def one_code(user: str, code: str, utc: int, policy: Policy, by: Actor) -> Attempt:
    """Return the attempt by one code, behind the PIN where the user has one, for `Store.judge`."""

    def judge(key: CodeKey, state: State, code: str) -> tuple[Outcome, State]:
        return check(key, state, code, utc, policy)

    return _attempt("verify", user, utc, policy, by, judge, pins.plain(code))


def resync(
    store: Store, user: str, first: str, second: str, utc: int, policy: Policy, by: Actor = LIBRARY
) -> Verdict:
    """Find a token that is lost in its drift, or its counter, by two consecutive codes."""

    def judge(key: CodeKey, state: State, _: str) -> tuple[Outcome, State]:
        return resynchronise(key, state, first, second, utc, policy)

    return _judged(store, _attempt("resync", user, utc, policy, by, judge))


def add_token(
    store: Store, user: str, serial: str | None, account: Account, utc: int, by: Actor = LIBRARY
) -> Token:
    """Give `user` a new token. Raises BadValue for a name that cannot be one, NotDone if it is there."""
    if serial is not None:
        serial = label("serial", serial, 64)
    return store.add(user_name(user), serial, account, utc, by)


def set_status(store: Store, token_id: str, status: Status, utc: int, by: Actor = LIBRARY) -> Token:
    """Enable, suspend or revoke a token and return it; enabling also clears failures and the lock.

    Revoking is for good. A token that was lost is found by it: its replacement codes end.
    """
    if status not in (Status.ACTIVE, Status.SUSPENDED, Status.REVOKED):
        raise BadValue("status", "active, suspended and revoked can be given; lost has a way of its own")
    for _ in range(_TRIES):
        token = store.token(token_id)
        state = token.state
        if state.status is Status.REVOKED and status is not Status.REVOKED:
            raise NotDone(f"token {token.id} is revoked for good: add a new token with a new secret")
        if status is Status.ACTIVE:
            state = state._replace(failures=0, failed_at=0)
        entry = Entry(utc, by, "set status", str(status), token.user, token.id)
        also = replacements.dropped(token.id) if state.status is Status.LOST else None
        if store.change([(token, state._replace(status=status))], (entry,), also):
            return store.token(token_id)
    raise _too_busy(store)


def assign(store: Store, token_id: str, user: str, utc: int, by: Actor = LIBRARY) -> Token:
    """Give a token to a user, whoever had it before, and return it.

    A revoked one stays where it is, and so does a lost one, whose replacement codes its user has.
    """
    user = user_name(user)
    for _ in range(_TRIES):
        token = store.token(token_id)
        if token.state.status is Status.REVOKED:
            raise NotDone(f"token {token.id} is revoked for good: add a new token with a new secret")
        _must_be_at_hand(token)
        before = f"{token.user!r} before" if token.user else "nobody's before"
        if store.assign(token, user, Entry(utc, by, "assign", before, user, token.id)):
            return store.token(token_id)
    raise _too_busy(store)


def unassign(store: Store, token_id: str, utc: int, by: Actor = LIBRARY) -> Token:
    """Take a token from its user, back into the drawer, and return it; a revoked one too, but no lost one."""
    for _ in range(_TRIES):
        token = store.token(token_id)
        _must_be_at_hand(token)
        if not token.user:
            return token
        if store.assign(token, "", Entry(utc, by, "unassign", "done", token.user, token.id)):
            return store.token(token_id)
    raise _too_busy(store)


def _must_be_at_hand(token: Token) -> None:
    if token.state.status is Status.LOST:
        raise NotDone(f"token {token.id} is lost: say first that it was found, or revoke it")


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


def _judged(store: Store, attempt: Attempt) -> Verdict:
    while True:
        (told,) = store.judge((attempt,))
        if isinstance(told, Unproved):
            attempt = proved(store, attempt, told)
        elif isinstance(told, BaseException):
            raise told
        else:
            return told


def proved(store: Store, attempt: Attempt, asked: Unproved) -> Attempt:
    """Return an attempt that `Store.judge` told to be Unproved, with the proof. Argon2id takes its time."""
    assert attempt.typed is not None
    with store.stretching:
        proof = pins.prove(store.sealer, store.place, asked.person, attempt.typed, asked.length)
    return replace(attempt, proof=proof)


def _attempt(
    action: str, user: str, utc: int, policy: Policy, by: Actor, judge: Judge, typed: str | None = None
) -> Attempt:
    try:
        name = user_name(user)
    except BadValue:
        name = None  # a name that cannot be stored belongs to nobody
    return Attempt(user, name, action, utc, policy, by, judge, typed)


def _too_busy(store: Store) -> VerifierError:
    return VerifierError(f"the store {store.place} changes too fast to be followed: try again")
