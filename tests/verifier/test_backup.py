"""Backups of a store in use, and what is restored of them: no code counts that may have been used since."""

import json
import os
import sqlite3
import threading

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from host_verify import audit, backup, masterkeys, restoring, schema
from host_verify.cli import cli
from host_verify.core import Reason, State, Status
from host_verify.database import file_place, written
from host_verify.errors import NotDone, VerifierError
from host_verify.keys import SoftwareMaster
from host_verify.losing import lose
from host_verify.policy import Policy
from host_verify.restoring import restore
from host_verify.service import add_token, resync, set_status, verify
from host_verify.store import create

from .parts import MASTER, NOON, POLICY, account, code_at, code_of, open_store

HOTP = account(kind="hotp", secret=b"h" * 20)
KEY = SoftwareMaster(MASTER)


@pytest.fixture
def filled(place):
    """A store with a time token of anna's, whose clock is known, and a counter token of bob's."""
    with open_store(place) as store:
        add_token(store, "anna", "A-1", account(), NOON)
        add_token(store, "bob", None, HOTP, NOON)
        give(store, NOON)
        assert verify(store, "bob", code_of(HOTP, 0), NOON, POLICY).accepted
    return place


def give(store, utc, user="anna"):
    return verify(store, user, code_at(account(), utc), utc, POLICY).reason


def back_up(place, file, utc=NOON):
    with open_store(place) as store:
        return backup.make(store, file, utc)


@pytest.fixture
def free(filled, tmp_path, request):
    """Where a store may be restored to, of the same kind of database."""
    if filled.path is not None:
        return file_place(tmp_path / "restored.db")
    return request.getfixturevalue("postgresql").new()


def rows(place):
    """All that a store holds, but for what a restoration ends or adds."""
    with open_store(place) as store:
        return {
            table.name: sorted(map(repr, store.read(sa.select(table))))
            for table in schema.metadata.sorted_tables
            if table.name not in ("replacement", "operator_session")
        }


