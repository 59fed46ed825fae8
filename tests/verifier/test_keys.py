"""The keys that tokens seal to: how they are made, given out, kept and ended."""

import hashlib
import sqlite3

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tokencore import seals

from host_verify import sealkeys
from host_verify.errors import NotDone, VerifierError

from .importing import Command, blob, document, entry
from .parts import NOON, account, open_store


@pytest.fixture
def command(tmp_path):
    return Command(tmp_path)


def edit(path, statement, *values):
    with sqlite3.connect(path) as database:
        assert database.execute(statement, values).rowcount > 0
    database.close()


def test_show_makes_the_first_key_and_then_shows_the_same(command):
    text = command.run("key", "show").stdout
    public = command.key()
    assert text == command.run("key", "show").stdout
    digits = hashlib.sha256(public).hexdigest()[:16]
    said = " ".join(digits[at : at + 4] for at in range(0, 16, 4))
    assert text.splitlines()[0] == f"Fobsmith verifier key {said}"
    shown = command.json("key", "show")["key"]
    assert (shown["id"], shown["fingerprint"], shown["pem"]) == (digits, said, text)
    assert said in command.run("key", "list").stdout


def test_rotation_gives_out_another_key_and_the_old_one_still_opens(command):
    old = command.key()
    command.run("key", "rotate")
    new = command.key()
    assert old != new
    ids = [key["id"] for key in command.json("key", "list")["keys"]]
    assert ids == [seals.fingerprint(key).replace(" ", "") for key in (new, old)]
    box = command.file("box", document(entry(account(), old), entry(account(secret=b"b" * 20), new, "S2")))
    command.run("import", box, "--without-proof")
    assert len(command.tokens()) == 2


def test_a_retired_key_is_erased_and_opens_nothing(command):
    old = command.key()
    box = command.file("box", document(entry(account(), old)))
    with open_store(command.path) as store:
        sealed = sealkeys.every(store)[0].sealed
    command.run("key", "retire", seals.fingerprint(old))
    assert sealed not in b"".join(file.read_bytes() for file in command.folder.glob("verifier.db*"))
    assert "is retired" in command.run("import", box, "--without-proof", status=1).stdout
    assert command.key() != old
    assert command.json("key", "list")["keys"][1]["retired"] is not None
    # Ended once, for good.
    command.run("key", "retire", seals.fingerprint(old))
    assert "no key has that fingerprint" in command.run("key", "retire", "0000", status=1).stderr


def test_private_keys_are_nowhere_in_clear(command):
    command.key()
    with open_store(command.path) as store:
        (key,) = sealkeys.every(store)
        private = store.sealer.unseal(key.sealed, key.context())
        assert private is not None
        assert X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() == key.public
        shown = repr(key) + command.run("key", "list").output + str(command.json("key", "show"))
    files = b"".join(file.read_bytes() for file in command.folder.iterdir())
    for form in (private, private.hex().encode()):
        assert form not in files
        assert form.decode("latin-1") not in shown


@pytest.mark.parametrize(
    ("column", "value"),
    [("public", bytes(32)), ("created", 1), ("sealed", bytes(60)), ("retired", 5), ("mark", bytes(16))],
)
def test_a_row_edited_without_the_master_key_is_refused(command, column, value):
    command.key()
    edit(command.path, f"UPDATE seal_key SET {column} = ?", value)
    assert "altered" in command.run("key", "show", status=3).stderr


def test_a_private_key_is_bound_to_its_row(command):
    """Not only by the row's mark: the cipher itself refuses another row's key."""
    first = command.key()
    command.run("key", "rotate")
    with open_store(command.path) as store:
        new, old = sealkeys.every(store)
        swapped = sealkeys.SealKey(old.id, old.public, new.sealed, old.created)
        sealed = blob(b"text", first, b"info")
        with pytest.raises(VerifierError, match="altered"):
            sealkeys.opened(store, [swapped], old.id, sealed, b"info")
        assert sealkeys.opened(store, [old], old.id, sealed, b"info") == b"text"


def test_what_becomes_of_keys_is_in_the_audit(command):
    public = command.key()
    command.run("key", "rotate")
    command.run("key", "retire", seals.fingerprint(public))
    entries = command.json("audit", "show")["entries"]
    assert [each["action"] for each in entries[1:]] == ["make seal key", "make seal key", "retire seal key"]
    assert entries[1]["reason"] == entries[3]["reason"] == seals.fingerprint(public).replace(" ", "")
    command.run("audit", "verify")


def test_two_keys_made_in_one_second_have_an_order(command):
    with open_store(command.path) as store:
        made = [sealkeys.rotate(store, NOON) for _ in range(3)]
        assert [key.id for key in sealkeys.every(store)] == [key.id for key in reversed(made)]
        assert sealkeys.current(store) == made[-1]
        with pytest.raises(NotDone):
            sealkeys.retire(store, "ffff", NOON)
