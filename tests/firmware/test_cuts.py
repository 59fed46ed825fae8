"""A power cut at every write of everything stored; `python -m tests.firmware.cuts` has every combination."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.firmware.cuts import AGES, NAMES, PHASES, Counts, cut, first_start, quick_pins, run
from tests.firmware.media import DAMAGES


@pytest.fixture(autouse=True)
def _quick_pins() -> Iterator[None]:
    with quick_pins():
        yield


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_is_old_or_new(name: str) -> None:
    total = Counts(0, 0, 0)
    for number, damage in enumerate(DAMAGES):
        turn = number + NAMES.index(name)
        stride = 6 if name == "wipe by PIN" else 1  # and "wipe" has them all
        total += cut(name, damage, AGES[turn % 3], PHASES[turn % 8], stride)
    assert total.old
    assert total.new
    print(f"{name}: {sum(total)} cuts")


def test_a_first_start_begins_anew() -> None:
    print(sum(first_start(damage, PHASES[number]) for number, damage in enumerate(DAMAGES)), "cuts")


def test_no_counter_goes_back_and_no_try_is_forgotten() -> None:
    codes, checks = run(150)
    assert codes > 20
    assert checks > 20
