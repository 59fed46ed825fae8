"""What the desk knows of tokens: one private file each, whole or as it was."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.known import KnownToken, KnownTokens, KnownUnusable

KEY = bytes(32)
TOKEN = KnownToken("E0C9125B0D9B0C2F", bytes(range(32)), 1_800_000_000, b"resume me")


@pytest.fixture
def known(tmp_path: Path) -> KnownTokens:
    return KnownTokens(tmp_path / "known", KEY)


def test_what_is_kept_is_found_again(known: KnownTokens, tmp_path: Path) -> None:
    assert known.find(TOKEN.serial) is None
    assert not (tmp_path / "known").exists()
    met = KnownToken("another", bytes(32))
    known.keep(TOKEN)
    known.keep(met)
    assert (known.find(TOKEN.serial), known.find("another")) == (TOKEN, met)
    assert (TOKEN.is_paired, met.is_paired, TOKEN.paired_date) == (True, False, "2027-01-15")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "known").iterdir()} == {0o600}
    known.forget(TOKEN.serial)
    known.forget(TOKEN.serial)
    assert known.find(TOKEN.serial) is None


def test_the_secret_to_resume_with_is_not_shown(known: KnownTokens) -> None:
    assert "resume" not in repr(TOKEN).replace("resumption", "")


def test_who_has_the_files_alone_cannot_resume(known: KnownTokens, tmp_path: Path) -> None:
    known.keep(TOKEN)
    (file,) = (tmp_path / "known").iterdir()
    assert TOKEN.resumption.hex() not in file.read_text()
    for key in (None, bytes(31) + b"1"):
        assert KnownTokens(tmp_path / "known", key).find(TOKEN.serial) == replace(TOKEN, resumption=b"")
    values = json.loads(file.read_text())
    file.write_text(json.dumps(values | {"resumption": bytes(32).hex()}))  # as no key has sealed it
    assert known.find(TOKEN.serial) == replace(TOKEN, resumption=b"")
    KnownTokens(tmp_path / "known").keep(TOKEN)
    assert known.find(TOKEN.serial) == replace(TOKEN, resumption=b"")


def test_a_later_resumption_takes_the_place_of_the_last(known: KnownTokens) -> None:
    known.keep(TOKEN)
    known.keep(replace(TOKEN, resumption=b""))
    found = known.find(TOKEN.serial)
    assert found is not None
    assert (found.key, found.paired_utc, found.resumption) == (TOKEN.key, TOKEN.paired_utc, b"")


NAMES = st.one_of(
    st.text(max_size=32),
    st.sampled_from(["", ".", "..", "../../x", "/etc/passwd", "AB", "ab", "a/b", "A\0B", "CON", "x" * 32]),
)


@given(names=st.sets(NAMES, max_size=8))
def test_whatever_a_serial_number_is_made_of_it_has_a_file_of_its_own(tmp_path_factory, names) -> None:
    folder = tmp_path_factory.mktemp("known")
    known = KnownTokens(folder / "known")
    for number, name in enumerate(names):
        known.keep(KnownToken(name, bytes([number]) * 32, 1))
    for number, name in enumerate(names):
        assert known.find(name) == KnownToken(name, bytes([number]) * 32, 1)
    assert len({path.name.lower() for path in (folder / "known").glob("*")}) == len(names)
    assert [path.name for path in folder.iterdir()] == (["known"] if names else [])


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", "later", "another's", "bad hex"])
def test_a_damaged_file_is_not_taken_for_an_unknown_token(known: KnownTokens, tmp_path: Path, text) -> None:
    known.keep(TOKEN)
    (path,) = (tmp_path / "known").iterdir()
    values = json.loads(path.read_text())
    changes = {"later": {"version": 2}, "another's": {"serial": "X"}, "bad hex": {"key": "zz"}}
    path.write_text(json.dumps(values | changes[text]) if text in changes else text)
    with pytest.raises(KnownUnusable) as caught:
        known.find(TOKEN.serial)
    assert "provisioner pair" in caught.value.advice


def test_what_cannot_be_written_leaves_what_was_known(
    known: KnownTokens, tmp_path: Path, monkeypatch
) -> None:
    known.keep(TOKEN)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KnownUnusable, match="No space"):
        known.keep(replace(TOKEN, resumption=b"y"))
    assert known.find(TOKEN.serial) == TOKEN
    assert len(list((tmp_path / "known").iterdir())) == 1
