"""How full a cell is by its voltage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenfw.battery import percent

EMPTY, FULL = 3300, 4150


@pytest.mark.parametrize(
    ("mv", "shown"),
    [(0, 0), (2900, 0), (EMPTY, 0), (3450, 2), (3680, 7), (3820, 50), (3990, 84), (FULL, 100), (4300, 100)],
)
def test_known_voltages(mv: int, shown: int) -> None:
    assert percent(mv, EMPTY, FULL) == shown


def test_a_whole_cell_follows_the_curve() -> None:
    assert [percent(mv, 3000, 4200) for mv in (3000, 3450, 3740, 3820, 4060, 4200)] == [0, 5, 20, 50, 90, 100]


@given(st.integers(0, 5000), st.integers(1, 500))
def test_more_voltage_is_never_less_charge(mv: int, more: int) -> None:
    assert 0 <= percent(mv, EMPTY, FULL) <= percent(mv + more, EMPTY, FULL) <= 100


@given(st.integers(EMPTY, FULL))
def test_the_noise_of_a_converter_does_not_jump(mv: int) -> None:
    """4 mV, what a step of 12 bits behind a divider is near enough, are at most 3 percent."""
    assert percent(mv + 4, EMPTY, FULL) - percent(mv, EMPTY, FULL) <= 3
