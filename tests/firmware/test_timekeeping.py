"""Who may turn the clock how far: the owner unseen, the owner with a press, a sync-only key."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore.account import Account
from tokencore.errors import BadValue, NotOwner
from tokenfw import timekeeping, turning
from tokenfw.discipline import CRYSTALS, DAY, OWNER, SYNC_ONLY, Discipline, of_chip
from tokenfw.question import Pending, Question

from tests.firmware.parts import Bench
from tests.firmware.ticking import Chip

UTC = 1_800_000_000
DAY_MS = DAY * 1000
ACCOUNT = Account(b"12345678901234567890", "Bank", "alice")


class Token:
    """A token whose owner has just set its clock with a press, and a host that turns it."""

    def __init__(self, lost: bool = False, accounts: bool = True, ppb: int = 0) -> None:
        self.bench = Bench(lost=lost)
        self.app, self.clock, self.vault = self.bench.app, self.bench.clock, self.bench.vault
        self.clock._rtc = self.chip = Chip(self.bench, ppb)
        if accounts:
            self.vault.add(ACCOUNT)
        self.wait(2000)
        if not lost:
            self.turn(60_000)

    def wait(self, ms: int) -> None:
        """Let time pass, in one leap where it is long."""
        if ms > 60_000:
            self.bench.ms += ms - 3000
            ms = 3000
        end = self.bench.ms + ms
        while self.bench.ms < end:
            self.bench.ms = min(self.bench.ms + 10, end)
            self.app.step(self.bench.ms)

    @property
    def utc_ms(self) -> int:
        return self.clock.utc_ms(self.bench.ms)

    def turn(self, step_ms: int, role: str = "owner", press: bool = True, **values: int) -> Question | None:
        """Set the clock `step_ms` ahead of what it shows; return what was asked."""
        bench, self.app.role = self.bench, role
        now_ms = (UTC * 1000 if self.chip.lost else self.utc_ms) + step_ms
        utc = now_ms // 1000 + 2
        values = {"utc": utc, "at": bench.ms + utc * 1000 - now_ms, "uncertainty": 5, **values}
        outcome, asked = timekeeping.set_time(self.app, values, bench.ms), None
        while isinstance(outcome, Pending):
            if outcome.question:
                asked = outcome.question
                if not press:
                    return asked
                self.wait(4321)
            else:
                self.wait(outcome.due_ms - bench.ms)
            outcome = outcome.finish(bench.ms)
        assert outcome == {}
        return asked


@pytest.mark.parametrize(
    ("days", "step_ms", "jump"),
    [
        (0, 29_000, None),
        (0, 31_000, "+00:00:31"),
        (0, 90_061_000, "+1 d 01:01"),
        (0, -10, None),
        (0, -5000, "-00:00:05"),
        (30, -10_000, None),  # 7.25 ppm are 18.8 s by then
        (30, -20_000, "-00:00:20"),
        (30, 40_000, "+00:00:40"),
    ],
)
def test_the_owner_may_do_what_a_crystal_does_and_30_s_more(
    days: int, step_ms: int, jump: str | None
) -> None:
    token = Token()
    token.wait(days * DAY_MS)
    before_ms, ticks = token.utc_ms, token.bench.ms
    asked = token.turn(step_ms)
    assert (asked and asked.second) == jump
    passed_ms = token.bench.ms - ticks
    assert token.utc_ms == pytest.approx(before_ms + step_ms + passed_ms, abs=2)
    assert token.vault.clock_floor == token.clock.discipline.state.synced


def test_without_a_press_nothing_is_set() -> None:
    token = Token()
    floor, before_ms, ticks = token.vault.clock_floor, token.utc_ms, token.bench.ms
    question = token.turn(-3_600_000, press=False)
    assert question.first == turning.date_text((token.utc_ms - 3_600_000) // 1000 + 2)
    token.wait(20_000)
    assert token.utc_ms == pytest.approx(before_ms + token.bench.ms - ticks, abs=20)
    assert token.vault.clock_floor == floor


def test_a_clock_that_is_not_set_wants_a_press_once_there_is_an_account() -> None:
    assert Token(lost=True).turn(0) == Question("time", turning.date_text(UTC + 2), "")
    empty = Token(lost=True, accounts=False)
    assert empty.turn(0) is None
    assert empty.turn(-9_999_000) is None
    assert empty.clock.discipline.state.spent == 0


def test_accounts_behind_a_pin_are_accounts() -> None:
    token = Token()
    for _ in token.vault.set_pin(b"123456"):
        pass
    token.vault.lock()
    assert len(token.vault) == 0
    assert token.turn(3_600_000) is not None


def test_small_steps_do_not_add_up_unseen() -> None:
    token = Token()
    asked = [token.turn(4000) is not None for _ in range(20)]
    assert asked.index(True) == 7, "the eighth would make 32 s"
    assert asked.count(True) == 2, "and a press begins anew"


def test_steps_to_and_fro_are_counted_both() -> None:
    token = Token()
    total = 0
    while token.turn(2000) is None:
        total += 1
        assert token.turn(-20) is None
    assert total == 14


def test_a_tick_that_is_over_or_far_is_refused() -> None:
    token = Token()
    for at in (token.bench.ms - 1, token.bench.ms + 5001):
        with pytest.raises(BadValue):
            token.turn(0, at=at)


@pytest.mark.parametrize(
    ("hours", "step_ms", "why"),
    [
        (24, 600, ""),
        (24, -600, ""),
        (24, 900, "owner must sync"),
        (24 * 30, 1900, ""),
        (24 * 30, 2100, "owner must sync"),  # a month explains 19 s, and it is 2 s at a time
        (24 * 30, -2100, "owner must sync"),
        (0, 600, "once an hour: wait 60 minutes"),
        (1, 70, ""),
    ],
)
def test_a_sync_only_key_steps_within_what_the_crystal_does(hours: int, step_ms: int, why: str) -> None:
    token = Token()
    token.wait(hours * 3_600_000)
    before_ms, ticks = token.utc_ms, token.bench.ms
    if why:
        with pytest.raises(NotOwner, match=why):
            token.turn(step_ms, "clock")
        step_ms = 0
    else:
        assert token.turn(step_ms, "clock") is None
    assert token.utc_ms == pytest.approx(before_ms + step_ms + token.bench.ms - ticks, abs=20)


def test_what_is_right_already_is_not_written_by_a_sync_only_key() -> None:
    token = Token()
    token.wait(DAY_MS)
    writes = token.bench.medium.power.writes
    token.turn(40, "clock")
    token.turn(400, "clock", uncertainty=450)  # It does not know better than the token.
    assert token.bench.medium.power.writes == writes


def test_a_sync_only_key_sets_no_clock_that_is_not_set() -> None:
    with pytest.raises(NotOwner, match="not set"):
        Token(lost=True, accounts=False).turn(0, "clock")


@given(st.lists(st.tuples(st.integers(1, 24 * 40), st.integers(-2500, 2500)), max_size=25))
@settings(max_examples=25)
def test_no_steps_of_a_sync_only_key_lead_out_of_what_the_crystal_does(steps: list[tuple[int, int]]) -> None:
    token = Token()
    start_ms, start = token.utc_ms, token.bench.ms
    for hours, step_ms in steps:
        token.wait(hours * 3_600_000)
        rate = token.clock.discipline.state.rate
        with contextlib.suppress(NotOwner):
            token.turn(step_ms, "clock")
        assert token.clock.discipline.state.rate == rate
        passed = token.bench.ms - start
        moved = token.utc_ms - start_ms - passed
        assert abs(moved) <= passed * 8 // 10**6 + 1100  # 7.25 ppm and ageing; what a reading leaves open


@given(st.lists(st.tuples(st.integers(1, 100), st.integers(-60_000, 60_000)), max_size=30))
@settings(max_examples=50)
def test_without_a_press_the_rate_stays_what_its_crystal_can_have(steps: list[tuple[int, int]]) -> None:
    """However a host lies, as long as nobody presses."""
    discipline = Discipline(CRYSTALS["compensated"])
    discipline.sync(UTC, 0, 5, None, 0, 0)
    for hours, error_ms in steps:
        synced = discipline.state.synced
        discipline.sync(synced + hours * 3600, 0, 5, error_ms, 25, 0, OWNER)
        state = discipline.state
        aged = CRYSTALS["compensated"].ageing * (state.synced - UTC) // (365 * DAY)
        assert abs(state.rate) + state.spread <= CRYSTALS["compensated"].initial + aged + 50


def test_a_chip_beyond_its_data_is_believed_after_a_press() -> None:
    for days, pressed in ((10, False), (20, True)):
        token = Token(ppb=-20_000)
        token.wait(days * DAY_MS)
        question = token.turn(days * 1728)
        assert (question is not None) == pressed
        state = token.clock.discipline.state
        assert state.rate + 100 * state.trim == pytest.approx(-20_000 if pressed else 0, abs=600)


def test_telling_the_temperature_wants_a_press_where_it_corrects_the_crystal() -> None:
    token = Token()
    assert token.turn(0, temperature=84) is None  # A DS3231 has its own thermometer.
    token.clock.discipline = of_chip("pcf8523", None, token.clock.discipline.record())
    assert token.turn(0) is None
    assert token.turn(0, temperature=84) == Question(
        "time", turning.date_text((token.utc_ms - 6000) // 1000), "+00:00:00"
    )


def test_a_sync_only_key_tells_no_temperature() -> None:
    token = Token()
    token.chip.quarters = 100
    token.clock.discipline = of_chip("pcf8523", None, token.clock.discipline.record())
    token.wait(DAY_MS)
    token.turn(500, "clock", temperature=84)
    assert token.clock.discipline.state.moved == pytest.approx(500, abs=2)
    assert not token.clock.discipline.needs_temperature


def test_the_last_time_that_was_shown_outlives_a_step_back() -> None:
    token = Token()
    token.vault.note_shown(token.utc_ms // 1000)
    token.wait(600_000)
    shown = token.utc_ms // 1000
    token.vault.note_shown(shown)  # stored once an hour
    assert Bench(token.bench.flash).vault.shown_utc < shown
    assert token.turn(-86_400_000) is not None
    again = Bench(token.bench.flash)
    assert again.vault.shown_utc >= shown > token.utc_ms // 1000


def test_what_is_stored_before_a_step_back_takes_nothing_from_its_exactness() -> None:
    """Flash takes a board 0.1 s and more to write."""
    token = Token()
    for _ in range(2):  # the second is not stored yet
        token.wait(600_000)
        token.vault.note_shown(token.utc_ms // 1000)
    token.app._ticks = lambda: token.bench.ms
    save = token.vault.save

    def slowly(**changes: object) -> None:
        token.bench.ms += 300
        save(**changes)

    token.vault.save = slowly
    before_ms, ticks = token.utc_ms, token.bench.ms
    assert token.turn(-86_400_000) is not None
    token.wait(20_000)  # Only then the chip itself is looked at.
    passed_ms = token.bench.ms - ticks
    assert token.utc_ms == pytest.approx(before_ms - 86_400_000 + passed_ms, abs=20)


def test_an_owners_sync_makes_room_anew_for_sync_only_keys() -> None:
    token = Token()
    token.wait(DAY_MS)
    token.turn(600, SYNC_ONLY)
    token.wait(3_600_000)
    with pytest.raises(NotOwner):
        token.turn(600, SYNC_ONLY)
    assert token.turn(-600) is None, "that the owner takes it back is no step of the owner's"
    assert token.clock.discipline.state.spent < 50
    token.wait(DAY_MS)
    token.turn(100, SYNC_ONLY)


def test_the_tick_of_the_answer_before_is_told() -> None:
    ticks = [0]
    bench = Bench(ticks=lambda: ticks[0])
    bench.run(2000)
    ticks[0] = 2003
    bench.send("get_time")
    bench.answers()
    ticks[0] = 2047  # as late the answer was written
    bench.app.written_ms = ticks[0]
    answer = bench.ask("get_time")
    assert (answer["written"], answer["received"], answer["sent"]) == (2047, 2047, 2047)


@pytest.mark.parametrize(
    ("step_ms", "text"),
    [
        (499, "+00:00:00"),
        (-1500, "-00:00:02"),
        (86_399_400, "+23:59:59"),
        (-86_400_000, "-1 d 00:00"),
        (999 * DAY_MS + 7_200_000, "+999 d 02:00"),
        (-50_000 * DAY_MS, "-50000 d"),
    ],
)
def test_a_jump_is_told_in_twelve_characters(step_ms: int, text: str) -> None:
    assert turning.jump_text(step_ms) == text
    assert len(text) <= 12


def test_a_date_is_told_in_sixteen_characters() -> None:
    assert turning.date_text(UTC) == "2027-01-15 08:00"
