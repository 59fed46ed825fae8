"""The desk's key file: private from its first moment, never replaced, and useless to whoever only has it."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path

import keyring
import keyring.backend
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from provisioner import desk_key, keyrings
from provisioner.faults import DeskError

PASSPHRASE = "correct horse 界".encode()


def never() -> bytes:
    raise AssertionError("no passphrase is needed")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk" / "desk.key"


@pytest.mark.parametrize("passphrase", [b"", PASSPHRASE], ids=["clear", "passphrase"])
def test_a_key_is_kept_and_read_again(path: Path, passphrase: bytes) -> None:
    made = desk_key.init(path, passphrase)
    key = desk_key.load(path, (lambda: passphrase) if passphrase else never)
    assert made == desk_key.look(path) == desk_key.Stored(path, key.public, made.guard)
    assert made.guard == ("passphrase" if passphrase else "none")
    foreign = X25519PrivateKey.from_private_bytes(key.private).public_key().public_bytes_raw()
    assert foreign == key.public
    assert key.private.hex() not in repr(key)
    assert (key.private.hex() in path.read_text()) is not passphrase
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_each_key_is_another(tmp_path: Path) -> None:
    assert len({desk_key.init(tmp_path / str(number)).public for number in range(5)}) == 5


def test_a_key_that_is_there_is_never_replaced(path: Path) -> None:
    first = desk_key.init(path)
    before = path.read_bytes()
    with pytest.raises(desk_key.DeskKeyExists):
        desk_key.init(path)
    assert path.read_bytes() == before
    assert desk_key.look(path).public == first.public
    assert list(path.parent.iterdir()) == [path]


def test_not_even_one_that_comes_in_the_last_moment(path: Path, monkeypatch) -> None:
    link = os.link

    def late(source: Path, target: Path) -> None:
        target.write_text("another's")
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(desk_key.DeskKeyExists):
        desk_key.init(path)
    assert path.read_text() == "another's"
    assert list(path.parent.iterdir()) == [path]


def no_links(_source: Path, _target: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_stick_without_links_takes_a_key_too_and_keeps_one_that_is_there(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    first = desk_key.init(path)
    assert desk_key.load(path, never).public == first.public
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    with pytest.raises(desk_key.DeskKeyExists):
        desk_key.init(path)
    assert desk_key.look(path).public == first.public
    assert list(path.parent.iterdir()) == [path]


def test_a_dangling_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(desk_key.DeskKeyExists):
        desk_key.init(path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_failure_in_the_middle_leaves_nothing(path: Path, monkeypatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(desk_key.DeskKeyUnusable, match="No space"):
        desk_key.init(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_key_that_others_may_read_is_refused(path: Path, mode: int) -> None:
    desk_key.init(path)
    path.chmod(mode)
    for attempt in (lambda: desk_key.load(path, never), lambda: desk_key.look(path)):
        with pytest.raises(desk_key.DeskKeyExposed) as caught:
            attempt()
        assert "chmod 600" in caught.value.advice


def test_a_wrong_passphrase_is_refused_and_not_repeated(path: Path) -> None:
    desk_key.init(path, PASSPHRASE)
    with pytest.raises(desk_key.WrongPassphrase) as caught:
        desk_key.load(path, lambda: b"wrong horse")
    assert "horse" not in "".join(traceback.format_exception(caught.value)).split("lambda")[0]


def test_no_key_yet_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(desk_key.NoDeskKey) as caught:
        desk_key.load(path, never)
    assert "provisioner desk init" in caught.value.advice


def spoiled(values: dict) -> list[object]:
    """Every kind of damage that a file of these values can have."""
    others: list[object] = [None, 7, [], "", {}]
    for name, value in values.items():
        others.append({key: kept for key, kept in values.items() if key != name})
        others.extend({**values, name: wrong} for wrong in (None, 7, "zz", "00", [], {"salt": "00"}))
        if isinstance(value, str) and name != "kind":
            flipped = f"{int(value[:2], 16) ^ 8:02x}{value[2:]}"
            others.append({**values, name: flipped})
    return others


@pytest.mark.parametrize("passphrase", [b"", PASSPHRASE], ids=["clear", "passphrase"])
def test_a_damaged_file_is_refused_whatever_is_wrong(path: Path, passphrase: bytes, monkeypatch) -> None:
    monkeypatch.setattr(desk_key, "_COST", {"iterations": 1, "lanes": 1, "memory_cost": 8})
    desk_key.init(path, passphrase)
    good = json.loads(path.read_bytes())
    for values in spoiled(good):
        path.write_text(json.dumps(values))
        with pytest.raises(DeskError):
            desk_key.load(path, lambda: passphrase)
    for text in ("", "{", "\x00" * 100, json.dumps(good)[:-9], "[" * 100_000):
        path.write_text(text)
        with pytest.raises(desk_key.DeskKeyUnusable):
            desk_key.load(path, lambda: passphrase)


def test_a_file_of_a_later_version_says_so(path: Path) -> None:
    desk_key.init(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    with pytest.raises(desk_key.DeskKeyUnusable, match="later version"):
        desk_key.load(path, never)


@pytest.mark.parametrize("cost", ["iterations", "lanes", "memory_cost"])
def test_no_file_makes_the_desk_work_for_ever(path: Path, cost: str) -> None:
    desk_key.init(path, PASSPHRASE)
    values = json.loads(path.read_text())
    values["argon2id"][cost] = 2**31
    path.write_text(json.dumps(values))
    with pytest.raises(desk_key.DeskKeyUnusable):
        desk_key.load(path, lambda: PASSPHRASE)


class Drawer(keyring.backend.KeyringBackend):
    """A keyring in memory, as the package keyring lets one be made."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))


@pytest.fixture
def drawer():
    before, drawer = keyring.get_keyring(), Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)


def test_a_key_in_the_keyring_is_not_in_the_file(path: Path, drawer: Drawer) -> None:
    made = desk_key.init(path, keyring=True)
    key = desk_key.load(path, never)
    assert (made.guard, key.public) == ("keyring", made.public)
    assert list(drawer.kept.values()) == [key.private.hex()]
    assert key.private.hex() not in path.read_text()


def test_a_keyring_that_is_locked_or_has_lost_the_key_says_what_to_do(path: Path, drawer: Drawer) -> None:
    drawer.locked = True
    with pytest.raises(keyrings.NoKeyring, match="locked"):
        desk_key.init(path, keyring=True)
    assert not path.exists()
    drawer.locked = False
    desk_key.init(path, keyring=True)
    drawer.kept.clear()
    with pytest.raises(keyrings.NoKeyring) as caught:
        desk_key.load(path, never)
    assert "fobsmith[keyring]" in caught.value.advice


def test_without_the_package_the_keyring_is_asked_for(path: Path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(keyrings.NoKeyring, match="not installed"):
        desk_key.init(path, keyring=True)
    assert not path.exists()
