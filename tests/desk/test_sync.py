"""The clock: what four timestamps say, and a token set to the second."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore.account import Account
from tokencore.errors import ClockFailed, NotConfirmed, NotOwner

from provisioner import Exchange, Token, sync
from provisioner.faults import BadInput, SyncFailed
from tests.desk.conftest import QUICK
from tests.desk.line import LineToken

MS = 1_000_000
ACCOUNT = Account(b"12345678901234567890", "Bank", "alice")
UTC = 1_800_000_000 * 1_000_000_000


def watch(token: Token) -> list[tuple[str, dict]]:
    """Return the list of what this desk asks the token from now on."""
    asked: list[tuple[str, dict]] = []
    request = token._session.request

    def noting(name, values, *rest, **named):
        asked.append((name, values))
        return request(name, values, *rest, **named)

    token._session.request = noting
    return asked


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
    """0.5 s each way: a second that begins 0.4 s after the planning would be over on arrival."""
    monkeypatch.setattr(sync, "EXCHANGES", 1)
    delay_s = 0.5

    def slow(data: bytes) -> list[bytes]:
        time.sleep(delay_s)
        return [data]

    with LineToken(lost=True) as line, line.open((4.0,)) as token:
        token.status()  # Hands are shaken before, at the line's full speed.
        asked = watch(token)
        line.to_token = line.to_host = slow
        planned_ns = time.time_ns() + round(2 * delay_s * 10**9)
        shift_ns = (600_000_000 - planned_ns) % 10**9
        done = sync.synchronise(token, lambda: time.time_ns() + shift_ns)
    assert [name for name, _values in asked] == ["get_time", "set_time", "get_time", "info"]
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

    with LineToken(lost=True) as line, line.open((3.0,)) as token:
        line.to_token = held
        done = sync.synchronise(token, time.time_ns)
    assert slept
    assert done.after.offset_ns == pytest.approx(0, abs=80 * MS)


def test_a_clock_that_refuses_the_time_is_the_tokens_refusal(line, token) -> None:
    line.rtc.deaf = True
    with pytest.raises(ClockFailed):
        sync.synchronise(token, lambda: time.time_ns() + 60 * 10**9)


def test_a_clock_that_does_not_show_what_was_set_is_told(line, token) -> None:
    """This computer's clock is turned while it waits for the second that it has named."""
    asked = watch(token)

    def turned() -> int:
        late = any(name == "set_time" for name, _values in asked)
        return time.time_ns() + late * 60 * 10**9

    with pytest.raises(SyncFailed):
        sync.synchronise(token, turned)


@pytest.mark.parametrize("utc", [0, 946_684_799, 2**32 - 1])
def test_a_computer_without_a_clock_sets_no_token(line, token, utc: int) -> None:
    asked = watch(token)
    with pytest.raises(BadInput):
        sync.synchronise(token, lambda: utc * 10**9)
    assert not asked


def test_what_the_line_leaves_open_goes_along(line, token) -> None:
    def slow(data: bytes) -> list[bytes]:
        time.sleep(0.06)
        return [data]

    line.to_host = slow
    asked = watch(token)
    done = sync.synchronise(token, time.time_ns)
    (told_by_desk,) = [values for name, values in asked if name == "set_time"]
    open_ms = done.before.uncertainty_ns / MS
    assert open_ms <= told_by_desk["uncertainty"] <= open_ms + 2
    assert done.expected_ms(90) > done.info.bound


@pytest.mark.parametrize("told", [None, -12, 90])
def test_the_temperature_goes_along_where_somebody_has_read_it(line, token, told: int | None) -> None:
    asked = watch(token)
    sync.synchronise(token, time.time_ns, quarters=told)
    (told_by_desk,) = [values for name, values in asked if name == "set_time"]
    assert told_by_desk["temperature"] == told


@given(sealed=st.integers(0, 40), line_ms=st.integers(0, 40))
def test_the_time_that_sealing_takes_is_no_part_of_the_line(sealed: int, line_ms: int) -> None:
    """The answer leaves `sealed` ms after the tick that it tells; the next answer says so."""
    zero = UTC
    t2, t3 = 1000 + line_ms, 1002 + line_ms
    exchange = Exchange(
        zero + 1000 * MS, t2, t3, zero + (t3 + sealed + line_ms) * MS, "ok", (zero + t3 * MS) // MS
    )
    exact = sync.evaluate(exchange, t3 + sealed)
    assert exact.round_trip_ns == 2 * line_ms * MS
    assert abs(exact.tick_zero_ns - zero) <= MS
    assert abs(exact.offset_ns) <= MS
    assert sync.evaluate(exchange).round_trip_ns == (2 * line_ms + sealed) * MS
    # One that was asked in between, whose answer was lost, has another tick.
    assert sync.evaluate(exchange, t3 + sealed + 2 * line_ms + 600) == sync.evaluate(exchange)


def test_a_jump_is_pressed_at_the_token_and_then_set_on_a_later_second(key_file) -> None:
    steps = []
    with LineToken(ahead_ms=-3_600_000, presses=True) as line, line.open() as token:
        token.add(ACCOUNT)
        time.sleep(1.2)
        done = sync.synchronise(token, time.time_ns, steps.append)
    assert "press" in {step.step for step in steps}
    assert done.before.offset_ns == pytest.approx(-3600 * 10**9, abs=80 * MS)
    assert done.after.offset_ns == pytest.approx(0, abs=80 * MS)
    assert done.utc == done.info.synced


def test_a_jump_that_nobody_presses_is_not_made(key_file, monkeypatch) -> None:
    with LineToken(ahead_ms=-3_600_000, speed=20) as line, line.open() as token:
        token.add(ACCOUNT)
        asked = watch(token)
        token.info()
        floor = line.vault.clock_floor
        with pytest.raises(NotConfirmed):
            token.set_time(time.time_ns() // 10**9, line.app.read_ms + 3000, 1.0, 5)
        assert line.vault.clock_floor == floor
    assert [name for name, _values in asked] == ["info", "set_time"]


@pytest.mark.parametrize(("ahead_ms", "left_ms"), [(-1000, None), (20, 20)])
def test_a_desk_that_may_only_sync_makes_small_steps(key_file, ahead_ms: int, left_ms: int | None) -> None:
    """The owner has just synced: a second cannot be the crystal, and 20 ms are not worth a step."""
    with LineToken() as line:
        with line.open() as token:
            sync.synchronise(token, time.time_ns)
        line.vault.set_sync_keys((line.desk.public,))
        line.vault.set_owner(bytes(range(32)))
        with line.open() as token:
            if left_ms is None:
                with pytest.raises(NotOwner, match=r"the owner must sync|once an hour"):
                    sync.synchronise(token, lambda: time.time_ns() - ahead_ms * MS)
            else:
                done = sync.synchronise(token, lambda: time.time_ns() - ahead_ms * MS)
                assert done.after.offset_ns == pytest.approx(left_ms * MS, abs=30 * MS)
