"""The store: what it keeps, what it hides, and what it says when its file is not well."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from base64 import b32encode
from dataclasses import replace
from pathlib import Path

import pytest
from tokencore.errors import BadValue

from host_verify.core import Reason, State, Status
from host_verify.database import file_place, place_of
from host_verify.drift import Drift
from host_verify.errors import NotDone, VerifierError
from host_verify.keys import SoftwareMaster
from host_verify.policy import Policy
from host_verify.service import add_token, verify
from host_verify.store import Store, create
from host_verify.windows import Noticed

from .parts import MASTER, NOON, POLICY, SECRET, account, code_at, new_store, open_store


@pytest.fixture
def path(tmp_path):
    """A store with two users' tokens."""
    path = new_store(tmp_path)
    with open_store(path) as store:
        add_token(store, "anna", "A-1", account(), NOON)
        add_token(store, "bob", None, account(secret=b"b" * 20, kind="hotp", counter=2**64 - 1), NOON)
    return path


def edit(path, statement, *values):
    """Change the file behind the verifier's back."""
    with sqlite3.connect(path) as database:
        database.execute(statement, values)
    database.close()


def test_a_token_is_read_as_it_was_written(path):
    states = [
        State(),
        State(Status.SUSPENDED, 2**64, 7, NOON),
        State(next_step=60_000_001, drift=Drift(NOON, 0.1 + 0.2, -1e-7, 90.0, 1e-300, 2.5e-9)),
        State(failures=1, failed_at=NOON, noticed=Noticed(NOON, 60_000_005)),
        State(failures=1, drift=Drift(NOON, -3.5, 1e-6, 9.0, 0.0, 1e-12), noticed=Noticed(NOON, 60_000_005)),
    ]
    with open_store(path) as store:
        for state in states:
            assert store.change([(store.tokens("anna")[0], state)])
            with open_store(path) as other:
                assert other.tokens("anna")[0].state == state


def test_the_largest_counter_is_kept(path):
    with open_store(path) as store:
        assert store.tokens("bob")[0].state.next_step == 2**64 - 1


def test_a_change_is_refused_if_the_token_was_changed_meanwhile(path):
    with open_store(path) as first, open_store(path) as second:
        (anna,), (bob,) = first.tokens("anna"), first.tokens("bob")
        assert second.change([(second.tokens("anna")[0], State(failures=1))])
        assert not first.change([(bob, State(failures=9)), (anna, State(failures=5))])
        assert [token.state.failures for token in (*first.tokens("anna"), *first.tokens("bob"))] == [1, 0]


def test_secrets_and_serials_stand_once(path):
    with open_store(path) as store:
        with pytest.raises(NotDone, match="of user anna has this secret"):
            store.add("bob", None, account(name="other", digits=8), NOON)
        with pytest.raises(NotDone, match="of user anna has this serial"):
            store.add("bob", "A-1", account(secret=b"c" * 20), NOON)
        assert len(store.tokens()) == 2


def test_no_seed_can_be_read_from_the_files_or_from_a_repr(path):
    with open_store(path) as store:
        token = store.tokens("anna")[0]
        shown = repr(token) + repr(store.key(token)) + repr(SoftwareMaster(MASTER)) + repr(store.sealer)
        files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for form in (SECRET, SECRET.hex().encode(), b32encode(SECRET), MASTER, MASTER.hex().encode()):
        assert form not in files
        assert form.decode("latin-1") not in shown


