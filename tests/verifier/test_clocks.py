"""Tokens' clocks: exact, wrong, drifting for years, set again, lost and found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_verify.core import Reason, check, resynchronise
from host_verify.policy import Policy
from host_verify.windows import accepted_offsets, margin

from .parts import NOON, POLICY, Bench, code_at, code_of

DAY = 86_400
YEAR = 365 * DAY


def resync(bench, step, utc):
    """Give the codes of `step` and the one after it."""
    codes = (code_of(bench.account, step), code_of(bench.account, step + 1))
    outcome, bench.state = resynchronise(bench.key, bench.state, *codes, utc, bench.policy)
    return outcome


@given(st.integers(0, 29), st.lists(st.integers(30, 3 * DAY), min_size=1, max_size=30))
def test_an_exact_clock_is_never_refused_at_any_phase(phase, pauses):
    bench, utc = Bench(), NOON + phase
    for pause in pauses:
        assert bench.give(code_at(bench.account, utc), utc).reason is Reason.ACCEPTED
        assert abs(bench.state.drift.offset) <= 30
        utc += pause


@given(st.integers(-20_000, 20_000), st.lists(st.integers(31, 3600), min_size=1, max_size=30))
def test_a_clock_that_is_off_but_steady_is_never_refused_once_known(offset, pauses):
    bench, utc = Bench(), NOON
    assert resync(bench, (utc + offset) // 30 - 1, utc).reason is Reason.ACCEPTED
    for pause in pauses:
        utc += pause
        outcome = bench.give(code_at(bench.account, utc + offset), utc)
        assert outcome.reason is Reason.ACCEPTED
        assert abs(outcome.offset - offset) <= 30


@given(
    st.lists(st.tuples(st.integers(1, 100 * DAY), st.integers(-12, 12)), max_size=40),
    st.integers(0, 21_600),
    st.integers(0, 200),
)
def test_what_is_learned_stays_in_its_bounds_whatever_is_accepted(attempts, max_offset, max_rate):
    bench, utc = Bench(Policy(max_offset=max_offset, max_rate=max_rate)), NOON
    for pause, shift in attempts:
        utc += pause
        known = bench.state.drift.offset if bench.state.drift else 0
        bench.give(code_at(bench.account, utc + round(known) + 30 * shift), utc)
        if bench.state.drift:
            assert abs(bench.state.drift.offset) <= max_offset
            assert abs(bench.state.drift.rate) <= max_rate * 1e-6
        bench.state = bench.state._replace(failures=0)


def follow(ppm, seed, weeks=2, years=5):
    """Log in daily for `weeks`, then with pauses of hours to three months; return what came of it.

    Codes are typed up to 15 s after they were read, from a clock that gains `ppm` and wanders by 2 ppm
    with the seasons.
    """
    chance, bench = random.Random(seed), Bench()
    utc, ahead, outcomes, errors = NOON, chance.uniform(-5, 5), [], []
    while utc < NOON + years * YEAR:
        read = utc - chance.uniform(1, 15)
        outcome = bench.give(code_at(bench.account, int(read + ahead)), utc)
        outcomes.append(outcome.reason)
        errors.append(abs(bench.state.drift.offset - ahead))
        if utc < NOON + weeks * 7 * DAY:
            pause = chance.uniform(0.5, 1.5) * DAY
        else:
            pause = (
                chance.choice([chance.uniform(0.1, 3), chance.uniform(3, 30), chance.uniform(30, 90)]) * DAY
            )
        season = 2 * ((utc // (YEAR // 2)) % 2) - 1
        ahead += (ppm + 2 * season) * 1e-6 * pause
        utc += int(pause)
    return outcomes, errors, ahead, bench


@pytest.mark.parametrize("ppm", [0, 3, 20, -20, 100, -100])
def test_a_drifting_clock_is_followed_for_years_without_resynchronisation(ppm):
    for seed in range(5):
        outcomes, errors, ahead, bench = follow(ppm, seed)
        assert len(outcomes) > 60
        assert set(outcomes) == {Reason.ACCEPTED}
        assert abs(bench.state.drift.rate * 1e6 - ppm) < 8
        assert max(errors) < 45
        if abs(ppm) == 100:
            assert abs(ahead) > 4 * 3600  # far out of any fixed window


def test_without_learning_such_a_clock_is_lost_in_months():
    """The same token under a policy that believes no drift: what is learned makes the difference."""
    bench = Bench(Policy(max_offset=0, silence_window=0))
    refused = 0
    for day in range(60):
        utc = NOON + day * DAY
        refused += (
            bench.give(code_at(bench.account, int(utc + day * DAY * 100e-6)), utc).reason
            is not Reason.ACCEPTED
        )
        bench.state = bench.state._replace(failures=0)
    assert refused > 30


def known(offset=0, days=30, phase=0, **fields):
    """A token whose codes came once a day, 7 s after they were read; and the time a day after the last."""
    bench, utc = Bench(**fields), NOON + phase
    if offset:
        assert resync(bench, (utc + offset) // 30 - 1, utc).reason is Reason.ACCEPTED
    for _ in range(days):
        utc += DAY + 7
        assert bench.give(code_at(bench.account, utc - 7 + offset), utc).reason is Reason.ACCEPTED
    return bench, utc + DAY


def reached(bench, utc):
    """The shifts, in steps from the server's own, whose codes are accepted at `utc`."""
    return [
        shift
        for shift in range(-60, 61)
        if check(bench.key, bench.state, code_at(bench.account, utc + 30 * shift), utc, POLICY)[0].reason
        is Reason.ACCEPTED
    ]


