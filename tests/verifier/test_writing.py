"""Threads that write together: each is told of its own, and one that fails takes no other with it."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from host_verify import flushing, judging
from host_verify.audit import LIBRARY, Entry
from host_verify.core import Reason, State
from host_verify.errors import VerifierError
from host_verify.service import add_token, verify

from .parts import NOON, POLICY, account, code_at, new_store, open_store


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


def test_what_never_gets_its_turn_is_told_as_the_stores_failure(store, monkeypatch):
    class Conflict(Exception):
        sqlstate = "40001"

    def lose(*_):
        raise sa.exc.OperationalError("", {}, Conflict())

    monkeypatch.setattr(judging.Together, "read", lose)
    with pytest.raises(VerifierError, match="changes too fast"):
        verify(store, "user0", "000000", NOON, POLICY)


def test_nothing_is_told_before_the_log_in_use_is_on_the_disk(tmp_path, monkeypatch):
    file = new_store(tmp_path)
    flushed = []

    def flush(handle):
        # The log that SQLite writes now, with what the transaction has just put there.
        assert os.path.samestat(os.fstat(handle), os.stat(f"{file}-wal"))
        flushed.append(os.fstat(handle).st_size)

    monkeypatch.setattr(flushing, "_flushed", flush)
    with open_store(file) as store:
        for number in range(3):
            add_token(store, "anna", None, account(secret=b"%20d" % number), NOON)
            assert len(flushed) == number + 1
        verify(store, "anna", "000000", NOON, POLICY)
        assert len(flushed) == 4
        assert flushed == sorted(flushed)
        assert flushed[0] > 0


def test_the_log_is_looked_for_again_when_all_others_have_closed(tmp_path):
    disk = flushing.Disk(new_store(tmp_path))
    for number in range(2):  # SQLite removes the log with the last connection
        with open_store(tmp_path / "verifier.db") as store:
            add_token(store, "anna", None, account(secret=b"%20d" % number), NOON)
            disk.ended += 1
            disk.flush(disk.ended)
            assert os.path.samestat(os.fstat(disk._file), os.stat(tmp_path / "verifier.db-wal"))
    disk.close()


def test_a_flush_that_fails_is_told_and_the_next_one_does_not_rely_on_it(tmp_path, monkeypatch):
    broken = True
    copied = []

    def flush(handle):
        if broken:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(flushing, "_flushed", flush)
    monkeypatch.setattr(flushing.Disk, "_copy_all", lambda _: copied.append(1))
    token = account()
    file = new_store(tmp_path)
    with open_store(file) as store:
        with pytest.raises(VerifierError, match="look after the disk"):
            add_token(store, "anna", None, token, NOON)
        broken = False
        assert verify(store, "anna", code_at(token, NOON), NOON, POLICY).accepted
        assert len(copied) == 1
        assert verify(store, "anna", code_at(token, NOON), NOON, POLICY).reason is Reason.REPLAYED
        assert len(copied) == 1


def test_after_a_flush_that_failed_the_database_holds_what_the_log_did(tmp_path):
    file = new_store(tmp_path)
    with open_store(file) as store:
        add_token(store, "anna", None, account(), NOON)
        assert os.stat(f"{file}-wal").st_size
        disk = flushing.Disk(file)
        disk._unsure = True
        disk.ended = 1
        disk.flush(1)
        assert os.stat(f"{file}-wal").st_size == 0
        disk.close()
        alone = tmp_path / "alone.db"
        alone.write_bytes(file.read_bytes())
    with open_store(alone) as store:
        assert [token.user for token in store.tokens()] == ["anna"]
