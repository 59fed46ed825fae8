"""Wear levelling, as long as it takes to show; `python -m tests.firmware.wear` is the long run."""

from __future__ import annotations

import pytest

from tests.firmware.wear import ENDURANCE, counting, mixed


@pytest.mark.parametrize(("capacity", "phase"), [(7, 0), (100, 5)])
def test_sectors_wear_within_a_factor_of_two_and_last_ten_years(capacity: int, phase: int) -> None:
    for wear in (mixed(1000, capacity, phase), counting(1000, capacity, phase)):
        print(wear)
        assert wear.most <= 2 * wear.least
        assert wear.ten_years < ENDURANCE