def test_a_clock_that_is_known_has_two_or_three_codes():
    bench, utc = known(days=120)
    numbers = [len(reached(bench, utc + second)) for second in range(30)]
    assert {*numbers} == {2, 3}
    assert 2.4 < sum(numbers) / 30 < 2.9


def test_the_window_widens_with_silence_only_and_only_so_far():
    bench, utc = known()
    numbers = [len(reached(bench, utc + pause)) for pause in (0, 20 * DAY, 60 * DAY, 120 * DAY, 10 * YEAR)]
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[1] < numbers[2] < numbers[3] <= numbers[4] <= 13


@pytest.mark.parametrize("pause", [3600, DAY, 30 * DAY, YEAR])
def test_a_code_may_be_late_by_a_step_and_never_early(pause):
    """What is right lies from one step ago to now by the token's clock, within the margin on both sides."""
    bench, utc = known()
    utc += pause
    low, high = accepted_offsets(bench.state.drift, utc, 30, POLICY)
    offset, off = margin(bench.state.drift, utc, 30, POLICY)
    assert (low, high) == (offset - 30 - off, offset + off)
    wanted = [
        shift
        for shift in range(-60, 61)
        if low <= 30 * shift + 29 - utc % 30 and 30 * shift - utc % 30 <= high
    ]
    assert reached(bench, utc) == wanted


@pytest.mark.parametrize("offset", [-5000, -300, -100, 100, 300, 5000])
def test_a_token_whose_clock_is_set_right_is_back_with_the_second_code(offset):
    bench, utc = known(offset)
    # Of a clock that was ahead all steps up to there are used up.
    utc += max(0, offset)
    assert bench.give(code_at(bench.account, utc), utc).reason is Reason.WRONG_CODE
    utc += 35
    outcome = bench.give(code_at(bench.account, utc), utc)
    assert outcome.reason is Reason.ACCEPTED
    assert abs(outcome.offset) <= 30
    for _ in range(5):
        utc += 3600
        assert bench.give(code_at(bench.account, utc), utc).reason is Reason.ACCEPTED


@pytest.mark.parametrize("offset", [-290, -100, 100, 290])
def test_a_token_that_ran_away_before_its_first_code_is_taken_with_the_second(offset):
    bench, utc = Bench(), NOON + 7
    assert bench.give(code_at(bench.account, utc + offset), utc).reason is Reason.WRONG_CODE
    assert bench.state.drift is None
    utc += 40
    outcome = bench.give(code_at(bench.account, utc + offset), utc)
    assert (outcome.reason, bench.state.failures, bench.state.noticed) == (Reason.ACCEPTED, 0, None)
    assert abs(outcome.offset - offset) <= 30