def test_a_backup_is_the_whole_store_in_a_file_of_its_owners(filled, tmp_path):
    done = back_up(filled, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").stat().st_mode & 0o777 == 0o600
    assert rows(file_place(tmp_path / "backup.db")) == rows(filled)
    with open_store(tmp_path / "backup.db") as store:
        assert (done.tokens, done.entries, done.head) == (2, 6, audit.examine(store).head)
        assert audit.latest(store, 1)[0].entry.action == "backup"


def test_what_is_restored_is_what_was_backed_up_but_for_what_may_have_been_used(filled, free, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    content = (tmp_path / "backup.db").read_bytes()
    restore(tmp_path / "backup.db", free, KEY, NOON + 3600, POLICY)
    assert (tmp_path / "backup.db").read_bytes() == content
    before, after = rows(filled), rows(free)
    assert before.keys() == after.keys()
    same = [name for name in before if name not in ("token", "audit", "audit_head")]
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert after["audit"][: len(before["audit"])] == before["audit"]
    with open_store(free) as store:
        assert audit.examine(store).faults == []
        assert [each.entry.action for each in audit.latest(store, 2)] == ["backup", "restore"]


@pytest.mark.parametrize("offset", [0, -20, 45, 600])
def test_no_time_code_that_was_used_since_the_backup_counts_again(filled, free, tmp_path, offset):
    with open_store(filled) as store:
        codes = [code_at(account(), NOON + 600 + offset + after) for after in (0, 30)]
        assert resync(store, "anna", *codes, NOON + 630, POLICY).accepted
    back_up(filled, tmp_path / "backup.db", NOON + 700)
    start, used = NOON + 4000, []
    with open_store(filled) as store:
        for utc in range(start, start + 600, 30):
            code = code_at(account(), utc + offset)
            assert verify(store, "anna", code, utc, POLICY).accepted
            used.append(code)
    now = start + 600
    done = restore(tmp_path / "backup.db", free, KEY, now, POLICY)
    assert done.steps == 1
    with open_store(free) as store:
        for code in used:
            assert not verify(store, "anna", code, now, Policy(throttle_after=1000, lock_after=1000)).accepted
        set_status(store, store.tokens("anna")[0].id, Status.ACTIVE, now)
        # As was told, within that time there is a code that counts.
        later = now + done.wait
        assert verify(store, "anna", code_at(account(), later + offset), later, POLICY).accepted
        assert done.wait <= (POLICY.notice_window + 3) * 30


def test_a_counter_token_is_suspended_until_two_codes_show_where_it_stands(filled, free, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    with open_store(filled) as store:
        used = [code_of(HOTP, counter) for counter in range(1, 6)]
        for code in used:
            assert verify(store, "bob", code, NOON, POLICY).accepted
        (bob,) = store.tokens("bob")
    done = restore(tmp_path / "backup.db", free, KEY, NOON + 60, POLICY)
    assert done.counters == [bob.id]
    with open_store(free) as store:
        for code in used:
            assert verify(store, "bob", code, NOON + 60, POLICY).reason is Reason.SUSPENDED
        set_status(store, bob.id, Status.ACTIVE, NOON + 60)
        assert resync(store, "bob", code_of(HOTP, 6), code_of(HOTP, 7), NOON + 60, POLICY).accepted
        assert all(not verify(store, "bob", code, NOON + 60, POLICY).accepted for code in used)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.LOST])
def test_a_counter_token_that_was_out_of_use_is_named_and_stays_so(filled, free, tmp_path, status):
    with open_store(filled) as store:
        (bob,) = store.tokens("bob")
        if status is Status.LOST:
            lose(store, bob.id, NOON)
        else:
            set_status(store, bob.id, status, NOON)
    back_up(filled, tmp_path / "backup.db")
    done = restore(tmp_path / "backup.db", free, KEY, NOON + 60, POLICY)
    assert done.counters == [bob.id]
    with open_store(free) as store:
        assert store.token(bob.id).state.status is status


def test_counters_may_be_kept_and_are_named(filled, free, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    done = restore(tmp_path / "backup.db", free, KEY, NOON + 60, POLICY, keep_counters=True)
    assert len(done.counters) == 1
    with open_store(free) as store:
        assert verify(store, "bob", code_of(HOTP, 1), NOON + 60, POLICY).accepted


def test_what_was_given_out_for_a_while_is_ended(filled, free, tmp_path):
    with written(filled) as connection:
        row = {"token": "00000000", "created": NOON, "until": NOON + 9, "used": None, "mark": b"m"}
        connection.execute(schema.replacement.insert(), row | {"digest": b"d"})
        row = {"digest": b"s", "operator": "anna", "created": NOON, "seen": NOON, "mark": b"m"}
        connection.execute(schema.operator_session.insert(), row)
    back_up(filled, tmp_path / "backup.db")
    assert restore(tmp_path / "backup.db", free, KEY, NOON, POLICY).ended == 1
    with open_store(free) as store:
        assert store.read(sa.select(schema.replacement)) == []
        assert store.read(sa.select(schema.operator_session)) == []


def test_a_backup_made_under_load_is_of_one_instant(filled, tmp_path):
    stop, errors = threading.Event(), []

    def work():
        try:
            with open_store(filled) as store:
                counter = 1
                while not stop.is_set():
                    assert verify(store, "bob", code_of(HOTP, counter), NOON, POLICY).accepted
                    counter += 1
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for turn in range(4):
            done = back_up(filled, tmp_path / f"backup{turn}.db")
            with open_store(tmp_path / f"backup{turn}.db") as store:
                found = audit.examine(store)
                assert found.faults == []
                assert found.entries == done.entries
                accepted = sum(each.entry.action == "verify" for each in audit.every(store))
                # The token's row and the audit are of the same instant.
                assert store.tokens("bob")[0].state.next_step == accepted - 1
    finally:
        stop.set()
        thread.join(60)
    assert errors == []


def test_what_is_restored_is_at_no_time_readable_by_others(tmp_path, monkeypatch):
    place = file_place(tmp_path / "verifier.db")
    create(place, KEY, NOON)
    modes = {}

    def look(unfinished, *arguments):
        found = unfinished.path.parent.glob(unfinished.path.name + "*")
        modes.update({each.name[-4:]: each.stat().st_mode & 0o777 for each in found})
        return upgrade(unfinished, *arguments)

    upgrade = restoring.migrate.upgrade
    monkeypatch.setattr(restoring.migrate, "upgrade", look)
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
        assert (tmp_path / "verifier.db-wal").exists()
        restore(place.path, file_place(tmp_path / "new.db"), KEY, NOON, POLICY)
    assert "-wal" in modes
    assert set(modes.values()) == {0o600}


def test_neither_overwrites_anything(filled, tmp_path):
    file = tmp_path / "backup.db"
    back_up(filled, file)
    before = file.read_bytes()
    with open_store(filled) as store:
        entries = audit.examine(store).entries
        with pytest.raises(NotDone, match="exists already"):
            backup.make(store, file, NOON)
        assert audit.examine(store).entries == entries
    assert file.read_bytes() == before
    whole = rows(filled)
    with pytest.raises(NotDone, match=r"(exists|holds a store) already.*nothing was changed"):
        restore(file, filled, KEY, NOON, POLICY)
    assert rows(filled) == whole


def test_what_a_store_has_left_beside_it_is_not_mixed_with_the_restored_one(filled, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    left = tmp_path / "new.db-wal"
    left.write_bytes(b"of another")
    with pytest.raises(NotDone, match="put it away"):
        restore(tmp_path / "backup.db", file_place(tmp_path / "new.db"), KEY, NOON, POLICY)
    assert left.read_bytes() == b"of another"
    assert not (tmp_path / "new.db").exists()


def left_nothing(free):
    if free.path is not None:
        assert not [name for name in os.listdir(free.path.parent) if name.startswith("restored")]
    else:
        with pytest.raises(VerifierError, match="is not a verifier's store"):
            open_store(free)


def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_left(filled, free, tmp_path):
    file = tmp_path / "backup.db"
    back_up(filled, file)
    whole = file.read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(VerifierError, match=r"backup.db.*(damaged|not a verifier's store)"):
            restore(file, free, KEY, NOON, POLICY)
        left_nothing(free)
    file.write_bytes(whole)
    for statement, said in (
        ("UPDATE audit SET reason = 'wrong_code' WHERE seq = 4", "not as it was written"),
        ("UPDATE token SET digits = 8", "damaged or altered"),
    ):
        file.write_bytes(whole)
        with sqlite3.connect(file) as database:
            database.execute(statement)
        database.close()
        with pytest.raises(VerifierError, match=said):
            restore(file, free, KEY, NOON, POLICY)
        left_nothing(free)


def test_a_backup_of_another_key_or_from_the_future_is_refused(filled, free, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    with pytest.raises(VerifierError, match=r"backup.db was made with another key"):
        restore(tmp_path / "backup.db", free, SoftwareMaster(bytes(32)), NOON, POLICY)
    with pytest.raises(VerifierError, match="set the clock"):
        restore(tmp_path / "backup.db", free, KEY, NOON - 1, POLICY)
    with pytest.raises(VerifierError, match="there is no backup"):
        restore(tmp_path / "none.db", free, KEY, NOON, POLICY)
    left_nothing(free)


def test_a_backup_goes_from_one_database_to_the_other(filled, tmp_path, postgresql):
    back_up(filled, tmp_path / "backup.db")
    other = postgresql.new() if filled.path is not None else file_place(tmp_path / "other.db")
    restore(tmp_path / "backup.db", other, KEY, NOON + 600, POLICY)
    with open_store(other) as store:
        assert audit.examine(store).faults == []
        utc = NOON + 600 + (POLICY.notice_window + 2) * 30
        assert give(store, utc) is Reason.ACCEPTED
        assert give(store, utc) is Reason.REPLAYED


def test_an_older_releases_store_is_restored_in_this_ones_format(tmp_path):
    from .test_migrate import RELEASED

    place = file_place(tmp_path / "new.db")
    done = restore(RELEASED, place, KEY, NOON + 600, POLICY)
    with open_store(place) as store:
        assert len(store.tokens()) == done.tokens
        assert audit.examine(store).faults == []


def test_a_backup_needs_the_key_of_then(filled, free, tmp_path):
    back_up(filled, tmp_path / "backup.db")
    new = SoftwareMaster(b"n" * 32)
    with open_store(filled) as store:
        old = masterkeys.opening(store, KEY)
        masterkeys.add(store, KEY, new, NOON)
        masterkeys.remove(store, new, old.id, NOON)
    with pytest.raises(VerifierError, match="another key"):
        restore(tmp_path / "backup.db", free, new, NOON, POLICY)
    restore(tmp_path / "backup.db", free, KEY, NOON, POLICY)
    open_store(free).close()


def test_many_tokens_are_restored_page_by_page(tmp_path, monkeypatch):
    monkeypatch.setattr("host_verify.restoring._AT_ONCE", 3)
    place = file_place(tmp_path / "many.db")
    create(place, KEY, NOON)
    with open_store(place) as store:
        for number in range(10):
            add_token(store, f"user{number}", None, account(secret=b"%020d" % number), NOON)
        token = store.tokens("user4")[0]
        store.change([(token, replace_state(token.state))])
    back_up(place, tmp_path / "backup.db")
    done = restore(tmp_path / "backup.db", file_place(tmp_path / "new.db"), KEY, NOON, POLICY)
    assert (done.tokens, done.steps) == (10, 9)
    with open_store(tmp_path / "new.db") as store:
        assert [token.state.next_step > 0 for token in store.tokens()].count(True) == 9


def replace_state(state: State) -> State:
    return state._replace(status=Status.REVOKED)


def test_the_commands_say_what_they_did_and_what_has_to_be_done(empty_place, tmp_path, request):
    sqlite = empty_place.path is not None
    free = file_place(tmp_path / "restored.db") if sqlite else request.getfixturevalue("postgresql").new()
    create(empty_place, KEY, 1_700_000_000)  # the command has this machine's clock, which is after that
    with open_store(empty_place) as store:
        add_token(store, "anna", "A-1", account(), 1_700_000_000)
        add_token(store, "bob", None, HOTP, 1_700_000_000)

    def run(place, *arguments, status=0):
        url = place.url.set(drivername=place.url.get_backend_name()).render_as_string(hide_password=False)
        env = {"HOST_VERIFY_STORE": url, "FOB_KEY": MASTER.hex(), "COLUMNS": "80"}
        result = CliRunner().invoke(cli, ["--key-env", "FOB_KEY", *arguments], env=env)
        assert result.exit_code == status, result.output
        return result.output

    file = str(tmp_path / "backup.db")
    assert "2 tokens, 4 entries of the audit" in run(empty_place, "backup", file)
    said = run(free, "restore", file)
    assert "1 time tokens: all codes until now are used up" in said
    assert "1 counter tokens are suspended" in said
    run(free, "audit", "verify")
    assert "already: nothing was changed" in run(free, "restore", file, status=1)
    listed = json.loads(run(free, "--json", "token", "list"))["tokens"]
    assert {token["status"] for token in listed} == {"active", "suspended"}
