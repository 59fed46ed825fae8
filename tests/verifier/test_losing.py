"""A lost token: out of use, with codes in its place that are accepted once each, and only until their end."""

import re
import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tokencore.errors import BadValue

from host_verify import audit, losing, replacements, users
from host_verify.attempts import Factor
from host_verify.core import Reason, Status
from host_verify.database import written
from host_verify.errors import NotDone, VerifierError
from host_verify.schema import replacement
from host_verify.service import add_token, assign, set_status, verify

from .parts import NOON, POLICY, account, code_at, code_of, open_store

TOTP = account()
HOTP = account(kind="hotp", secret=b"h" * 20)
DAY = 86_400


@pytest.fixture
def store(place):
    with open_store(place) as store:
        store.lost = add_token(store, "anna", None, TOTP, NOON).id
        yield store


def lose(store, **more):
    return losing.lose(store, store.lost, NOON, **({"until": NOON + DAY} | more))[1]


def ask(store, typed, utc=NOON, user="anna"):
    return verify(store, user, typed, utc, POLICY)


def test_each_code_lets_in_once_and_says_by_what(store):
    codes = lose(store)
    assert len(set(codes)) == 10
    verdict = ask(store, codes[0])
    assert (verdict.accepted, verdict.token, verdict.factor) == (True, store.lost, Factor.REPLACEMENT)
    assert ask(store, codes[0]).reason is Reason.REPLAYED
    assert all(ask(store, code).accepted for code in codes[1:])
    assert {ask(store, code).reason for code in codes} == {Reason.REPLAYED}
    assert store.token(store.lost).state.status is Status.LOST
    entries = [each.entry for each in audit.latest(store, 100, token=store.lost)]
    assert [each.reason for each in entries if each.action == "verify by replacement code"] == [
        "accepted"
    ] * 10
    assert not any(code in repr(entries) for code in codes)


_TWICE = """
import sys
from host_verify.service import verify
from tests.verifier.parts import NOON, POLICY, open_store
from host_verify.database import place_of

with open_store(place_of(sys.argv[1])) as store:
    code = sys.stdin.read()
    print(*(verify(store, "anna", code, NOON, POLICY).reason for _ in range(2)))
"""


