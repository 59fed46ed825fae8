"""What the store does on PostgreSQL that a file has no need of."""

import signal
from dataclasses import replace

import pytest
import sqlalchemy as sa

from host_verify.core import Reason, State
from host_verify.database import opened, place_of
from host_verify.errors import VerifierError
from host_verify.keys import SoftwareMaster
from host_verify.service import add_token, verify
from host_verify.store import create

from .parts import MASTER, NOON, POLICY, account, code_at, open_store


@pytest.fixture
def place(postgresql):
    place = postgresql.new_database()
    create(place, SoftwareMaster(MASTER), NOON)
    return place


def test_a_store_lives_on_when_the_server_is_started_anew(postgresql, place):
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
        for turn, how in enumerate([signal.SIGINT, signal.SIGQUIT]):
            utc = NOON + 30 * turn
            postgresql.stop(how)
            with pytest.raises(VerifierError, match="cannot be reached: look after the database server"):
                verify(store, "anna", code_at(account(), utc), utc, POLICY)
            postgresql.start()
            assert verify(store, "anna", code_at(account(), utc), utc, POLICY).accepted
            # At once again: the connection that is kept has gone, and nobody notices.
            postgresql.stop(how)
            postgresql.start()
            assert verify(store, "anna", code_at(account(), utc), utc, POLICY).reason is Reason.REPLAYED


def test_a_write_on_a_connection_that_has_gone_is_told_as_not_done(postgresql, place):
    with open_store(place) as store:
        token = add_token(store, "anna", None, account(), NOON)
        postgresql.stop()
        postgresql.start()
        assert not store.change([(token, State(failures=1))])
        assert store.change([(token, State(failures=1))])


def test_acceptances_are_durable_even_where_the_server_says_otherwise(postgresql, place):
    postgresql.run(place.url.database, "ALTER ROLE fob SET synchronous_commit = off")
    try:
        with opened(place) as engine, engine.connect() as connection:
            assert connection.execute(sa.text("SHOW synchronous_commit")).scalar() == "on"
    finally:
        postgresql.run(place.url.database, "ALTER ROLE fob RESET synchronous_commit")


def test_two_that_change_the_same_tokens_in_other_orders_do_not_block_each_other(place):
    with open_store(place) as store:
        anna = add_token(store, "anna", None, account(), NOON)
        bob = add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
        assert store.change([(bob, State(failures=1)), (anna, State(failures=2))])
        anna, bob = replace(anna, version=1), replace(bob, version=1)
        assert store.change([(anna, State(failures=3)), (bob, State(failures=4))])
        assert [token.state.failures for token in store.tokens()] in ([3, 4], [4, 3])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER DATABASE {} SET default_transaction_read_only = on", "not a standby"),
        ("DROP TABLE token", "host-verify init"),
    ],
)
def test_what_is_wrong_is_named(postgresql, place, statement, said):
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
    postgresql.run(place.url.database, statement.format(place.url.database))
    with open_store(place) as store, pytest.raises(VerifierError, match=said):
        verify(store, "anna", code_at(account(), NOON), NOON, POLICY)


def test_a_missing_database_or_role_is_named(postgresql):
    with pytest.raises(VerifierError, match='database "nothing" does not exist'):
        create(place_of(postgresql.url("nothing")), SoftwareMaster(MASTER), NOON)
    stranger = place_of(postgresql.url("postgres").replace("fob@", "eve@"))
    with pytest.raises(VerifierError, match='role "eve" does not exist'):
        create(stranger, SoftwareMaster(MASTER), NOON)


def test_a_password_is_never_shown():
    place = place_of("postgresql://anna:hunter2@db.example/fob?sslpassword=hunter3")
    for text in (str(place), repr(place)):
        assert text.count("postgresql://anna@db.example/fob") == 1
        assert "hunter" not in text
