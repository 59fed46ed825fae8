"""What the doors call: users, several tokens, states."""

import pytest
from tokencore.errors import BadValue

from host_verify.core import Reason, Status
from host_verify.errors import NotDone
from host_verify.service import Factor, add_token, resync, set_status, user_name, verify

from .parts import NOON, POLICY, account, code_at, code_of, new_store, open_store

TOTP = account()
HOTP = account(kind="hotp", secret=b"h" * 20, digits=8)


@pytest.fixture
def store(tmp_path):
    with open_store(new_store(tmp_path)) as store:
        yield store


def test_a_verdict_names_user_token_and_factor(store):
    token = add_token(store, "anna", None, TOTP, NOON)
    verdict = verify(store, "anna", code_at(TOTP, NOON + 30), NOON, POLICY)
    assert (verdict.accepted, verdict.reason) == (True, Reason.ACCEPTED)
    assert (verdict.user, verdict.token, verdict.factor) == ("anna", token.id, Factor.HARDWARE_TOTP)
    assert verdict.shift == 1
    assert 0 < verdict.offset <= 60


def test_each_of_a_users_tokens_is_tried_and_told_apart(store):
    totp = add_token(store, "anna", None, TOTP, NOON)
    hotp = add_token(store, "anna", None, HOTP, NOON)
    first = verify(store, "anna", code_of(HOTP, 0), NOON, POLICY)
    assert (first.token, first.factor) == (hotp.id, Factor.HARDWARE_HOTP)
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).token == totp.id
    assert verify(store, "anna", code_of(HOTP, 0), NOON, POLICY).reason is Reason.REPLAYED
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).reason is Reason.REPLAYED


def failures(store, user="anna"):
    return sorted(token.state.failures for token in store.tokens(user))


def test_a_wrong_code_is_a_failure_of_every_token_it_was_tried_on_and_a_right_one_clears_all(store):
    other = account(secret=b"o" * 20)
    for each in (TOTP, other, HOTP):
        add_token(store, "anna", None, each, NOON)
    add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
    near = {code_at(each, NOON + 30 * n) for each in (TOTP, other) for n in range(-2, 3)}
    wrong = next(code for code in ("123456", "654321", "111222") if code not in near)
    for _ in range(2):
        assert verify(store, "anna", wrong, NOON, POLICY).reason is Reason.WRONG_CODE
    assert failures(store) == [0, 2, 2]  # six digits can be no code of the HOTP token, which has eight
    assert failures(store, "bob") == [0]
    assert verify(store, "anna", code_at(other, NOON), NOON, POLICY).accepted
    assert failures(store) == [0, 0, 0]


def test_a_locked_token_stays_locked_when_another_is_accepted(store):
    locked = add_token(store, "anna", None, TOTP, NOON)
    add_token(store, "anna", None, HOTP, NOON)
    assert store.change([(locked, locked.state._replace(failures=10, failed_at=NOON))])
    assert verify(store, "anna", code_of(HOTP, 0), NOON, POLICY).accepted
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).reason is not Reason.ACCEPTED
    assert store.token(locked.id).state.failures == 10


def test_an_unknown_user_is_told_apart_and_nothing_is_stored(store):
    for name in ("nobody", "", " ", "a\0b", "x" * 10_000, "\udcff", "' OR 1=1 --"):
        verdict = verify(store, name, "123456", NOON, POLICY)
        assert (verdict.reason, verdict.token) == (Reason.UNKNOWN_USER, None)
        assert resync(store, name, "123456", "123456", NOON, POLICY).reason is Reason.UNKNOWN_USER


@pytest.mark.parametrize("name", ["", " anna", "anna ", "a\0b", "a\nb", "x" * 256, "\udcff", "an\u200bna"])
def test_names_that_cannot_be_told_apart_are_refused(store, name):
    with pytest.raises(BadValue, match=r"^user: "):
        add_token(store, name, None, TOTP, NOON)
    with pytest.raises(BadValue, match=r"^serial: "):
        add_token(store, "anna", name, TOTP, NOON)
    assert store.tokens() == []


def test_two_spellings_of_one_name_are_one_user(store):
    add_token(store, "Zoe\u0308", None, TOTP, NOON)
    assert verify(store, "Zo\u00eb", code_at(TOTP, NOON), NOON, POLICY).accepted
    assert user_name("Zoe\u0308") == "Zo\u00eb"


def test_suspend_enable_and_revoke(store):
    token = add_token(store, "anna", None, TOTP, NOON)
    code = code_at(TOTP, NOON)
    set_status(store, token.id, Status.SUSPENDED, NOON)
    assert verify(store, "anna", code, NOON, POLICY).reason is Reason.SUSPENDED
    set_status(store, token.id, Status.ACTIVE, NOON)
    assert verify(store, "anna", code, NOON, POLICY).accepted
    set_status(store, token.id, Status.SUSPENDED, NOON)
    set_status(store, token.id, Status.ACTIVE, NOON)
    assert verify(store, "anna", code, NOON, POLICY).reason is Reason.REPLAYED
    set_status(store, token.id, Status.REVOKED, NOON)
    set_status(store, token.id, Status.REVOKED, NOON)
    assert verify(store, "anna", code, NOON, POLICY).reason is Reason.REVOKED
    for status in (Status.ACTIVE, Status.SUSPENDED):
        with pytest.raises(NotDone, match="revoked for good"):
            set_status(store, token.id, status, NOON)
    with pytest.raises(NotDone, match="has this secret"):
        add_token(store, "anna", None, TOTP, NOON)
    with pytest.raises(NotDone, match="no token has that id"):
        set_status(store, "ffffffff", Status.ACTIVE, NOON)


def test_enabling_clears_failures_and_the_lock_and_nothing_else(store):
    token = add_token(store, "anna", None, TOTP, NOON)
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).accepted
    token = store.token(token.id)
    assert store.change([(token, token.state._replace(failures=10, failed_at=NOON))])
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).reason is Reason.LOCKED
    assert set_status(store, token.id, Status.ACTIVE, NOON).state == token.state
    assert verify(store, "anna", code_at(TOTP, NOON), NOON, POLICY).reason is Reason.REPLAYED
