"""The clock: what four timestamps say, and a token set to the second."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import frame, messages
from tokencore.errors import ClockFailed

from provisioner import Exchange, Token, sync
from provisioner.faults import BadInput, SyncFailed
from tests.desk.conftest import QUICK
from tests.desk.line import LineToken

MS = 1_000_000
UTC = 1_800_000_000 * 1_000_000_000


@given(
    there=st.integers(0, 500 * MS),
    held=st.integers(0, 50),
    back=st.integers(0, 500 * MS),
    offset=st.integers(-(10**9), 10**9),
    zero=st.integers(UTC, UTC + 10**12),
    sent=st.integers(10**12 + UTC, UTC + 10**14),
)
def test_the_true_offset_is_within_the_uncertainty(there, held, back, offset, zero, sent) -> None:
    """The token's tick 0 was at UTC `zero`; its clock is `offset` ms ahead of this computer's."""
    t2 = (sent + there - zero) // MS
    t3 = t2 + held
    t4 = sent + there + held * MS + back
    utc_ms = (zero + t3 * MS) // MS + offset
    found = sync.evaluate(Exchange(sent, t2, t3, t4, "ok", utc_ms))
    assert found.round_trip_ns == there + back
    # Beside the line there is the millisecond to which ticks and UTC are cut.
    assert abs(found.offset_ns - offset * MS) <= found.uncertainty_ns + MS
    assert abs(found.tick_zero_ns - zero) <= found.uncertainty_ns


@given(now=st.integers(UTC, UTC + 10**13), zero=st.integers(UTC - 10**13, UTC))
def test_the_planned_tick_is_that_of_a_whole_second_some_time_ahead(now, zero) -> None:
    measured = sync.Measurement("not set", None, 0, 0, zero)
    utc, at, wait_s = sync.plan(measured, now)
    assert abs(zero + at * MS - utc * 10**9) <= MS // 2
    assert sync.MIN_AHEAD_NS <= utc * 10**9 - now < sync.MIN_AHEAD_NS + 10**9
    assert wait_s == pytest.approx((utc * 10**9 - now) / 1e9)


@pytest.mark.parametrize("ahead_ms", [-90_000, -400, 0, 700, 3_600_000])
def test_a_token_that_is_off_is_set(ahead_ms: int) -> None:
    with LineToken(ahead_ms=ahead_ms) as line, line.open() as token:
        time.sleep(1.2)  # The token knows its clock's milliseconds once the chip's second has turned.
        done = sync.synchronise(token, time.time_ns)
    assert done.before.offset_ns == pytest.approx(ahead_ms * MS, abs=80 * MS)
    assert done.after.offset_ns == pytest.approx(0, abs=80 * MS)
    assert done.after.uncertainty_ns < 30 * MS


def test_a_slow_and_lopsided_line_is_within_what_is_printed() -> None:
    def slow(data: bytes) -> list[bytes]:
        time.sleep(0.06)
        return [data]

    with LineToken(lost=True) as line, line.open() as token:
        line.to_host = slow
        done = sync.synchronise(token, time.time_ns)
    assert done.before.clock == "not set"
    assert done.before.offset_ns is None
    assert abs(done.after.offset_ns) <= 2 * done.after.uncertainty_ns
    assert 30 * MS <= done.after.uncertainty_ns < 60 * MS


def test_a_very_slow_line_is_given_the_time_it_needs(monkeypatch) -> None:
    """0.7 s each way: a second that begins 0.4 s after the planning would be over on arrival."""
    monkeypatch.setattr(sync, "EXCHANGES", 1)
    delay_s = 0.7

    def slow(data: bytes) -> list[bytes]:
        time.sleep(delay_s)
        return [data]

    with LineToken(lost=True) as line, Token.open(line.port, (4.0,)) as token:
        line.to_token = line.to_host = slow
        planned_ns = time.time_ns() + round(2 * delay_s * 10**9)
        shift_ns = (600_000_000 - planned_ns) % 10**9
        done = sync.synchronise(token, lambda: time.time_ns() + shift_ns)
        commands = [messages.decode_request(request)[1].name for request in line.requests]
    assert commands == ["hello", "get_time", "set_time", "get_time", "info"]
    assert abs(done.after.offset_ns) <= 50 * MS


def test_an_exchange_whose_answer_is_lost_is_made_anew(line, token) -> None:
    lost = [True, False]
    line.to_host = lambda data: [] if lost and lost.pop(0) else [data]
    exchange = token.exchange(time.time_ns)
    assert exchange.t4 - exchange.t1 < QUICK[0] * 10**9


def test_a_request_that_comes_too_late_for_its_second_is_sent_again() -> None:
    slept: list[float] = []

    def held(data: bytes) -> list[bytes]:
        if len(line.requests) > sync.EXCHANGES + 1 and not slept:
            slept.append(1.4)
            time.sleep(1.4)
        return [data]

    with LineToken(lost=True) as line, Token.open(line.port, (3.0,)) as token:
        line.to_token = held
        done = sync.synchronise(token, time.time_ns)
    assert slept
    assert done.after.offset_ns == pytest.approx(0, abs=80 * MS)


def test_a_clock_that_refuses_the_time_is_the_tokens_refusal(line, token) -> None:
    line.rtc.deaf = True
    with pytest.raises(ClockFailed):
        sync.synchronise(token, lambda: time.time_ns() + 60 * 10**9)


def test_a_clock_that_shows_another_time_than_was_set_is_told(line, token) -> None:
    def astray(data: bytes) -> list[bytes]:
        sequence, status, packed = messages.decode_response(frame.Decoder().feed(data)[0])
        packed |= {4: packed[4] + 60_000} if 4 in packed else {}
        return [frame.encode(messages.cbor.encode([sequence, status, packed]))]

    line.to_host = astray
    with pytest.raises(SyncFailed):
        sync.synchronise(token, time.time_ns)


@pytest.mark.parametrize("utc", [0, 946_684_799, 2**32 - 1])
def test_a_computer_without_a_clock_sets_no_token(line, token, utc: int) -> None:
    with pytest.raises(BadInput):
        sync.synchronise(token, lambda: utc * 10**9)
    assert len(line.requests) == 1  # hello


def test_firmware_that_does_not_ask_how_sure_a_host_is_is_synced_without() -> None:
    def older(data: bytes) -> list[bytes]:
        passed = []
        for payload in frame.Decoder().feed(data):
            sequence, command, packed = messages.cbor.decode(payload)
            if command == messages.COMMANDS["set_time"].number and 3 in packed:
                packed[99] = 0  # as unknown to this firmware as the third field to an older one
            passed.append(frame.encode(messages.cbor.encode([sequence, command, packed])))
        return passed

    with LineToken(lost=True) as line, line.open() as token:
        line.to_token = older
        done = sync.synchronise(token, time.time_ns)
    assert done.after.offset_ns == pytest.approx(0, abs=80 * MS)
    assert done.after.bound_ms >= 1000  # The token takes such a host to be a second wrong.


def test_what_the_line_leaves_open_goes_along(line, token) -> None:
    def slow(data: bytes) -> list[bytes]:
        time.sleep(0.06)
        return [data]

    line.to_host = slow
    done = sync.synchronise(token, time.time_ns)
    (asked,) = [
        packed
        for _sequence, command, packed in map(messages.decode_request, line.requests)
        if command.name == "set_time"
    ]
    assert done.before.uncertainty_ns / MS <= asked[3] <= done.before.uncertainty_ns / MS + 2
    assert done.expected_ms(90) > done.info.bound


@pytest.mark.parametrize("told", [None, -12, 90])
def test_the_temperature_goes_along_where_somebody_has_read_it(line, token, told: int | None) -> None:
    sync.synchronise(token, time.time_ns, quarters=told)
    (asked,) = [
        packed
        for _sequence, command, packed in map(messages.decode_request, line.requests)
        if command.name == "set_time"
    ]
    assert asked.get(4) == told