def test_the_file_is_its_owners_alone(path):
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE token SET next_step = '0' WHERE user = ?", ["anna"]),
        ("UPDATE token SET failures = 0, version = 0 WHERE user = ?", ["anna"]),
        ("UPDATE token SET status = 'active' WHERE user = ?", ["anna"]),
        ("UPDATE token SET status = 'nonsense' WHERE user = ?", ["anna"]),
        ("UPDATE token SET drift = '[1, 2' WHERE user = ?", ["anna"]),
        ("UPDATE token SET drift = '[1]' WHERE user = ?", ["anna"]),
        ("UPDATE token SET drift = '[1, 2, 3]' WHERE user = ?", ["anna"]),
        ("UPDATE token SET next_step = 'x' WHERE user = ?", ["anna"]),
        ("UPDATE token SET user = 'anna' WHERE user = ?", ["bob"]),
        ("UPDATE token SET digits = 8 WHERE user = ?", ["anna"]),
        ("UPDATE token SET sealed = x'00' WHERE user = ?", ["anna"]),
        ("UPDATE token SET sealed = (SELECT sealed FROM token WHERE user = 'bob') WHERE user = ?", ["anna"]),
        ("UPDATE token SET name = CAST(x'ff' AS TEXT) WHERE user = ?", ["anna"]),
    ],
)
def test_a_row_changed_by_anyone_else_is_refused(path, statement, values):
    with open_store(path) as store:
        store.change([(store.tokens("anna")[0], State(Status.SUSPENDED, 5, 3, NOON))])
    edit(path, statement, *values)
    with open_store(path) as store, pytest.raises(VerifierError, match=r"damaged or altered|cannot be used"):
        verify(store, "anna", "123456", NOON, POLICY)


def test_a_seed_is_bound_to_its_row(path):
    """Not only by the row's mark: the cipher itself refuses another row's seed."""
    with open_store(path) as store:
        (anna,), (bob,) = store.tokens("anna"), store.tokens("bob")
        for wrong in (replace(bob, sealed=anna.sealed), replace(anna, user="bob"), replace(anna, digits=8)):
            with pytest.raises(VerifierError, match="damaged or altered"):
                store.key(wrong)


def test_a_store_of_another_key_is_refused(path):
    with pytest.raises(VerifierError, match="another key"):
        Store(file_place(path), SoftwareMaster(bytes(32)))


def test_a_missing_store_says_how_to_make_one_and_makes_nothing(tmp_path):
    with pytest.raises(VerifierError, match="host-verify init"):
        open_store(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_not_made_over_another(path):
    before = path.read_bytes()
    with pytest.raises(NotDone, match="exists already"):
        create(file_place(path), SoftwareMaster(MASTER), NOON)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def explain(path):
    """What a check says of the store; nothing may be accepted."""
    with pytest.raises(VerifierError) as caught, open_store(path) as store:
        verify(store, "anna", code_at(account(), NOON), NOON, POLICY)
    return str(caught.value)


def test_a_truncated_store_is_named_wherever_it_ends(path):
    whole = path.read_bytes()
    for length in (*range(1, 120, 9), *range(120, len(whole), 997), len(whole) - 1):
        path.write_bytes(whole[:length])
        said = explain(path)
        assert "damaged" in said or "not a verifier's store" in said, (length, said)
        assert path.read_bytes() == whole[:length]
    path.write_bytes(whole)
    with open_store(path) as store:
        assert verify(store, "anna", code_at(account(), NOON), NOON, POLICY).accepted


def test_an_empty_file_is_not_a_store(path):
    path.write_bytes(b"")
    assert "not a verifier's store" in explain(path)


def test_damage_anywhere_is_named_or_harmless(path):
    """Blocks overwritten one after the other: an answer is right, or an error; never a crash."""
    whole = path.read_bytes()
    named = 0
    for start in range(0, len(whole), 512):
        path.write_bytes(whole[:start] + b"\xa5" * 512 + whole[start + 512 :])
        try:
            with open_store(path) as store:
                verdict = verify(store, "anna", "999999", NOON, POLICY)
                assert verdict.reason in (Reason.WRONG_CODE, Reason.UNKNOWN_USER)
        except VerifierError as error:
            named += 1
            assert str(path) in str(error)
        for side in ("-wal", "-shm"):
            path.with_name(path.name + side).unlink(missing_ok=True)
    assert named >= 8


@pytest.mark.parametrize("content", [b"SQLite format 3\0" + b"\xff" * 4096, b"otpauth://not a store\n" * 300])
def test_a_file_that_is_no_database_is_named(path, content):
    path.write_bytes(content)
    assert "damaged, or no store" in explain(path)


def test_a_folder_is_not_a_store(path):
    path.unlink()
    path.mkdir()
    assert "cannot be opened" in explain(path)


def test_another_programs_database_is_left_alone(path):
    path.unlink()
    edit(path, "CREATE TABLE token (id)")
    assert "not a verifier's store" in explain(path)


def test_a_newer_store_is_left_alone(path):
    edit(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    assert "format 9999" in explain(path)
    assert path.read_bytes() == before


READ_ONLY = """
import os, sys
from pathlib import Path
from tests.verifier.parts import NOON, POLICY, account, code_at, open_store
from host_verify.errors import VerifierError
from host_verify.service import verify
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with open_store(Path(sys.argv[1])) as store:
        print(verify(store, "anna", code_at(account(), NOON), NOON, POLICY))
except VerifierError as error:
    print(error)
"""


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o444, 0o755), (0o444, 0o777), (0o666, 0o555)])
def test_a_store_that_cannot_be_written_accepts_nothing_and_says_so(path, file_mode, folder_mode):
    folder = Path(tempfile.mkdtemp())  # outside the tests' own folder, which only its owner may enter
    try:
        copy = folder / "verifier.db"
        shutil.copy(path, copy)
        copy.chmod(file_mode)
        folder.chmod(folder_mode)
        said = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(copy)], capture_output=True, text=True, check=True
        ).stdout
        assert "the right to write it" in said
        assert "accepted" not in said
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def set_pragma(store, pragma):
    with store._writer._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {pragma}")


