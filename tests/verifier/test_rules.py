"""The rules one by one: windows, replay, throttle, lock, states."""

import itertools
from collections import deque

import pytest
from tokencore.errors import BadValue

from host_verify.core import Reason, Status, is_locked
from host_verify.policy import Policy

from .parts import NOON, Bench, code_at, code_of

STEP = NOON // 30


def wrong_code(bench, utc):
    """A well-formed code that no step within reach has."""
    near = {code_of(bench.account, step) for step in range(STEP - 50, STEP + 50)}
    return next(code for code in map("{:06d}".format, range(10**6)) if code not in near)


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest.mark.parametrize("window", [0, 1, 2])
def test_the_window_is_as_wide_as_the_policy_says(shift, window):
    outcome = Bench(Policy(window=window)).step(STEP + shift, NOON)
    assert outcome is (Reason.ACCEPTED if abs(shift) <= window else Reason.WRONG_CODE)


def test_a_code_is_accepted_once_and_its_replay_is_told_apart_but_not_counted():
    bench = Bench()
    assert bench.step(STEP, NOON) is Reason.ACCEPTED
    before = bench.state
    for spelling in ("{}", "{} ", " {}"):
        assert bench.give(spelling.format(code_of(bench.account, STEP)), NOON).reason is Reason.REPLAYED
    assert bench.state == before


def test_a_step_below_an_accepted_one_is_used_up_too():
    bench = Bench()
    assert bench.step(STEP + 1, NOON) is Reason.ACCEPTED
    assert bench.step(STEP, NOON) is Reason.REPLAYED
    assert bench.step(STEP - 1, NOON) is Reason.REPLAYED


def test_one_code_of_two_steps_is_accepted_once():
    # The first step of this seed that has the code of one at most ten steps before it.
    bench, recent = Bench(Policy(window=10)), deque(maxlen=10)
    for step in itertools.count():
        code = code_of(bench.account, step)
        if code in recent:
            break
        recent.append(code)
    utc = step * 30
    assert bench.give(code, utc).step == step
    assert bench.give(code, utc).reason is Reason.REPLAYED


def test_a_used_code_that_a_later_step_has_too_is_a_replay_all_the_same():
    bench, recent = Bench(Policy(notice_window=0)), deque(maxlen=10)
    for step in itertools.count(20):
        code = code_of(bench.account, step)
        if code in recent and code != recent[-1]:
            break
        recent.append(code)
    first = step - len(recent) + recent.index(code)
    assert step - first > 2
    assert bench.give(code, first * 30).step == first
    # Long out of the window, and then the later step is in it.
    assert bench.give(code, step * 30 + 8).reason is Reason.REPLAYED
    assert bench.step(step + 1, step * 30 + 31) is Reason.ACCEPTED
    assert bench.give(code, step * 30 + 35).reason is Reason.REPLAYED


@pytest.mark.parametrize(
    ("ahead", "expected"), [(0, Reason.ACCEPTED), (10, Reason.ACCEPTED), (11, Reason.WRONG_CODE)]
)
def test_hotp_looks_ahead_as_far_as_the_policy_says(ahead, expected):
    bench = Bench(kind="hotp", counter=100)
    assert bench.step(100 + ahead, 0) is expected
    assert bench.state.next_step == (101 + ahead if expected is Reason.ACCEPTED else 100)


def test_hotp_codes_passed_over_are_used_up():
    bench = Bench(kind="hotp")
    assert bench.give(code_of(bench.account, 4), 0).shift == 4
    for counter in range(5):
        assert bench.step(counter, 0) is Reason.REPLAYED
    assert bench.step(5, 0) is Reason.ACCEPTED


def test_hotp_ends_at_its_last_counter():
    bench = Bench(kind="hotp", counter=2**64 - 1)
    assert bench.step(2**64 - 1, 0) is Reason.ACCEPTED
    assert bench.state.next_step == 2**64
    assert bench.step(2**64 - 1, 0) is Reason.REPLAYED


@pytest.mark.parametrize("utc", [0, 1, 29, 30, 59])
def test_the_first_steps_of_time_are_no_special_case(utc):
    bench = Bench()
    assert bench.give(code_at(bench.account, utc), utc).step == utc // 30


def test_a_time_before_t0_has_no_code():
    bench = Bench(t0=NOON)
    assert bench.give("000000", NOON - 3600).reason is Reason.WRONG_CODE


