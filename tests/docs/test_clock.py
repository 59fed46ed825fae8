"""docs/clock.md: its table is what the benchmark prints."""

from __future__ import annotations

from tests.bench.clock_year import table
from tests.docs.pages import ROOT


def test_the_table_is_that_of_the_benchmark() -> None:
    assert "\n".join(table()) in (ROOT / "docs/clock.md").read_text()
