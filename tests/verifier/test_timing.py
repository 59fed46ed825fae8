"""No cause of a refusal is told apart by its time (`python -m tests.verifier.timing` asks longer)."""

import pytest

from host_verify.apikeys import Scope
from host_verify.database import file_place

from . import timing
from .parts import new_store
from .serving import Serving

ROUNDS = 24


@pytest.fixture(scope="module")
def times(tmp_path_factory):
    place = file_place(new_store(tmp_path_factory.mktemp("timing")))
    timing.fill(place, ROUNDS)
    with Serving(place, "--workers", "1") as serving:
        return timing.measure(serving, Scope.VERIFY, ROUNDS)


def test_no_cause_of_a_refusal_comes_earlier_or_later_than_another(times):
    # By chance alone the share is 0.5 with a standard deviation of 0.08.
    for cause, mine in times.items():
        if cause != timing.BEHIND_A_CODE:
            assert 0.15 < timing.later(mine, times[timing.UNKNOWN]) < 0.85, cause


def test_every_refusal_takes_its_step_at_least(times):
    assert min(map(min, times.values())) >= 0.050 * 0.98


def test_the_comparison_finds_what_a_guesser_would():
    assert timing.later([3, 4, 5], [1, 2, 3]) == pytest.approx(8.5 / 9)
    assert timing.later([1, 2], [1, 2]) == 0.5