def test_a_code_is_used_up_where_python_leaves_assertions_out(store):
    code = lose(store)[0]
    url = store.place.url.set(drivername=store.place.url.get_backend_name())
    told = subprocess.run(
        [sys.executable, "-O", "-c", _TWICE, url.render_as_string(hide_password=False)],
        input=code, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert told.stdout.split() == ["accepted", "replayed"]


def test_the_lost_token_itself_lets_nobody_in_and_its_codes_are_not_counted(store):
    lose(store)
    for _ in range(20):
        assert ask(store, code_at(TOTP, NOON)).reason is Reason.LOST
    assert store.token(store.lost).state.failures == 0


def test_codes_end_with_their_end(store):
    codes = lose(store)
    assert ask(store, codes[0], NOON + DAY - 1).accepted
    assert ask(store, codes[1], NOON + DAY).reason is Reason.EXPIRED
    assert store.token(store.lost).state.failures == 0


@pytest.mark.parametrize("until", [NOON, NOON - 1, NOON + 91 * DAY])
def test_an_end_that_is_past_or_far_is_refused(store, until):
    with pytest.raises(BadValue, match=r"^until: "):
        lose(store, until=until)
    assert store.token(store.lost).state.status is Status.ACTIVE
    assert len(lose(store, until=NOON + 90 * DAY, count=20)) == 20


@pytest.mark.parametrize("way", ["found", "enable", "suspend", "revoke", "lost again"])
def test_whatever_comes_after_the_loss_ends_its_codes(store, way):
    codes = lose(store)
    if way == "found":
        assert losing.find(store, store.lost, NOON).state.status is Status.ACTIVE
        assert ask(store, code_at(TOTP, NOON)).accepted
    elif way == "lost again":
        assert ask(store, lose(store)[0]).accepted
    else:
        status = {"enable": Status.ACTIVE, "suspend": Status.SUSPENDED, "revoke": Status.REVOKED}[way]
        set_status(store, store.lost, status, NOON)
    assert not any(ask(store, code).accepted for code in codes)
    assert len(store.read(sa.select(replacement))) == (10 if way == "lost again" else 0)


def test_what_cannot_be_lost_or_found_is_said(store):
    drawer = add_token(store, "bob", None, HOTP, NOON).id
    with pytest.raises(NotDone, match="is active, not lost"):
        losing.find(store, store.lost, NOON)
    lose(store)
    with pytest.raises(NotDone, match="is lost: say first"):
        assign(store, store.lost, "bob", NOON)
    set_status(store, drawer, Status.REVOKED, NOON)
    with pytest.raises(NotDone, match="revoked for good"):
        losing.lose(store, drawer, NOON)
    with pytest.raises(BadValue, match="has a way of its own"):
        set_status(store, store.lost, Status.LOST, NOON)


def test_guesses_at_codes_are_throttled_and_end_in_a_lock(store):
    codes, utc = lose(store, until=NOON + 3 * DAY), NOON
    wrong = replacements.draw(20)
    reasons = []
    for each in wrong[:13]:
        while (verdict := ask(store, each, utc)).reason is Reason.THROTTLED:
            assert ask(store, codes[0], utc).reason is Reason.THROTTLED
            utc += verdict.retry_after
        reasons.append(verdict.reason)
    assert reasons == [Reason.WRONG_CODE] * 10 + [Reason.LOCKED] * 3
    assert ask(store, codes[0], utc).reason is Reason.LOCKED
    assert ask(store, codes[0], utc + 900).accepted


def test_another_token_works_beside_the_codes_and_clears_their_counts(store):
    add_token(store, "anna", None, HOTP, NOON)
    codes = lose(store)
    assert ask(store, replacements.draw(1)[0]).reason is Reason.WRONG_CODE
    assert ask(store, code_of(HOTP, 0)).factor is Factor.HARDWARE_HOTP
    assert store.token(store.lost).state.failures == 0
    assert ask(store, codes[0]).factor is Factor.REPLACEMENT


def test_codes_of_one_user_are_nothing_to_another(store):
    codes = lose(store)
    bobs = add_token(store, "bob", None, HOTP, NOON).id
    losing.lose(store, bobs, NOON, until=NOON + DAY)
    assert ask(store, codes[0], user="bob").reason is Reason.WRONG_CODE
    assert ask(store, codes[0]).accepted


def test_the_pin_stands_before_these_codes_too(store):
    codes = lose(store)
    users.set_pin(store, "anna", "hunter-2", NOON)
    assert ask(store, codes[0]).reason is Reason.WRONG_PIN
    assert ask(store, f"hunter-3{codes[0]}").reason is Reason.WRONG_PIN
    assert ask(store, f"hunter-2 {codes[0]}").accepted
    assert ask(store, f"hunter-2{codes[1].replace('-', '').lower()}").accepted
    users.drop_pin(store, "anna", NOON)
    assert ask(store, f"hunter-2{codes[2]}").reason is Reason.LOST


@pytest.mark.parametrize(
    "change",
    ["used = NULL", "until = until + 1000000", "token = 'ffffffff'", "mark = mark"],
)
def test_a_codes_row_that_was_altered_is_refused(store, place, change):
    codes = lose(store)
    assert ask(store, codes[0]).accepted
    with written(place) as connection:
        connection.execute(sa.text(f"UPDATE replacement SET {change}"))
    if change.startswith("token"):
        assert ask(store, codes[0]).reason is Reason.LOST
    elif change.startswith("mark"):
        assert ask(store, codes[0]).reason is Reason.REPLAYED
    else:
        with pytest.raises(VerifierError, match="replacement code's row"):
            ask(store, codes[0])


def test_one_code_at_one_instant_lets_in_once(store, place):
    codes, reasons = lose(store), []

    def work():
        with open_store(place) as mine:
            reasons.extend(ask(mine, code).reason for code in codes)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(reasons) == sorted(["accepted"] * 10 + ["replayed"] * 30)


FORM = "[A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}"


def test_codes_are_of_their_form_and_differ():
    codes = replacements.draw(1000)
    assert all(re.fullmatch(FORM, code) for code in codes)
    assert len(set(codes)) == 1000


@given(st.from_regex(FORM, fullmatch=True), st.text("0123456789abcXYZ-ßıŉ", max_size=8), st.data())
def test_a_code_is_read_however_it_is_written(code, pin, data):
    alike = {"0": "0oO", "1": "1iIlL"}
    written_as = code[0] + "".join(
        data.draw(st.sampled_from(alike.get(each, each + each.lower()))) for each in code[1:]
    )
    if data.draw(st.booleans()):
        written_as = written_as.replace("-", "")
    start, read = replacements.parted(pin + written_as)
    assert (start, read.translate(str.maketrans("OIL", "011"))) == (len(pin), code.replace("-", ""))


@given(st.text("0123456789", max_size=20))
def test_digits_alone_are_never_taken_for_such_a_code(digits):
    assert replacements.parted(digits) is None
