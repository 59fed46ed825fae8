from __future__ import annotations

from collections.abc import Iterator

import pytest

from provisioner import Token
from tests.desk.line import LineToken

QUICK = (0.15, 0.15, 0.15, 0.3)


@pytest.fixture
def line() -> Iterator[LineToken]:
    with LineToken() as token:
        yield token


@pytest.fixture
def token(line: LineToken) -> Iterator[Token]:
    with Token.open(line.port, QUICK) as client:
        yield client
