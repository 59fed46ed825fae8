"""docs/clock.md: its tables are what is measured."""

from __future__ import annotations

from tests.bench.clock_year import table
from tests.clock_year import attack
from tests.docs.pages import ROOT


def test_the_table_is_that_of_the_benchmark() -> None:
    assert "\n".join(table()) in (ROOT / "docs/clock.md").read_text()


def test_the_table_of_the_attack_is_what_it_reaches() -> None:
    assert "\n".join(attack.lines()) in (ROOT / "docs/clock.md").read_text()
