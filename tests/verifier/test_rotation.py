"""Master keys that come and go: what opens a store, and that nobody who uses it is disturbed."""

import os
import signal
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from host_verify import audit, keys, masterkeys, resealing, rotation, sealkeys, users
from host_verify.apikeys import Scope
from host_verify.cli import cli
from host_verify.database import file_place, written
from host_verify.errors import NotDone, VerifierError
from host_verify.keys import SoftwareMaster
from host_verify.migrate import upgrade
from host_verify.opening import Opener
from host_verify.sealing import Sealer
from host_verify.service import add_token, verify
from host_verify.store import Store, create

from . import keeping
from .parts import MASTER, NOON, POLICY, SECRET, account, code_at, code_of, new_store, open_store
from .serving import Serving
from .test_migrate import released

__all__ = ["released"]
OTHER = SoftwareMaster(b"o" * 32)
HOTP = account(kind="hotp", secret=b"h" * 20)


@pytest.fixture
def opener(place, tmp_path):
    """A store with a token of anna's, whose key is in a file."""
    file = tmp_path / "keys" / "verifier.key"
    keys.make_key_file(file)
    file.write_text(MASTER.hex())
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
    return Opener(place, file)


def works(opener, utc):
    with opener.open() as store:
        assert verify(store, "anna", code_at(account(), utc), utc, POLICY).accepted
        assert audit.examine(store).faults == []


def opened_by(opener):
    with opener.open() as store:
        return [key.id for key in masterkeys.every(store)]


def test_a_rotated_key_opens_the_store_and_the_old_one_does_no_more(opener):
    works(opener, NOON)
    rotated = rotation.rotate(opener, NOON)
    assert opened_by(opener) == [rotated.new.id]
    assert keys.key_from_file(opener.key_file) != MASTER
    assert opener.key_file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(opener.key_file.parent) == ["verifier.key"]
    works(opener, NOON + 60)
    with pytest.raises(VerifierError, match="another key"):
        open_store(opener.place)
    with opener.open() as store:
        assert [entry.entry.action for entry in audit.latest(store, 4)] == [
            "verify", "add master key", "remove master key", "verify",
        ]  # fmt: skip


def test_a_link_to_a_key_file_stays_a_link(opener, tmp_path):
    link = tmp_path / "link.key"
    link.symlink_to(opener.key_file)
    before = opener.key_file.read_text()
    rotation.rotate(replace(opener, key_file=link), NOON)
    assert link.is_symlink()
    assert opener.key_file.read_text() != before
    works(opener, NOON)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_a_key_file_that_root_rotates_stays_its_owners(opener):
    os.chown(opener.key_file, 12345, 12346)
    rotation.rotate(opener, NOON)
    found = opener.key_file.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (12345, 12346, 0o600)


def test_a_key_file_that_cannot_be_written_leaves_nothing_in_the_way(tmp_path):
    resource = pytest.importorskip("resource")
    file, (soft, hard) = tmp_path / "verifier.key", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(VerifierError, match="cannot be written: File too large"):
            keys.make_key_file(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    keys.make_key_file(file)


def test_a_store_that_is_open_goes_on_through_any_number_of_rotations(opener):
    with opener.open() as store:
        for turn in range(3):
            rotation.rotate(opener, NOON + turn)
            utc = NOON + 60 * turn
            assert verify(store, "anna", code_at(account(), utc), utc, POLICY).accepted
            add_token(store, "bob", None, account(secret=b"%020d" % turn), utc)
            store.check()
    with opener.open() as store:
        for token in store.tokens("bob"):
            store.account(token)
        assert audit.examine(store).faults == []


def test_a_release_that_had_no_roots_is_migrated_and_rotated_and_its_old_key_opens_nothing(
    released, tmp_path
):
    place = file_place(released)
    upgrade(place, SoftwareMaster(MASTER), NOON)
    with open_store(place) as store:
        assert masterkeys.add(store, SoftwareMaster(MASTER), OTHER, NOON).source == "software"
        old = masterkeys.opening(store, SoftwareMaster(MASTER))
        masterkeys.remove(store, OTHER, old.id, NOON)
    with Store(place, OTHER) as store:
        (anna,) = store.tokens("anna")
        assert store.account(anna).secret == SECRET
        assert audit.examine(store).faults == []
        # Under the old master key itself, as that release had sealed it, nothing is sealed any more.
        for token in store.tokens():
            assert keys.decrypted(keys.derived(MASTER, b"seal"), token.sealed, token.context()) is None


@pytest.mark.parametrize("step", ["make_key_file", "add", "replace", "remove"])
def test_a_rotation_that_is_broken_off_leaves_a_key_file_that_opens(opener, monkeypatch, step):
    def broken(*_):
        raise KeyboardInterrupt

    where = {"make_key_file": rotation.keys, "replace": rotation.os}.get(step, rotation.masterkeys)
    with monkeypatch.context() as patch:
        patch.setattr(where, step, broken)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(opener, NOON)
    works(opener, NOON)
    rotated = rotation.rotate(opener, NOON)
    assert os.listdir(opener.key_file.parent) == ["verifier.key"]
    left = opened_by(opener)
    assert left[-1] == rotated.new.id
    # Only where the key file was changed already, the first key is left to be removed by hand.
    assert len(left) == (2 if step == "remove" else 1)
    works(opener, NOON + 60)


def test_the_key_in_use_and_the_last_one_cannot_be_removed(opener):
    with opener.open() as store:
        (key,) = masterkeys.every(store)
        with pytest.raises(NotDone, match="the one in use"):
            masterkeys.remove(store, SoftwareMaster(MASTER), key.id, NOON)
        with pytest.raises(NotDone, match="master list"):
            masterkeys.remove(store, SoftwareMaster(MASTER), "0" * 8, NOON)
        with pytest.raises(VerifierError, match="another key"):
            masterkeys.remove(store, OTHER, key.id, NOON)
        assert masterkeys.every(store) == [key]
        assert [entry.entry.action for entry in audit.latest(store, 9)][-1] == "add token"


def test_two_that_remove_each_others_key_leave_one(opener):
    with opener.open() as store:
        first = masterkeys.opening(store, SoftwareMaster(MASTER))
        second = masterkeys.add(store, SoftwareMaster(MASTER), OTHER, NOON)
        assert masterkeys.add(store, SoftwareMaster(MASTER), OTHER, NOON) == second
        masterkeys.remove(store, OTHER, first.id, NOON)
        with pytest.raises(VerifierError, match="another key"):
            masterkeys.remove(store, SoftwareMaster(MASTER), second.id, NOON)
        assert masterkeys.every(store) == [second]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("source", "PKCS#11", "another key"), ("created", 1, "another key"), ("mark", bytes(16), "was altered"),
     ("wrapped", bytes(130), "another key"), ("id", "00000000", "another key")],
)  # fmt: skip
def test_a_row_edited_without_the_key_opens_nothing(opener, column, value, said):
    with written(opener.place) as connection:
        connection.execute(sa.update(masterkeys.master_key).values({column: value}))
    with pytest.raises(VerifierError, match=said):
        opener.open()


