"""docs/protocol.md says what the code does."""

from __future__ import annotations

from tokencore import frame
from tokencore.messages import CONFIRM_MS

from tests.docs.protocol import PAGE, written


def test_the_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run: python -m tests.docs.protocol"


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert f"at most {frame.MAX_PAYLOAD:,} bytes" in page
    assert f"after {CONFIRM_MS // 1000} seconds without a press" in page
