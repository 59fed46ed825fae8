"""Operators: passwords that are kept as digests, sessions that end, rows that nobody else can write."""

import pytest
import sqlalchemy as sa
from tokencore.errors import BadValue

from host_verify import audit, operator_sessions, operators, schema
from host_verify.apikeys import Scope
from host_verify.errors import NotDone, VerifierError
from host_verify.operator_sessions import IDLE, LONGEST
from host_verify.service import add_token

from .parts import NOON, account, open_store

PASSWORD = "correct horse battery"


@pytest.fixture
def store(place):
    with open_store(place) as store:
        add_token(store, "petra", None, account(), NOON)
        yield store


@pytest.fixture
def petra(store):
    return operators.add(store, "petra", Scope.HELPDESK, PASSWORD, NOON)


def change(store, table, **values):
    store.write(lambda connection: connection.execute(sa.update(table).values(values)).rowcount > 0)


def test_a_password_is_known_again_and_no_other(store, petra):
    assert operators.find(store, "petra") == petra
    assert operators.is_password(store, petra, PASSWORD)
    assert not operators.is_password(store, petra, PASSWORD + "!")
    assert not operators.is_password(store, petra, "x" * 5000)
    assert not operators.is_password(store, None, PASSWORD)


def test_one_password_is_one_however_it_is_typed(store):
    made = operators.add(store, "petra", Scope.ADMIN, "Zo\u00eb geht nach Hause", NOON)
    assert operators.is_password(store, made, "Zoe\u0308 geht nach Hause")


def test_nothing_tells_the_password(store, petra):
    assert PASSWORD not in repr(petra)
    assert petra.password.hex() not in repr(petra)
    row = store.read(sa.select(schema.operator))[0]
    assert PASSWORD.encode() not in b"".join(value for value in row if isinstance(value, bytes))
    assert all(PASSWORD not in str(entry) for entry in audit.every(store))


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 1025])
def test_a_password_that_cannot_be_is_refused_without_being_told(store, password):
    with pytest.raises(BadValue) as refused:
        operators.add(store, "petra", Scope.ADMIN, password, NOON)
    assert not password or password not in str(refused.value)
    assert operators.every(store) == []


def test_an_operator_needs_a_token_and_is_added_once(store, petra):
    with pytest.raises(NotDone, match="has no token"):
        operators.add(store, "quentin", Scope.ADMIN, PASSWORD, NOON)
    with pytest.raises(NotDone, match="is an operator"):
        operators.add(store, "petra", Scope.ADMIN, PASSWORD, NOON)
    assert [each.name for each in operators.every(store)] == ["petra"]


def test_no_session_begins_by_what_ended_while_it_was_looked_at(store, petra):
    operators.set_password(store, "petra", PASSWORD + "!", NOON)
    assert operator_sessions.begin(store, petra, NOON) is None
    now = operators.in_force(store, "petra")
    operators.revoke(store, "petra", NOON)
    assert operator_sessions.begin(store, now, NOON) is None
    assert store.read(sa.select(schema.operator_session)) == []


def test_a_revoked_operator_is_out_at_once_and_may_come_back(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    operators.revoke(store, "petra", NOON + 1)
    assert operator_sessions.find(store, cookie, NOON + 1) is None
    assert operators.find(store, "petra") is None
    with pytest.raises(NotDone):
        operators.revoke(store, "petra", NOON + 2)
    again = operators.add(store, "petra", Scope.ADMIN, PASSWORD, NOON + 3)
    assert operators.every(store) == [again]
    assert operator_sessions.find(store, cookie, NOON + 3) is None


def test_another_password_ends_the_sessions(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    changed = operators.set_password(store, "petra", "another long password", NOON)
    assert operator_sessions.find(store, cookie, NOON) is None
    assert operators.is_password(store, changed, "another long password")
    assert not operators.is_password(store, changed, PASSWORD)


def test_a_session_ends_when_it_lies_idle_and_by_itself(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    assert operator_sessions.find(store, cookie, NOON + IDLE - 1) == petra
    assert operator_sessions.find(store, cookie, NOON + IDLE + 1) == petra  # it was seen meanwhile
    for utc in range(NOON + IDLE + 1, NOON + LONGEST, IDLE - 60):
        assert operator_sessions.find(store, cookie, utc) == petra
    assert operator_sessions.find(store, cookie, NOON + LONGEST) is None
    idle = operator_sessions.begin(store, petra, NOON)
    assert operator_sessions.find(store, idle, NOON + IDLE) is None


def test_a_session_ends_by_sign_out_and_others_go_on(store, petra):
    first, second = (operator_sessions.begin(store, petra, NOON) for _ in range(2))
    operator_sessions.end(store, first, petra, NOON)
    assert operator_sessions.find(store, first, NOON) is None
    assert operator_sessions.find(store, second, NOON) == petra
    assert operator_sessions.find(store, "", NOON) is None
    assert operator_sessions.find(store, second[:-1], NOON) is None


def test_the_store_has_no_cookie_that_could_be_sent(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    row = store.read(sa.select(schema.operator_session))[0]
    assert cookie not in str(tuple(row))
    assert all(cookie not in str(entry) for entry in audit.every(store))
    assert operator_sessions.form_mark(store, cookie) not in str(tuple(row))


def test_a_scope_or_a_revocation_that_was_edited_is_damage(store, petra):
    change(store, schema.operator, scope="admin")
    with pytest.raises(VerifierError, match="was altered"):
        operators.find(store, "petra")


def test_a_session_that_was_edited_is_nobodys(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    change(store, schema.operator_session, created=NOON + LONGEST)
    assert operator_sessions.find(store, cookie, NOON) is None


def test_sessions_that_have_ended_are_cleared_away(store, petra):
    operator_sessions.begin(store, petra, NOON)
    operator_sessions.begin(store, petra, NOON + IDLE)
    assert len(store.read(sa.select(schema.operator_session))) == 1


def test_everything_is_in_the_audit(store, petra):
    cookie = operator_sessions.begin(store, petra, NOON)
    operator_sessions.end(store, cookie, petra, NOON)
    operators.set_password(store, "petra", "another long password", NOON)
    operators.revoke(store, "petra", NOON)
    said = [(each.entry.action, each.entry.reason) for each in audit.every(store)][-5:]
    assert said == [
        ("add operator", "helpdesk"),
        ("sign in", "done"),
        ("sign out", "done"),
        ("set operator's password", "done"),
        ("revoke operator", "helpdesk"),
    ]
