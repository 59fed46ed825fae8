"""The clock over a chip that works, lies, stops, or does not answer."""

from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import errors
from tokencore.account import MAX_TIME
from tokenfw import clock
from tokenfw.clock import Clock
from tokenfw.setting import civil

from tests.firmware.parts import Bench, RamRtc
from tests.firmware.parts import clock as token_clock

NOW = 1_800_000_000


def run(clock: Clock, rtc: RamRtc, start_ms: int, ms: int, phase_ms: int = 0, frozen: bool = False) -> int:
    """Step for `ms`; the chip's seconds turn `phase_ms` after the ticks' whole seconds."""
    first = rtc.utc - (start_ms - phase_ms) // 1000
    for now in range(start_ms, start_ms + ms + 1, 10):
        if not frozen:
            rtc.utc = first + (now - phase_ms) // 1000
        clock.step(now)
    return start_ms + ms


@given(st.integers(946_684_800, 0xFFFFFFFF))
def test_civil_time_is_that_of_the_standard_library(utc: int) -> None:
    expected = datetime.datetime.fromtimestamp(utc, datetime.UTC)
    assert civil(utc) == (*expected.timetuple()[:6], expected.weekday())


def test_every_day_of_the_century_survives_the_chip() -> None:
    for day in range(36525):
        utc = 946_684_800 + day * 86400 + 86399
        assert calendar.timegm(civil(utc)[:6]) == utc
        token = token_clock(RamRtc(utc), 0)
        token.step(0)
        assert token.utc_ms(0) == utc * 1000


@pytest.mark.parametrize("phase", [0, 10, 250, 740, 990])
def test_milliseconds_follow_the_turn_of_the_second(phase: int) -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, 60_000, phase)
    true_ms = rtc.utc * 1000 + (end - phase) % 1000
    assert abs(token.utc_ms(end) - true_ms) <= 10


def test_setting_starts_the_second_at_once() -> None:
    rtc = RamRtc(0, lost=True)
    token = token_clock(rtc, 0)
    token.step(0)
    with pytest.raises(errors.ClockNotSet):
        token.utc_ms(0)
    token.set(NOW, 740)
    assert (rtc.utc, rtc.lost) == (NOW, False)
    assert token.utc_ms(1000) == NOW * 1000 + 260


@pytest.mark.parametrize("ppm", [-500, 500])
def test_a_long_sleep_is_no_contradiction(ppm: int) -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, 5000)
    month = 30 * 86400
    rtc.utc += month + month * ppm // 1_000_000
    end = run(token, rtc, end + month * 1000, 5000)
    assert token.state == clock.OK
    assert abs(token.utc_ms(end) // 1000 - rtc.utc) <= 1


def test_the_chip_is_read_seldom() -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    reads = []
    rtc.lost_power = lambda: reads.append(1) and False  # type: ignore[method-assign]
    end = run(token, rtc, 0, 2000)
    del reads[:]
    run(token, rtc, end, 100_000)
    assert len(reads) < 150  # of 10,000 steps


NONSENSE = [
    (2026, 13, 1, 0, 0, 0, 0),
    (2026, 0, 1, 0, 0, 0, 0),
    (2026, 2, 29, 0, 0, 0, 0),
    (2026, 4, 31, 0, 0, 0, 0),
    (2026, 1, 0, 0, 0, 0, 0),
    (2026, 1, 1, 24, 0, 0, 0),
    (2026, 1, 1, 0, 60, 0, 0),
    (2026, 1, 1, 0, 0, 60, 0),
    (2165, 165, 165, 165, 165, 165, 0),
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_gives_no_time_and_may_pass(nonsense: tuple[int, ...]) -> None:
    rtc = RamRtc(NOW)
    rtc.nonsense = nonsense
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, 100)
    with pytest.raises(errors.ClockFailed):
        token.utc_ms(end)
    rtc.nonsense = None
    end = run(token, rtc, end, 3000)
    assert token.utc_ms(end) // 1000 == rtc.utc


def test_one_failed_read_is_forgiven_and_a_dead_chip_is_not() -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, 10_000)
    rtc.error = True
    token.step(end + 10_000)
    rtc.error, rtc.utc = False, rtc.utc + 10
    assert token.state == clock.OK
    end = run(token, rtc, end + 10_000, 10_000)
    assert token.state == clock.OK
    rtc.error = True
    end = run(token, rtc, end, 12_000)
    assert token.state == clock.FAILED
    with pytest.raises(errors.ClockFailed, match="did not take"):
        token.set(NOW, end)


@pytest.mark.parametrize("jump", [-3600, -5, 5, 3600])
def test_a_chip_that_contradicts_itself_is_not_believed_until_set(jump: int) -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, 5000)
    rtc.utc += jump
    end = run(token, rtc, end, 15_000)
    assert token.state == clock.FAILED
    end = run(token, rtc, end, 15_000)
    assert token.state == clock.FAILED
    token.set(NOW, end)
    run(token, rtc, end, 15_000)
    assert token.state == clock.OK


@pytest.mark.parametrize("good_ms", [0, 300, 5000])
def test_a_chip_that_stands_still_is_noticed(good_ms: int) -> None:
    rtc = RamRtc(NOW)
    token = token_clock(rtc, 0)
    end = run(token, rtc, 0, good_ms)
    run(token, rtc, end, 15_000, frozen=True)
    assert token.state == clock.FAILED


def test_power_loss_and_a_time_before_the_last_set_are_not_set() -> None:
    for rtc, floor in ((RamRtc(NOW, lost=True), 0), (RamRtc(NOW - 1), NOW)):
        token = token_clock(rtc, floor)
        end = run(token, rtc, 0, 100)
        assert token.state == clock.NOT_SET
        token.set(NOW - 10, end)  # The desk may set it back: then that is the floor.
        run(token, rtc, end, 2000)
        assert token.state == clock.OK


def test_time_ends_in_2106_and_the_token_goes_on() -> None:
    bench = Bench()
    bench.run(2000)
    bench.send("set_time", utc=MAX_TIME, at=bench.ms + 10)
    bench.run(500)
    bench.answers()
    assert bench.ask("info")["utc"] == MAX_TIME
    assert MAX_TIME * 1000 < bench.ask("get_time")["utc_ms"] < (MAX_TIME + 1) * 1000
    bench.run(2000)
    assert bench.ask("get_time")["utc_ms"] == MAX_TIME * 1000 + 999
    bench.run(15_000)
    assert bench.ask("info")["clock"] == "failed"
    bench.send("set_time", utc=1_900_000_000, at=bench.ms)
    bench.answers()
    assert bench.ask("info")["utc"] == 1_900_000_000
