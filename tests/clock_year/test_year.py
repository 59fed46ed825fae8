"""A year of the clock that learns: how far it strays, and that it never strays beyond its own bound."""

from __future__ import annotations

import pytest

from tests.clock_year.picture import PAGE, svg
from tests.clock_year.year import SPREADS, Year, temperature

LIMITS_MS = {"compensated": 3000, "plain": 10_000}


def test_the_year_goes_from_5_to_35_degrees() -> None:
    felt = [temperature(second, 100) for second in range(0, 365 * 86400, 900)]
    assert (min(felt), max(felt)) == (20, 140)


@pytest.mark.parametrize("kind", SPREADS)
@pytest.mark.parametrize("seed", range(40))
def test_a_year_with_a_sync_every_90_days(kind: str, seed: int) -> None:
    for day in Year(kind, seed).days():
        assert abs(day.error_ms) <= day.bound_ms
        assert abs(day.error_ms) <= LIMITS_MS[kind]


@pytest.mark.parametrize("kind", SPREADS)
def test_the_bound_holds_with_few_and_with_many_syncs(kind: str) -> None:
    for sync_days in ((0, 200, 201, 400), (0, 1, 2, 3, 60, 365), tuple(range(0, 200, 5))):
        for seed in range(5):
            days = list(Year(kind, seed, sync_days).days())
            assert all(abs(day.error_ms) <= day.bound_ms for day in days)


def test_without_learning_the_clock_would_stray() -> None:
    """The year is hard enough: left alone, such a crystal is minutes off."""
    year = Year("plain", 5, (0, 365))
    assert max(abs(day.error_ms) for day in year.days()) > 300_000


def test_the_picture_in_the_docs_is_of_this_code() -> None:
    assert PAGE.read_text() == svg()
