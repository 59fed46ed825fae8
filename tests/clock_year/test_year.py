"""A year of the clock that learns: how far it strays, and that it never strays beyond its own bound."""

from __future__ import annotations

import pytest

from tests.clock_year.picture import PAGE, svg
from tests.clock_year.year import CASES, Year, temperature

# What the temperature alone does to a plain crystal between two seasons is half a minute.
LIMITS_MS = dict.fromkeys(CASES, 10_000) | {"DS3231": 3000, "PCF8563, not told": 45_000}


def test_the_year_goes_from_5_to_35_degrees() -> None:
    felt = [temperature(second, 100) for second in range(0, 365 * 86400, 900)]
    assert (min(felt), max(felt)) == (20, 140)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(24))
def test_a_year_with_a_sync_every_90_days(name: str, seed: int) -> None:
    for day in Year(name, seed).days():
        assert abs(day.error_ms) <= day.bound_ms
        assert abs(day.error_ms) <= LIMITS_MS[name]


@pytest.mark.parametrize("name", CASES)
def test_the_bound_holds_with_few_and_with_many_syncs(name: str) -> None:
    for sync_days in ((0, 200, 201, 400), (0, 1, 2, 3, 60, 365), tuple(range(0, 200, 5))):
        for seed in range(3):
            days = list(Year(name, seed, sync_days).days())
            assert all(abs(day.error_ms) <= day.bound_ms for day in days)


def test_without_learning_the_clock_would_stray() -> None:
    """The year is hard enough: left alone, such a crystal is minutes off."""
    errors = [abs(day.error_ms) for seed in range(6) for day in Year("PCF8563", seed, (0, 365)).days()]
    assert max(errors) > 300_000


def test_the_chips_that_can_be_are_trimmed() -> None:
    for name, low, high in (("DS3231", 0, 25), ("PCF8523", 1, 6), ("PCF85063A", 1, 6), ("PCF8563", 0, 0)):
        trims = {abs(day.trim) for seed in range(4) for day in Year(name, seed).days()}
        assert low <= max(trims) <= high


def test_the_picture_in_the_docs_is_of_this_code() -> None:
    assert PAGE.read_text() == svg()
