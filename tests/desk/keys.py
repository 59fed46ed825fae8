"""Desk keys for tests: never the user's own. Import `made_key` and `key_file` into a conftest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provisioner import desk_key
from tests.e2e import fob


@pytest.fixture(scope="session")
def made_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "desk.key"
    desk_key.init(path)
    fob.templates = path.with_name("tokens")
    return path


@pytest.fixture(autouse=True)
def key_file(
    made_key: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A desk key that every command finds, with no token known yet."""
    path = tmp_path_factory.mktemp("desk") / "desk.key"
    shutil.copy(made_key, path)
    monkeypatch.setenv("PROVISIONER_KEY", str(path))
    return path