def test_a_full_disk_accepts_nothing(path):
    with open_store(path) as store:
        set_pragma(store, "max_page_count = 1")
        with pytest.raises(VerifierError, match="no room"):
            for number in range(2000):
                add_token(store, f"user{number}", None, account(secret=number.to_bytes(20, "big")), NOON)
    with open_store(path) as store:
        assert len(store.tokens()) == number + 2
        assert verify(store, "anna", code_at(account(), NOON), NOON, POLICY).accepted


def test_a_store_held_by_another_program_is_waited_for_then_named(path, monkeypatch):
    monkeypatch.setattr("host_verify.database.BUSY_SECONDS", 0.2)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert "does not let go" in explain(path)
    blocker.execute("ROLLBACK")
    blocker.close()
    with open_store(path) as store:
        assert verify(store, "anna", code_at(account(), NOON), NOON, Policy()).accepted


def test_a_killed_process_leaves_a_store_that_works_and_remembers(path):
    """SIGKILL right after the answer: the acceptance is on the disk."""
    code = code_at(account(), NOON)
    script = (
        "import os, signal, sys; from pathlib import Path; from tests.verifier.parts import *;"
        "from host_verify.service import verify; store = open_store(Path(sys.argv[1]));"
        "print(verify(store, 'anna', sys.argv[2], NOON, POLICY).accepted, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(path), code], capture_output=True, text=True, check=False
    )
    assert (run.stdout.strip(), run.returncode) == ("True", -9)
    with open_store(path) as store:
        assert verify(store, "anna", code, NOON, POLICY).reason is Reason.REPLAYED


@pytest.mark.parametrize(
    "url",
    [
        "",
        "verifier.db",
        "sqlite://",
        "sqlite:///",
        "postgresql://host",
        "postgresql://host:port/db",
        "mysql://host/db",
    ],
)
def test_other_urls_are_refused(url):
    with pytest.raises(BadValue, match=r"^store: "):
        place_of(url)


def test_the_urls_paths():
    assert place_of("sqlite:///a/b.db").path == Path("a/b.db")
    assert place_of("sqlite:////a/b c.db?#%41").path == Path("/a/b c.db?#%41")


def test_awkward_paths_are_no_special_case(tmp_path):
    folder = tmp_path / "Fob #1 100% ?x=y é"
    folder.mkdir()
    path = new_store(folder)
    with open_store(path) as store:
        add_token(store, "anna", None, account(), NOON)
    assert sorted(os.listdir(folder)) == ["verifier.db"]