def second_code(step, pause, bench=None, first=8):
    """What becomes of the code of `step`, from now, `pause` s after the one of `first` steps ahead."""
    bench = bench or Bench()
    assert bench.step(NOON // 30 + first, NOON) is Reason.WRONG_CODE
    return bench.step(NOON // 30 + step, NOON + pause)


def test_a_noticed_code_is_confirmed_only_by_a_later_one_of_the_same_clock_and_soon():
    assert second_code(9, 30) is Reason.ACCEPTED
    assert second_code(10, 30) is second_code(8 + 19, 570) is Reason.ACCEPTED
    assert second_code(8, 30) is second_code(7, 30) is Reason.WRONG_CODE
    assert second_code(6, 30) is second_code(5, 30) is second_code(-8, 30) is Reason.WRONG_CODE
    assert second_code(8 + 21, 630) is Reason.WRONG_CODE
    assert second_code(9, 30, Bench(Policy(notice_window=0))) is Reason.WRONG_CODE


def test_a_code_beyond_the_reach_is_not_noticed():
    bench = Bench()
    for shift in (-12, 12):
        assert bench.step(NOON // 30 + shift, NOON) is Reason.WRONG_CODE
        assert bench.state.noticed is None


def test_a_used_step_is_never_noticed_nor_counted():
    bench, utc = known(300)
    bench.give(code_at(bench.account, utc + 300), utc)
    for behind in (60, 150, 270):
        assert bench.give(code_at(bench.account, utc + 300 - behind), utc).reason is Reason.REPLAYED
    assert (bench.state.failures, bench.state.noticed) == (0, None)


@pytest.mark.parametrize("leap", [-44, -30, -20, 20, 30, 44])
@pytest.mark.parametrize("phase", [0, 7, 15, 22, 29])
def test_a_well_known_clock_that_leaps_costs_one_refusal_at_most(leap, phase):
    """A long record must not hold the estimate back: two codes that agree say where the clock is."""
    bench, utc = known(5000, 60)
    ahead, refused = 5000 + leap, []
    utc += 3600 - (utc + ahead) % 30 + phase
    for _ in range(12):
        refused.append(bench.give(code_at(bench.account, utc - 7 + ahead), utc).reason is not Reason.ACCEPTED)
        utc += 37 if refused[-1] else DAY + 11
    assert sum(refused) <= 1


def test_a_lost_token_is_brought_back_by_two_codes():
    bench, utc = Bench(), NOON
    bench.give(code_at(bench.account, utc), utc)
    utc += 400 * DAY
    lost_by = 3000
    outcome = bench.give(code_at(bench.account, utc + lost_by), utc)
    assert outcome.reason is Reason.WRONG_CODE
    outcome = resync(bench, (utc + lost_by) // 30 - 1, utc)
    assert outcome.reason is Reason.ACCEPTED
    assert abs(outcome.offset - lost_by) <= 30
    assert bench.state.failures == 0
    utc += 60
    assert bench.give(code_at(bench.account, utc + lost_by), utc).reason is Reason.ACCEPTED


def test_resynchronisation_learns_the_rate_of_a_token_lost_by_drift():
    bench, utc, ppm = Bench(), NOON, 80e-6
    bench.give(code_at(bench.account, utc), utc)
    utc += 200 * DAY
    assert bench.give(code_at(bench.account, int(utc + ppm * 200 * DAY)), utc).reason is Reason.WRONG_CODE
    assert resync(bench, int(utc + ppm * 200 * DAY) // 30 - 1, utc).reason is Reason.ACCEPTED
    utc += 100 * DAY
    assert bench.give(code_at(bench.account, int(utc + ppm * 300 * DAY)), utc).reason is Reason.ACCEPTED


@pytest.mark.parametrize("distance", [-999, -500, 500, 1000 - 1])
def test_resynchronisation_reaches_as_far_as_the_policy_says(distance):
    wide = Policy(max_offset=86_400)
    step = NOON // 30 + distance
    assert resync(Bench(wide), step, NOON).reason is Reason.ACCEPTED
    assert resync(Bench(Policy(resync_window=400)), step, NOON).reason is Reason.WRONG_CODE


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_clock_further_off_than_is_followed_is_named_and_counted(sign):
    bench = Bench()
    outcome = resync(bench, NOON // 30 + sign * 900, NOON)
    assert outcome.reason is Reason.OUT_OF_DRIFT
    assert abs(outcome.offset - sign * 27_000) <= 60
    assert (bench.state.failures, bench.state.drift, bench.state.next_step) == (1, None, 0)


def test_resynchronisation_obeys_replay_throttle_and_lock():
    bench, step = Bench(), NOON // 30
    assert bench.step(step, NOON) is Reason.ACCEPTED
    for used in (step - 1, step):
        assert resync(bench, used, NOON).reason is Reason.REPLAYED
    assert resync(bench, step + 1, NOON).reason is Reason.ACCEPTED
    assert resync(bench, step + 1, NOON).reason is Reason.REPLAYED
    assert bench.step(step + 2, NOON + 60) is Reason.REPLAYED
    utc = NOON + DAY
    right, apart = (code_of(bench.account, utc // 30 + n) for n in (0, 5))
    for failure in range(1, 11):
        outcome, bench.state = resynchronise(bench.key, bench.state, right, apart, utc, POLICY)
        assert (outcome.reason, bench.state.failures) == (Reason.WRONG_CODE, failure)
        again, _ = resynchronise(bench.key, bench.state, right, apart, utc, POLICY)
        utc += again.retry_after or 0 if failure < 10 else 0
    assert resync(bench, utc // 30, utc).reason is Reason.LOCKED
    assert bench.give(code_at(bench.account, utc), utc).reason is Reason.LOCKED


def test_two_right_codes_that_are_not_consecutive_or_in_the_wrong_order_bring_nothing_back():
    step = NOON // 30
    for first, second in ((step, step + 2), (step + 1, step), (step, step)):
        bench = Bench()
        codes = (code_of(bench.account, first), code_of(bench.account, second))
        outcome, after = resynchronise(bench.key, bench.state, *codes, NOON, POLICY)
        assert (outcome.reason, after.failures, after.next_step) == (Reason.WRONG_CODE, 1, 0)


@pytest.mark.parametrize("codes", [("12345", "123456"), ("123456", "12345x")])
def test_malformed_codes_are_not_counted_by_resynchronisation(codes):
    bench = Bench()
    outcome, after = resynchronise(bench.key, bench.state, *codes, NOON, POLICY)
    assert outcome.reason is Reason.MALFORMED
    assert after == bench.state


def test_hotp_is_resynchronised_by_counters_ahead_only():
    bench = Bench(kind="hotp", counter=500)
    assert resync(bench, 400, 0).reason is Reason.REPLAYED
    assert resync(bench, 499, 0).reason is Reason.REPLAYED
    assert resync(bench, 1300, 0).reason is Reason.ACCEPTED
    assert bench.state.next_step == 1302
    assert resync(bench, 2303, 0).reason is Reason.WRONG_CODE
    assert bench.step(1302, 0) is Reason.ACCEPTED