def test_another_stores_row_opens_nothing(opener, tmp_path):
    """Even under the same master key: the root that it has is not this store's."""
    other = replace(opener, place=file_place(tmp_path / "other.db"))
    create(other.place, SoftwareMaster(MASTER), NOON)
    with other.open() as store:
        row = store.read(masterkeys.ALL)[0]._mapping
    with written(opener.place) as connection:
        connection.execute(sa.delete(masterkeys.master_key))
        connection.execute(masterkeys.master_key.insert(), dict(row))
    with pytest.raises(VerifierError, match="another key"):
        opener.open()


def test_a_rotation_between_two_looks_is_no_error(opener, monkeypatch):
    """Whoever has read the old key file and comes to the store when the old key is gone reads it again."""
    real = keys.key_from_file
    old = [bytes(32)]
    monkeypatch.setattr(keys, "key_from_file", lambda path: old.pop() if old else real(path))
    works(opener, NOON)
    assert not old


def test_the_service_goes_on_while_keys_are_rotated_and_workers_die(tmp_path):
    place = file_place(new_store(tmp_path))
    file = tmp_path / "verifier.key"
    keys.make_key_file(file)
    file.write_text(MASTER.hex())
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    opener = Opener(place, file)
    answers, stop = [], threading.Event()

    with Serving(place, "--workers", "2", key=("--key-file", str(file))) as serving:

        def ask():
            with serving.client(Scope.HELPDESK) as client:
                while not stop.is_set():
                    code = code_of(HOTP, len(answers))
                    answer = client.post("/v1/verify", json={"user": "bob", "code": code})
                    answers.append((answer.status_code, answer.json().get("reason")))

        def answered(more):
            until = len(answers) + more
            while len(answers) < until and thread.is_alive():
                stop.wait(0.01)

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for turn in range(3):
                answered(5)
                rotation.rotate(opener, NOON + turn)
            answered(5)
        finally:
            stop.set()
            thread.join(60)
        # One that begins now finds the new key in the file.
        first = serving.workers()
        os.kill(first[0], signal.SIGKILL)
        with serving.client(Scope.HELPDESK) as client:
            until = threading.Event()
            while first[0] in serving.workers() or len(serving.workers()) < 2:
                until.wait(0.05)
            for turn in range(4):
                code = code_of(HOTP, len(answers) + turn)
                assert client.post("/v1/verify", json={"user": "bob", "code": code}).json()["accepted"]
    assert len(answers) >= 20
    assert set(answers) == {(200, "accepted")}
    with opener.open() as store:
        assert audit.examine(store).faults == []
        assert len(masterkeys.every(store)) == 1


