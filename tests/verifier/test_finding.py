"""Which token gave a code: the right one, the odds of a wrong one, and nothing used up by it."""

from math import isclose

import pytest
import sqlalchemy as sa
from tokencore.errors import BadValue

from host_verify import audit, finding, service
from host_verify.apikeys import Scope
from host_verify.core import Reason, Status
from host_verify.database import written
from host_verify.policy import Policy

from .asking import TOKEN
from .parts import NOON, POLICY, account, code_at, code_of, new_store, open_store

HOTP = account(kind="hotp", secret=b"h" * 20, counter=7)
ODD = account(secret=b"o" * 70, algorithm="SHA512", digits=8, period=60, t0=15, issuer='Zoë \\ "x" \x7e')
OTHERS = 40


@pytest.fixture
def store(place):
    with open_store(place) as store:
        for number in range(OTHERS):
            service.add_token(store, f"user{number}", None, account(secret=b"%020d" % number), NOON)
        service.add_token(store, "zoë", "Ü-7", ODD, NOON)
        service.add_token(store, "bob", "B-1", HOTP, NOON)
        yield store


@pytest.mark.parametrize("drift", ["no list", "[1]", '["1", "2", "3", "4", "5", "6"]'])
def test_a_token_whose_row_was_altered_hides_no_other(store, place, drift):
    with written(place) as connection:
        altered = sa.text("UPDATE token SET drift = :drift WHERE \"user\" = 'user3'")
        connection.execute(altered, {"drift": drift})
        connection.execute(sa.text("UPDATE token SET next_step = 'x' WHERE \"user\" = 'bob'"))
    assert "user7" in names(
        finding.find(store, code_at(account(secret=b"%020d" % 7), NOON), None, NOON, POLICY)
    )


def names(search):
    return [match.token.user for match in search.matches]


def test_the_token_is_found_by_its_code_whatever_its_parameters(store):
    mine = account(secret=b"%020d" % 7)
    for user, code in (
        ("user7", code_at(mine, NOON)),
        ("zoë", code_at(ODD, NOON)),
        ("bob", code_of(HOTP, 9)),
    ):
        assert user in names(finding.find(store, code, None, NOON, POLICY)), user
    assert names(
        finding.find(store, code_at(ODD, NOON)[:4] + " " + code_at(ODD, NOON)[4:], None, NOON, POLICY)
    ) == ["zoë"]
    assert "user7" not in names(finding.find(store, code_at(mine, NOON + 3600), None, NOON, POLICY))


def test_a_second_code_makes_it_certain(store, monkeypatch):
    mine = account(secret=b"%020d" % 7)
    pair = code_at(mine, NOON - 30), code_at(mine, NOON)
    search = finding.find(store, *pair, NOON, POLICY)
    assert names(search) == ["user7"]
    assert search.matches[0].step == NOON // 30 - 1
    assert search.chance < 1e-9
    assert finding.find(store, *reversed(pair), NOON, POLICY).matches == []


def test_the_odds_of_a_wrong_token_are_those_that_arbitrary_codes_show(store):
    """Of the million codes, as many name a token as the answer says would by chance."""
    wide = Policy(window=10, look_ahead=100)
    search = finding.find(store, "000000", None, NOON, wide)
    named = {code_of(HOTP, counter) for counter in range(108)}
    for number in range(OTHERS):
        mine = account(secret=b"%020d" % number)
        named |= {code_at(mine, NOON + 30 * shift) for shift in range(-10, 11)}
    assert (search.tokens, search.codes) == (OTHERS + 1, OTHERS * 21 + 108)
    assert isclose(search.expected, search.codes / 1e6)
    assert isclose(search.chance, len(named) / 1e6, rel_tol=0.02)


def test_a_search_uses_nothing_up_and_is_in_the_audit_without_its_code(store):
    mine = account(secret=b"%020d" % 7)
    code = code_at(mine, NOON)
    finding.find(store, code, None, NOON, POLICY)
    assert service.verify(store, "user7", code, NOON, POLICY).reason is Reason.ACCEPTED
    entries = audit.latest(store, 2)
    assert entries[0].entry.action == "find token"
    assert entries[0].entry.reason == f"1 of {OTHERS + 1}"
    assert code not in repr(entries)
    assert audit.examine(store).faults == []


def test_a_revoked_token_is_nobodys_and_a_known_clock_is_followed(store):
    mine = account(secret=b"%020d" % 7)
    token = store.tokens("user7")[0]
    service.verify(store, "user7", code_at(mine, NOON + 30), NOON, POLICY)
    later = NOON + 3600
    assert names(finding.find(store, code_at(mine, later + 30), None, later, POLICY)) == ["user7"]
    service.set_status(store, token.id, Status.REVOKED, NOON)
    assert names(finding.find(store, code_at(mine, later + 30), None, later, POLICY)) == []


@pytest.mark.parametrize(
    "codes",
    [
        ("12345", None),
        ("".join(chr(0xFF11 + digit) for digit in range(6)), None),
        ("123456", "1234567"),
        ("", None),
    ],
)
def test_what_is_no_code_is_said(tmp_path, codes):
    with open_store(new_store(tmp_path)) as store, pytest.raises(BadValue):
        finding.find(store, *codes, NOON, POLICY)


def test_helpdesk_may_search_over_http_and_a_login_may_not(web):
    body = {"code": code_at(TOKEN, NOON)}
    web.ask("POST", "/v1/tokens/find", Scope.VERIFY, 403, json=body)
    found = web.ask("POST", "/v1/tokens/find", Scope.HELPDESK, json=body).json()
    assert [(each["token"], each["user"]) for each in found["found"]] == [(web.token.id, "anna")]
    assert found["tokens"] == 1
    assert found["chance"] == pytest.approx(3e-6, rel=0.01)
    assert web.ask("POST", "/v1/tokens/find", Scope.HELPDESK, 422, json={"code": "12"}).json()["error"]
