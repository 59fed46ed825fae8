"""The fleet's figures in small: the default policy meets them, and a worse one would be seen."""

from dataclasses import replace

import pytest

from host_verify.core import Reason
from host_verify.policy import Policy
from tests.fleet.simulation import Core, Stored, Tally, live, run
from tests.fleet.world import DAY, START, Life
from tests.verifier.parts import new_store, open_store

POLICY = Policy()


def total(tokens, years, policy=POLICY, **more):
    tally = Tally()
    for each in run(tokens, years, 6, policy, **more):
        tally += each
    return tally


@pytest.fixture(scope="module")
def small():
    return total(6, 3)


def test_good_logins_are_accepted_and_a_guesser_gets_three_codes_at_most(small):
    assert small.logins > 10_000
    assert small.refused <= 1
    assert (small.replays, small.replayed) == (small.logins, 0)
    assert small.mean_codes < 3.1
    assert small.mean_guessed_codes < 3.1
    assert max(small.guessed_codes) <= 13
    assert small.guesses_right <= 1


def test_the_world_is_hard_enough(small):
    """A fixed window loses nearly all of such tokens; one around the last code refuses one in a thousand."""
    assert small.fixed > small.logins / 2
    assert small.remembered > small.logins / 1000
    lives = [Life(str(seed), 5) for seed in range(10)]
    assert max(abs(life.ahead(START + 5 * 365 * DAY)) for life in lives) > 1200
    rates = [86_400 * rate for life in lives for rate in life.rates]
    assert -3 < min(rates) < -1 and 0.6 < max(rates) < 1.1


def test_worse_rules_would_be_seen():
    assert total(2, 2, replace(POLICY, window=2)).mean_codes > 3.1
    assert total(2, 2, replace(POLICY, window=0)).refused > 20
    assert total(2, 2, replace(POLICY, max_offset=60)).refused > 20


def test_a_clock_that_is_set_right_costs_one_refusal():
    tally = total(4, 3, set_yearly=True)
    assert tally.settings >= 6
    assert tally.refused <= tally.settings
    assert set(tally.codes_needed) == {2}
    assert tally.replayed == 0


def weeks():
    life = Life("stored", 1)
    life.days = 45
    return life


def test_the_store_decides_as_the_rules_alone_do(tmp_path):
    """Weeks through the whole verifier, and what was believed of the clock at the end."""
    with open_store(new_store(tmp_path)) as store:
        secret = weeks().secret
        stored, core = Stored(store, "anna", secret, POLICY), Core(secret, POLICY)
        tally = live(weeks(), stored, POLICY, "guesses")
        assert tally == live(weeks(), core, POLICY, "guesses")
        assert tally.logins > 30 and tally.replays == tally.logins
        assert stored.drift == core.drift
        assert stored.give("000000", START + 61 * DAY) is Reason.WRONG_CODE