def test_after_a_renewal_who_had_an_old_key_and_an_old_copy_opens_no_secret(opener):
    with opener.open() as store:
        users.set_pin(store, "anna", "471100", NOON)
        sealed_key = sealkeys.rotate(store, NOON)
        stolen = Sealer(
            masterkeys.unlocked(store.read(masterkeys.ALL), store.place, SoftwareMaster(MASTER)).root
        )
        token = store.tokens("anna")[0]
        assert stolen.unseal(token.sealed, token.context()) == SECRET
        rotation.rotate(opener, NOON)
        assert resealing.renew(opener, NOON) == 3
        # This program was started before: it learns of the new key where it needs it.
        assert verify(store, "anna", "471100" + code_at(account(), NOON), NOON, POLICY).accepted
        add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
    with opener.open() as store:
        token = store.tokens("anna")[0]
        (key,) = sealkeys.every(store)
        person = users.find(store, "anna")
        assert (key.id, key.public) == (sealed_key.id, sealed_key.public)
        for sealed, context in (
            (token.sealed, token.context()), (key.sealed, key.context()), (person.pin, person.context()),
        ):  # fmt: skip
            assert store.sealer.unseal(sealed, context) is not None
            assert stolen.unseal(sealed, context) is None
        sealkeys.resealed(store, key)
        assert audit.examine(store).faults == []
        assert [each.entry.action for each in audit.latest(store, 4)][:2] == ["renew root", "seal anew"]


def test_a_renewal_needs_all_the_keys_that_open_the_store(opener):
    with opener.open() as store:
        masterkeys.add(store, SoftwareMaster(MASTER), OTHER, NOON)
    with pytest.raises(NotDone, match="remove all but one"):
        resealing.renew(opener, NOON)
    works(opener, NOON)


def test_a_renewal_goes_through_while_tokens_are_used(opener, monkeypatch):
    monkeypatch.setattr(resealing, "_AT_ONCE", 3)
    with opener.open() as store:
        for number in range(10):
            secret = b"%020d" % number
            add_token(store, f"user{number}", None, account(kind="hotp", secret=secret), NOON)
    stop, counters, wrong = threading.Event(), [0] * 10, []

    def use():
        with opener.open() as store:
            while not stop.is_set():
                for number in range(10):
                    code = code_of(account(kind="hotp", secret=b"%020d" % number), counters[number])
                    verdict = verify(store, f"user{number}", code, NOON, POLICY)
                    counters[number] += 1
                    if not verdict.accepted:
                        wrong.append(verdict)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for _ in range(3):
            assert resealing.renew(opener, NOON) >= 11
    finally:
        stop.set()
        thread.join(60)
    assert wrong == []
    assert min(counters) > 0
    with opener.open() as store:
        assert all(store.sealer.is_newest(token.sealed) and token.sealed[0] == 3 for token in store.tokens())
        assert audit.examine(store).faults == []


def test_what_is_measured_of_large_stores_holds_for_a_small_one():
    assert set(keeping.measured(30)) == {"rotate", "backup", "renew", "restore"}


def command(opener, *arguments, status=0, key=(), env=()):
    url = opener.place.url.set(drivername=opener.place.url.get_backend_name())
    environment = {
        "HOST_VERIFY_STORE": url.render_as_string(hide_password=False),
        "COLUMNS": "80",
        **dict(env),
    }
    options = key or ("--key-file", str(opener.key_file))
    result = CliRunner().invoke(cli, [*options, *arguments], env=environment)
    assert result.exit_code == status, result.output
    for secret in (MASTER.hex(), opener.key_file.read_text().strip()):
        assert secret not in result.output
    return result.output


def test_the_commands_change_keys_and_say_what_they_did(opener, tmp_path):
    said = command(opener, "master", "rotate")
    assert "Back up the key file. Backups of the store that were made before need the old key." in said
    other = tmp_path / "other.key"
    assert "opens the store too" in command(opener, "master", "add", "--new-file", str(other))
    first, second = opened_by(opener)
    assert "remove all but one" in command(opener, "master", "renew", status=1)
    listed = command(opener, "master", "list")
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [first, second]
    assert "the one given" in listed.splitlines()[1]
    assert "the one in use" in command(opener, "master", "remove", first, status=1)
    command(opener, "master", "remove", first, key=("--key-file", str(other)))
    assert "another key" in command(opener, "master", "list", status=3)
    assert opened_by(replace(opener, key_file=other)) == [second]
    assert command(opener, "master", "renew", key=("--key-file", str(other))) == "Sealed 1 secrets anew\n"


def test_a_key_in_a_variable_is_changed_by_adding_and_removing(opener):
    env = {"OLD": MASTER.hex(), "NEW": "ab" * 32}
    said = command(opener, "master", "rotate", status=1, key=("--key-env", "OLD"), env=env)
    assert "host-verify master add" in said
    command(opener, "master", "add", "--new-env", "NEW", key=("--key-env", "OLD"), env=env)
    first = opened_by(opener)[0]
    command(opener, "master", "remove", first, key=("--key-env", "NEW"), env=env)
    command(opener, "master", "list", key=("--key-env", "NEW"), env=env)
    assert "give one of" in command(opener, "master", "add", status=2, key=("--key-env", "NEW"), env=env)