def test_waits_grow_by_rfc_4226_and_end_in_a_lock():
    bench, utc = Bench(), NOON
    wrong = wrong_code(bench, utc)
    waits = []
    for failure in range(1, 11):
        assert bench.give(wrong, utc).reason is Reason.WRONG_CODE
        assert bench.state.failures == failure
        refused = bench.give(code_at(bench.account, utc), utc)
        if refused.reason is Reason.THROTTLED:
            waits.append(refused.retry_after)
            assert bench.give(wrong, utc + refused.retry_after - 1).retry_after == 1
            utc += refused.retry_after
        elif failure == 10:
            assert refused.reason is Reason.LOCKED
        else:
            # Not throttled yet: undo the acceptance, to go on failing.
            bench.state = bench.state._replace(failures=failure, failed_at=utc, next_step=0)
    assert waits == [5 * failures for failures in range(3, 10)]
    assert is_locked(bench.state, bench.policy, utc)
    for _ in range(3):
        # The lock ends by itself, and the next wrong code doubles it.
        waits.append(bench.give(wrong, utc).retry_after)
        assert bench.give(wrong, utc + waits[-1] - 1).retry_after == 1
        utc += waits[-1]
        assert not is_locked(bench.state, bench.policy, utc)
        assert bench.give(wrong_code(bench, utc), utc).reason is Reason.WRONG_CODE
    assert waits[-3:] == [900, 1800, 3600]
    assert bench.give(code_at(bench.account, utc + 7200), utc + 7200).reason is Reason.ACCEPTED


def test_a_lock_without_seconds_lasts_until_an_administrator_ends_it():
    bench = Bench(Policy(lock_seconds=0))
    bench.state = bench.state._replace(failures=10, failed_at=NOON)
    outcome = bench.give(code_at(bench.account, NOON + 10**9), NOON + 10**9)
    assert (outcome.reason, outcome.retry_after) == (Reason.LOCKED, None)


def test_a_lock_never_outlasts_a_life_by_much_and_no_number_breaks_it():
    bench = Bench()
    bench.state = bench.state._replace(failures=10**6, failed_at=NOON)
    assert bench.step(STEP, NOON) is Reason.LOCKED
    assert is_locked(bench.state, bench.policy, NOON + 900 * 2**20 - 1)
    assert not is_locked(bench.state, bench.policy, NOON + 900 * 2**20)


def test_a_throttled_attempt_is_neither_looked_at_nor_counted():
    bench = Bench()
    for _ in range(3):
        bench.give(wrong_code(bench, NOON), NOON)
    before = bench.state
    assert bench.give(code_of(bench.account, STEP), NOON + 14).reason is Reason.THROTTLED
    assert bench.state == before
    assert bench.give(code_of(bench.account, STEP), NOON + 15).reason is Reason.ACCEPTED
    assert bench.state.failures == 0


def test_setting_the_servers_clock_back_makes_a_wait_neither_shorter_nor_longer():
    bench = Bench()
    for _ in range(3):
        bench.give(wrong_code(bench, NOON), NOON)
    assert bench.give(code_of(bench.account, STEP - 120), NOON - 3600).retry_after == 15


def test_malformed_codes_are_never_counted():
    bench = Bench()
    before = bench.state
    for _ in range(50):
        assert bench.give("12345", NOON).reason is Reason.MALFORMED
    assert bench.state == before


@pytest.mark.parametrize(("status", "reason"), [("suspended", Reason.SUSPENDED), ("revoked", Reason.REVOKED)])
def test_a_token_out_of_use_accepts_nothing(status, reason):
    bench = Bench()
    bench.state = bench.state._replace(status=Status(status))
    before = bench.state
    assert bench.step(STEP, NOON) is reason
    assert bench.state == before


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "window": [-1, 11, True, 1.0, "1"],
        "silence_window": [-1, 21],
        "look_ahead": [-1, 101],
        "resync_window": [0, 2001],
        "max_offset": [-1, 86_401],
        "max_rate": [-1, 1001],
        "throttle_after": [0, 11],
        "throttle_seconds": [-1, 3601],
        "lock_after": [0, 1001],
        "lock_seconds": [-1, 86_401],
    }.items(),
)
def test_a_policy_out_of_its_limits_is_refused_by_name(field, values):
    for value in values:
        with pytest.raises(BadValue, match=f"^{field}: "):
            Policy(**{field: value})
