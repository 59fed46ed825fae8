"""Threads that write together: each is told of its own, and one that fails takes no other with it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from host_verify.audit import LIBRARY, Entry
from host_verify.core import State
from host_verify.errors import VerifierError
from host_verify.service import add_token

from .parts import NOON, account, open_store


@pytest.fixture
def store(place):
    with open_store(place) as store:
        for number in range(8):
            add_token(store, f"user{number}", None, account(secret=b"%20d" % number), NOON)
        yield store


def together(store, works):
    """Have all `works` wait for one turn, so that they are written in one transaction."""
    store._writer._turn.acquire()
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(work) for work in works]
        while len(store._writer._works) < len(works):
            threading.Event().wait(0.001)
        store._writer._turn.release()
        return futures


def test_what_waits_together_is_one_transaction_and_each_is_told_of_its_own(store, monkeypatch):
    transactions = []
    real = store._writer._write
    monkeypatch.setattr(store._writer, "_write", lambda batch: (transactions.append(len(batch)), real(batch)))
    tokens = store.tokens()
    works = [lambda token=token: store.change([(token, State(failures=1))]) for token in tokens]
    # Of two changes to one token, one stands; a pair of which one part no longer fits changes nothing.
    works.append(lambda: store.change([(tokens[0], State(failures=2))]))
    works.append(lambda: store.change([(tokens[1], State(failures=2)), (tokens[2], State(failures=2))]))
    kept = [future.result() for future in together(store, works)]
    assert transactions == [10]
    found = store.tokens()
    assert [token.version for token in found] == [1] * 8
    assert kept[3:8] == [True] * 5
    assert kept[0] is not kept[8]
    assert kept[1] is kept[2] is not kept[9]
    assert {token.state.failures for token in found[1:3]} == {2 if kept[9] else 1}


def test_a_row_that_is_there_takes_no_other_with_it(store):
    def add():
        entry = Entry(NOON, LIBRARY, "add", "done")
        return store.insert(
            sa.table("store", sa.column("key_mark"), sa.column("created")), {"created": None}, entry
        )

    token = store.tokens()[0]
    works = [lambda: store.change([(token, State(failures=1))]), add]
    assert [future.result() for future in together(store, works)] == [True, False]
    assert store.tokens()[0].state.failures == 1


def test_an_error_is_everybodys_and_nothing_is_kept(store):
    token = store.tokens()[0]
    works = [
        lambda: store.change([(token, State(failures=1))]),
        lambda: store.write(lambda connection: connection.execute(sa.text("SELECT nothing FROM nowhere"))),
    ]
    for future in together(store, works):
        with pytest.raises(VerifierError):
            future.result()
    assert store.tokens()[0].state.failures == 0
    assert store.change([(token, State(failures=1))])
