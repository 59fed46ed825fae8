from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner import Token, desk_key
from provisioner.desk_key import DeskKey
from tests.desk.keys import key_file, made_key
from tests.desk.line import QUICK, LineToken, no_passphrase

__all__ = ["QUICK", "key_file", "made_key"]


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
    """The desk's client of `line`, its channel made."""
    with line.open() as client:
        client.status()
        yield client
