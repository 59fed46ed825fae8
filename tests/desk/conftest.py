from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import Token, desk_key
from provisioner.desk_key import DeskKey
from tests.desk.line import QUICK, LineToken, no_passphrase

__all__ = ["QUICK"]


@pytest.fixture(scope="session")
def _made_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "desk.key"
    desk_key.init(path)
    return path


@pytest.fixture(autouse=True)
def key_file(
    _made_key: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A desk key that every command finds, with no token known yet; never the user's own."""
    path = tmp_path_factory.mktemp("desk") / "desk.key"
    shutil.copy(_made_key, path)
    monkeypatch.setenv("PROVISIONER_KEY", str(path))
    return path


@pytest.fixture
def key(key_file: Path) -> DeskKey:
    return desk_key.load(key_file, no_passphrase)


@pytest.fixture
def line(key_file: Path) -> Iterator[LineToken]:
    """A token that belongs to the desk."""
    with LineToken() as token:
        yield token


@pytest.fixture
def token(line: LineToken) -> Iterator[Token]:
    with line.open() as client:
        yield client
