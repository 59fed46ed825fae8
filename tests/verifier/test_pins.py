"""PINs in front of codes: both have to be right, and neither tells of the other."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_verify import audit, pins, stretching, users
from host_verify.core import Reason
from host_verify.service import add_token, resync, verify

from .parts import NOON, POLICY, account, code_at, code_of, open_store

PIN = "4711"
TOTP = account()
HOTP = account(kind="hotp", secret=b"h" * 20, digits=8)


@pytest.fixture
def store(place):
    with open_store(place) as store:
        store.first = add_token(store, "anna", None, TOTP, NOON)
        users.set_pin(store, "anna", PIN, NOON)
        yield store


def ask(store, typed, utc=NOON, user="anna"):
    return verify(store, user, typed, utc, POLICY).reason


def failures(store):
    return [token.state.failures for token in store.tokens("anna")]


def test_pin_and_code_together_let_in_once(store):
    code = code_at(TOTP, NOON)
    assert ask(store, PIN + code) is Reason.ACCEPTED
    assert ask(store, PIN + code) is Reason.REPLAYED
    assert failures(store) == [0]
    later = code_at(TOTP, NOON + 30)
    assert ask(store, f" {PIN} {later[:3]} {later[3:]}", NOON + 30) is Reason.ACCEPTED


@pytest.mark.parametrize("typed", ["4712", "", "47 12", "14711", "\udcff711", "x" * 5000])
def test_a_wrong_pin_is_counted_and_does_not_use_the_code_up(store, typed):
    code = code_at(TOTP, NOON)
    before = store.token(store.first.id).state
    assert ask(store, typed + code) is Reason.WRONG_PIN
    assert store.token(store.first.id).state == before._replace(failures=1, failed_at=NOON)
    assert ask(store, PIN + code) is Reason.ACCEPTED
    assert failures(store) == [0]


def test_a_right_pin_helps_no_wrong_code(store):
    assert ask(store, PIN + code_at(TOTP, NOON + 3600)) is Reason.WRONG_CODE
    assert ask(store, PIN + "12345") is Reason.WRONG_CODE  # six of it are taken for the code
    assert ask(store, PIN + "x23456") is Reason.MALFORMED
    assert ask(store, PIN) is Reason.MALFORMED
    assert failures(store) == [2]


def test_a_used_code_tells_nothing_of_the_pin_before_it(store):
    code = code_at(TOTP, NOON)
    assert ask(store, PIN + code) is Reason.ACCEPTED
    for pin in (PIN, "4712", ""):
        assert ask(store, pin + code) is Reason.REPLAYED


def test_guesses_at_a_pin_end_in_the_tokens_lock(store):
    utc, reasons = NOON, []
    for guess in range(5000, 5013):
        while (answer := verify(store, "anna", f"{guess}{code_at(TOTP, utc)}", utc, POLICY)).reason in (
            Reason.THROTTLED,
        ):
            utc += answer.retry_after
        reasons.append(answer.reason)
        utc += 30
    assert reasons == [Reason.WRONG_PIN] * 10 + [Reason.LOCKED] * 3
    assert ask(store, PIN + code_at(TOTP, utc), utc) is Reason.LOCKED


def test_a_pin_belongs_to_the_user_and_stands_before_the_codes_of_all_his_tokens(store):
    add_token(store, "anna", None, HOTP, NOON)
    assert ask(store, PIN + code_of(HOTP, 0)) is Reason.ACCEPTED
    assert ask(store, code_of(HOTP, 1)) is Reason.WRONG_PIN
    assert ask(store, PIN + code_at(TOTP, NOON)) is Reason.ACCEPTED
    add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
    code = code_at(account(secret=b"b" * 20), NOON)
    assert ask(store, PIN + code, user="bob") is Reason.MALFORMED
    assert ask(store, code, user="bob") is Reason.ACCEPTED


def test_a_code_alone_is_right_again_when_the_pin_is_dropped(store):
    code = code_at(TOTP, NOON)
    assert ask(store, code) is Reason.WRONG_PIN
    users.drop_pin(store, "anna", NOON)
    assert ask(store, PIN + code) is Reason.MALFORMED
    assert ask(store, code) is Reason.ACCEPTED


def test_two_codes_find_a_lost_clock_without_a_pin(store):
    codes = [code_at(TOTP, NOON + 9000 + 30 * n) for n in range(2)]
    assert resync(store, "anna", *codes, NOON, POLICY).accepted


def test_a_pin_changed_while_an_attempt_is_judged_is_the_one_that_counts(store, monkeypatch):
    proved = pins.prove

    def meanwhile(*given):
        proof = proved(*given)
        monkeypatch.setattr(pins, "prove", proved)
        users.set_pin(store, "anna", "another", NOON)
        return proof

    monkeypatch.setattr(pins, "prove", meanwhile)
    code = code_at(TOTP, NOON)
    assert ask(store, PIN + code) is Reason.WRONG_PIN
    assert ask(store, "another" + code) is Reason.ACCEPTED


def test_one_pin_and_code_at_one_instant_let_in_once(store, place):
    typed, reasons = PIN + code_at(TOTP, NOON), []

    def once():
        with open_store(place) as mine:
            reasons.append(ask(mine, typed))

    threads = [threading.Thread(target=once) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(reasons) == ["accepted", *["replayed"] * 3]


def test_a_pin_is_looked_at_only_behind_a_right_code_whoever_it_is_for(store, monkeypatch):
    """So a guesser without a code learns nothing from the time, and costs no more for users with a PIN."""
    looks = []
    stretch = stretching.stretch
    monkeypatch.setattr(stretching, "stretch", lambda *given: looks.append(1) or stretch(*given))
    add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
    for user in ("anna", "bob", "nobody"):
        for typed in (PIN + code_at(TOTP, NOON + 3600), "000000", "no code", ""):
            assert not verify(store, user, typed, NOON, POLICY).accepted
    users.lock(store, "anna", NOON)
    assert ask(store, PIN + code_at(TOTP, NOON)) is Reason.USER_LOCKED
    assert looks == []
    users.unlock(store, "anna", NOON)
    assert ask(store, "4712" + code_at(TOTP, NOON)) is Reason.WRONG_PIN
    assert ask(store, PIN + code_at(TOTP, NOON)) is Reason.ACCEPTED
    assert looks == [1, 1]


def test_an_attempt_of_nobody_tells_of_no_pins_to_be_none(store):
    assert ask(store, "1", user="no such") is Reason.UNKNOWN_USER
    assert store.has_pins
    assert ask(store, "1", user="\0") is Reason.UNKNOWN_USER
    assert store.has_pins


def test_a_user_locked_by_hand_is_refused_everything_until_unlocked(store):
    code = PIN + code_at(TOTP, NOON)
    users.lock(store, "anna", NOON)
    codes = [code_at(TOTP, NOON + 9000 + 30 * n) for n in range(2)]
    assert resync(store, "anna", *codes, NOON, POLICY).reason is Reason.USER_LOCKED
    assert ask(store, code) is Reason.USER_LOCKED
    token = store.token(store.first.id)
    store.change([(token, token.state._replace(failures=10, failed_at=NOON))])
    assert ask(store, "wrong") is Reason.USER_LOCKED
    assert failures(store) == [10]
    assert users.unlock(store, "anna", NOON).locked is None
    assert failures(store) == [0]
    assert ask(store, code) is Reason.ACCEPTED
    entries = [(each.entry.action, each.entry.reason) for each in audit.latest(store, 100, user="anna")]
    assert ("lock user", "done") in entries
    assert ("unlock user", "done") in entries
    assert not any(PIN in str(each) for each in entries)


@given(st.text(max_size=70))
def test_every_pin_is_refused_or_typed_as_it_was_set(text):
    try:
        pin = pins.checked(text)
    except pins.BadValue:
        return
    assert pins.plain(f"{text} 123 456") == pin + "123456"
