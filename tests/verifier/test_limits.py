"""The rate limits by themselves."""

from hypothesis import given
from hypothesis import strategies as st

from host_verify.web import limits
from host_verify.web.limits import Limiter


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@given(st.integers(1, 600), st.lists(st.floats(0, 30), max_size=200))
def test_no_minute_sees_more_than_two_minutes_worth_and_who_waits_is_let_through(per_minute, pauses):
    clock = Clock()
    limiter = Limiter(per_minute, clock)
    passed = []
    for pause in pauses:
        clock.now += pause
        wait = limiter.wait("anna")
        if wait:
            clock.now += wait + 1e-6
            assert limiter.wait("anna") == 0.0
        passed.append(clock.now)
    for start in passed:
        assert sum(start <= at < start + 60 for at in passed) <= 2 * per_minute + 1


def test_a_burst_of_a_minutes_tries_passes_and_each_caller_has_its_own():
    limiter = Limiter(10, Clock())
    assert [limiter.wait("anna") > 0 for _ in range(12)] == [False] * 10 + [True] * 2
    assert limiter.wait("bob") == 0.0
    assert Limiter(0, Clock()).wait("anna") == 0.0


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(limits, "_MOST", 100)
    clock = Clock()
    limiter = Limiter(60, clock)
    for number in range(1000):
        limiter.wait(number)
        clock.now += 0.5
    assert len(limiter._full_at) <= 100
