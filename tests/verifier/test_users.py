"""Users: they come with their first token or by hand, are locked by hand, and go when they have no token."""

import threading

import pytest
import sqlalchemy as sa
from tokencore.errors import BadValue

from host_verify import audit, pins, users
from host_verify.database import written
from host_verify.errors import NotDone, VerifierError
from host_verify.intake import Seed, take
from host_verify.service import add_token, assign, unassign

from .parts import NOON, account, open_store


@pytest.fixture
def store(place):
    with open_store(place) as store:
        yield store


def names(store):
    return [each.name for each in users.page(store, "", 100)]


def test_whoever_is_given_a_token_is_a_user(store):
    token = add_token(store, "anna", None, account(), NOON)
    seeds = [Seed("line 1", account(secret=b"b" * 20), "bob"), Seed("line 2", account(secret=b"n" * 20))]
    take(store, seeds, NOON + 1, "a list")
    assign(store, token.id, "zo\u00eb", NOON + 2)
    assert [(each.name, each.created - NOON) for each in users.page(store, "", 100)] == [
        ("anna", 0), ("bob", 1), ("zo\u00eb", 2),
    ]  # fmt: skip
    assert [each.name for each in users.page(store, "anna", 1)] == ["bob"]


def test_a_user_is_added_once_and_under_a_name_that_can_be_one(store):
    users.add(store, "Zoe\u0308", NOON)
    with pytest.raises(NotDone, match="is there already"):
        users.add(store, "Zo\u00eb", NOON)
    with pytest.raises(BadValue, match=r"^user: "):
        users.add(store, " anna", NOON)
    assert names(store) == ["Zo\u00eb"]


def test_a_user_is_removed_only_without_tokens(store):
    token = add_token(store, "anna", None, account(), NOON)
    with pytest.raises(NotDone, match=r"has tokens.*token unassign"):
        users.remove(store, "anna", NOON)
    assert unassign(store, token.id, NOON).user == ""
    users.remove(store, "anna", NOON)
    assert names(store) == []
    with pytest.raises(NotDone, match="no user has that name"):
        users.remove(store, "anna", NOON)
    found = [(each.entry.action, each.entry.user) for each in audit.every(store)][2:]
    assert found == [("unassign", "anna"), ("remove user", "anna")]


def test_a_user_who_is_removed_while_he_is_given_a_token_is_there_afterwards(place):
    """Whichever comes first, no token has a user without a row."""
    with open_store(place) as store:
        tokens = [add_token(store, "bob", None, account(secret=b"%020d" % n), NOON) for n in range(12)]
    faults = []

    def work(mine):
        with open_store(place) as store:
            for token in mine:
                try:
                    assign(store, token.id, "anna", NOON)
                    unassign(store, token.id, NOON)
                    users.remove(store, "anna", NOON)
                except NotDone as refusal:
                    # Another has given him a token, or has removed him.
                    faults.append(str(refusal))
                except VerifierError as error:
                    faults.append(f"fault: {error}")

    threads = [threading.Thread(target=work, args=(tokens[n::4],)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not [each for each in faults if each.startswith("fault")]
    with open_store(place) as store:
        owners = {token.user for token in store.tokens()} - {""}
        assert owners <= set(names(store))
        assert audit.examine(store).faults == []


def test_a_users_row_that_was_altered_is_refused(store, place):
    users.add(store, "anna", NOON)
    users.lock(store, "anna", NOON)
    with written(place) as connection:
        connection.execute(sa.text("UPDATE person SET locked = NULL"))
    with pytest.raises(VerifierError, match=r"row of user 'anna' is missing or was altered"):
        users.find(store, "anna")


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("", "4 to 64"), ("123", "4 to 64"), ("x" * 65, "4 to 64"), ("47 11", "spaces"), ("47\n11", "spaces"),
        ("47\u200b11", "invisible"), ("1111", "guessed first"), ("1234", "guessed first"),
        ("9876", "guessed first"), ("abcd", "guessed first"),
    ],
)  # fmt: skip
def test_a_pin_that_cannot_be_one_or_is_guessed_first_is_refused_and_not_repeated(store, pin, why):
    users.add(store, "anna", NOON)
    with pytest.raises(BadValue, match=why) as refusal:
        users.set_pin(store, "anna", pin, NOON)
    assert not pin or pin not in str(refusal.value).replace("a row like 1234", "")
    assert users.find(store, "anna").pin is None


def test_a_pin_is_the_one_users_who_is_there_when_it_is_set(store, monkeypatch):
    users.add(store, "anna", NOON)
    change = store.change

    def meanwhile(*given):
        monkeypatch.setattr(store, "change", change)
        users.remove(store, "anna", NOON)
        users.add(store, "anna", NOON + 1)
        users.lock(store, "anna", NOON + 1)
        return change(*given)

    monkeypatch.setattr(store, "change", meanwhile)
    users.set_pin(store, "anna", "geheim-4711", NOON)
    typed = "geheim-4711"
    assert pins.prove(store.sealer, store.place, users.find(store, "anna"), typed, len(typed)).right


def test_a_pin_is_nowhere_in_the_store(store, place):
    users.add(store, "anna", NOON)
    users.set_pin(store, "anna", "geheim-4711", NOON)
    found = users.find(store, "anna")
    assert "4711" not in repr(found)
    assert b"4711" not in found.pin
    assert not any("4711" in repr(each) for each in audit.every(store))
    assert (found.pin_set, users.drop_pin(store, "anna", NOON + 1).pin) == (NOON, None)
