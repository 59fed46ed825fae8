"""What a clock learns from a sync, what it refuses to learn from, and what survives."""

from __future__ import annotations

import pytest
from tokenfw.clock import Clock
from tokenfw.discipline import CHIPS, CRYSTALS, DAY, FIELDS, Discipline, State, of_chip

from tests.firmware.parts import Bench, RamRtc
from tests.firmware.parts import clock as token_clock

UTC = 1_800_000_000
CHIP = CRYSTALS["compensated"]


def synced() -> Discipline:
    discipline = Discipline(CHIP)
    discipline.sync(UTC, 0, 20, None, 0, 0)
    return discipline


def sync(discipline: Discipline, seconds: int, error_ms: int, doubt_ms: int = 20) -> None:
    state = discipline.state
    discipline.sync(state.synced + seconds, 0, doubt_ms, error_ms, 25, state.trim)


def test_before_any_sync_nothing_is_corrected_and_nothing_promised() -> None:
    discipline = Discipline(CHIP)
    assert discipline.utc_ms(UTC * 1000 + 7) == UTC * 1000 + 7
    assert discipline.bound_ms(UTC * 1000) is None


def test_a_chip_that_gains_is_held_back_and_trimmed() -> None:
    discipline = synced()
    sync(discipline, 10 * DAY, 2592)  # 3 ppm
    assert discipline.state.rate == pytest.approx(3000, abs=1)
    assert discipline.utc_ms((discipline.state.synced + 10 * DAY) * 1000) == pytest.approx(
        (discipline.state.synced + 10 * DAY) * 1000 - 2592, abs=2
    )
    assert discipline.wanted_trim() == 30
    discipline.trimmed(30)
    assert discipline.state.rate == pytest.approx(0, abs=1)
    assert discipline.state.spread < 1000 < CHIP.initial


def test_within_a_day_steps_are_added_up() -> None:
    discipline = synced()
    for _ in range(9):
        sync(discipline, DAY // 10, 26, 1)
        assert (discipline.state.rate, discipline.state.spread) == (0, CHIP.initial)
    sync(discipline, DAY // 10, 26, 1)
    assert discipline.state.rate == pytest.approx(3009, abs=900)
    assert discipline.state.spread < CHIP.initial


@pytest.mark.parametrize("error_ms", [3_600_000, -3_600_000, 86_400_000 * 365])
def test_a_time_that_somebody_set_teaches_nothing(error_ms: int) -> None:
    discipline = synced()
    sync(discipline, 30 * DAY, 3 * 2592)
    rate, spread = discipline.state.rate, discipline.state.spread
    sync(discipline, 30 * DAY, error_ms)
    assert discipline.state.rate == rate
    assert spread <= discipline.state.spread <= spread + 100
    sync(discipline, -DAY, DAY * 1000)  # and back
    assert discipline.state.rate == rate


def test_a_doubtful_host_teaches_little() -> None:
    discipline = synced()
    sync(discipline, 2 * DAY, 1000, 60_000)
    assert discipline.state.spread >= CHIP.initial - 10
    assert abs(discipline.state.rate) < 10


def test_a_chip_outside_its_data_is_learned_with_its_own_width() -> None:
    discipline = synced()
    sync(discipline, 10 * DAY, 20 * 864)
    assert discipline.state.rate == pytest.approx(20_000, abs=100)
    assert discipline.bound_ms((discipline.state.synced + DAY) * 1000) < 200


def test_a_register_that_holds_something_else_is_counted_in() -> None:
    discipline = synced()
    sync(discipline, 10 * DAY, 2592)
    discipline.trimmed(30)
    spread = discipline.state.spread
    discipline.trimmed(0, False)  # The chip has lost it, nobody knows when.
    assert discipline.state.rate == pytest.approx(3000, abs=1)
    assert discipline.state.spread >= spread + 3000


def test_the_temperature_of_a_plain_crystal_is_taken_out() -> None:
    discipline = Discipline(CRYSTALS["plain"])
    discipline.sync(UTC, 0, 20, None, 0, 0)
    for minute in range(0, 10 * 24 * 60 + 1):
        discipline.feel(UTC + minute * 60, 20)  # 5 degrees: 13.6 ppm slow
    chip_ms = (UTC + 10 * DAY) * 1000
    assert discipline.utc_ms(chip_ms) == pytest.approx(chip_ms + 11_750, abs=5)
    unknown = Discipline(CRYSTALS["plain"], discipline.record())
    assert unknown.bound_ms(chip_ms) - discipline.bound_ms(chip_ms) == pytest.approx(5875, abs=5)


def test_a_sync_is_one_write_of_the_directory_and_is_read_again() -> None:
    bench = Bench()
    bench.run(2000)
    writes = bench.medium.writes
    bench.send("set_time", utc=UTC + 60, at=bench.ms + 10, uncertainty=3)
    bench.run(100)
    bench.answers()
    assert bench.medium.writes == writes + 2  # a page in both mirrors of the log
    again = Bench(bench.flash).vault
    assert again.clock_record == tuple(bench.clock.discipline.record())
    assert Discipline(CHIP, again.clock_record).state == bench.clock.discipline.state
    bench.vault.wipe()
    assert Bench(bench.flash).vault.clock_record == again.clock_record


def test_a_vault_of_older_firmware_has_learned_nothing() -> None:
    bench = Bench()
    bench.vault.set_clock_floor(UTC)
    again = Bench(bench.flash).vault
    assert (again.clock_floor, again.clock_record) == (UTC, ())
    assert Discipline(CHIP, again.clock_record).state is None


def test_info_tells_what_is_known_and_the_screen_what_is_not() -> None:
    bench = Bench()
    assert "bound" not in bench.ask("info")
    bench.send("set_time", utc=UTC, at=bench.ms + 10, uncertainty=3)
    bench.run(100)
    bench.answers()
    labels = {"issuer": "I", "name": "n", "kind": "totp", "algorithm": "SHA1"}
    bench.ask("add", **labels, digits=6, period=3600, t0=0, counter=0, secret=b"12345678901234567890")
    info = bench.ask("info")
    assert (info["synced"], info["rate"], info["trim"]) == (UTC, 0, 0)
    assert 5 < info["bound"] < 50
    assert bench.ask("get_time")["bound"] == info["bound"]
    assert bench.display.view.small == ""
    bench.ms += 10 * DAY * 1000
    bench.rtc.utc += 10 * DAY
    bench.wake()
    # 7.25 ppm are 6.3 s in ten days; that the second turns has not been seen yet.
    assert bench.display.view.small == "clock ±9 s"
    bench.run(1500)
    assert bench.display.view.small == "clock ±7 s"


def test_a_chip_that_lost_its_trim_is_noticed_at_the_start() -> None:
    discipline = synced()
    sync(discipline, 10 * DAY, 2592)
    discipline.trimmed(30)
    rtc = RamRtc(UTC + 11 * DAY)
    token = token_clock(rtc, UTC, discipline.record())
    token.step(0)
    assert token.discipline.state.trim == 0
    assert token.discipline.state.rate == pytest.approx(3000, abs=1)


def test_the_trim_is_written_once_the_rate_is_learned() -> None:
    rtc = RamRtc(UTC)
    token = token_clock(rtc, 0)
    token.set(UTC, 0, 0, 5)
    ten_days_ms = 10 * DAY * 1000
    rtc.utc = UTC + 10 * DAY + 3  # about 3.5 ppm fast
    token.step(ten_days_ms)
    token.set(UTC + 10 * DAY, ten_days_ms + 10, 0, 5)
    assert rtc.steps == token.discipline.state.trim != 0


def warm_days(discipline: Discipline, days: int, quarters: int) -> int:
    """Feel that temperature for days after the last sync; return the chip's ms then."""
    start = discipline.state.synced
    for second in range(0, days * DAY + 1, 600):
        discipline.feel(start + second, quarters)
    return (start + days * DAY) * 1000


def test_a_boards_thermometer_is_of_no_use_until_it_is_told_better() -> None:
    """It shows 9 degrees too much: 5 degrees, 13.6 ppm, look like 14, 4.1 ppm."""
    discipline = of_chip("pcf8523")
    discipline.sync(UTC, 0, 20, None, 0, 0)
    assert not discipline.needs_temperature
    chip_ms = warm_days(discipline, 10, 56)
    wide = discipline.bound_ms(chip_ms)
    assert len(discipline.record()) == FIELDS
    discipline.sync(UTC, 0, 20, None, 0, 0)
    discipline.calibrate(100 + 36, 100)
    assert discipline.needs_temperature
    assert warm_days(discipline, 10, 56) == chip_ms
    assert discipline.utc_ms(chip_ms) == pytest.approx(chip_ms + 11_750, abs=5)
    assert discipline.bound_ms(chip_ms) < wide - 5000
    again = of_chip("pcf8523", None, discipline.record())
    assert again.needs_temperature
    assert again.state == discipline.state
    warm_days(again, 10, 56)
    assert again.utc_ms(chip_ms) == discipline.utc_ms(chip_ms)


def test_a_chips_own_thermometer_needs_no_telling() -> None:
    discipline = of_chip("ds3231", "plain")
    discipline.sync(UTC, 0, 20, None, 0, 0)
    discipline.calibrate(136, 100)
    assert discipline.needs_temperature
    chip_ms = warm_days(discipline, 10, 20)
    assert discipline.utc_ms(chip_ms) == pytest.approx(chip_ms + 11_750, abs=5)
    assert len(discipline.record()) == FIELDS


@pytest.mark.parametrize("driver", CHIPS)
def test_records_of_older_firmware_are_read(driver: str) -> None:
    """They have no word of the thermometer."""
    record = [UTC, 3, 20, -1500, 700, 4, UTC - DAY, 0, 22]
    discipline = of_chip(driver, None, record)
    assert list(discipline.state) == [*record, 0, 0, 0]
    assert discipline.record() == [*record, 0, 0, 0]
    assert of_chip(driver, None, record[:-1]).state is None


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("driver", "steps", "ripple_ms"),
    [("ds3231", 93, 0), ("pcf8523", 2, 1), ("pcf85063a", 2, 2), ("pcf8563", 0, 0)],
)
def test_each_chip_is_trimmed_in_its_own_steps(driver: str, steps: int, ripple_ms: int, sign: int) -> None:
    """8 s in ten days are 9.26 ppm; what the register does not take, software corrects."""
    trim = CHIPS[driver][1]
    discipline = of_chip(driver)
    discipline.sync(UTC, 0, 20, None, 0, 0)
    sync(discipline, 10 * DAY, sign * 8000)
    rate = discipline.state.rate
    assert rate == pytest.approx(sign * 9260, abs=60)
    assert discipline.wanted_trim() == sign * steps
    discipline.trimmed(sign * steps)
    left = discipline.state.rate
    assert left == rate - sign * steps * (trim.step if trim else 0)
    assert abs(left) <= (trim.step // 2 + 1 if trim else 9320)
    assert discipline.ripple_ms == ripple_ms
    assert discipline.wanted_trim() == sign * steps, "and it stays there"


def test_uneven_seconds_are_in_the_bound() -> None:
    """40 steps of a PCF85063A are 39 ms, made in the first seconds of four minutes."""
    bounds = []
    for trim in (0, 40):
        rtc = RamRtc(UTC + 60)
        rtc.steps = trim
        discipline = of_chip("pcf85063a", None, [UTC, 0, 20, 0, 0, trim, UTC, 0, 20])
        token = Clock(rtc, UTC, discipline)
        token.step(0)
        rtc.utc += 1  # its second turns
        token.step(40)
        bounds.append(token.bound_ms(40))
    assert bounds[1] - bounds[0] == 40


def test_a_trim_ends_where_the_register_does() -> None:
    discipline = of_chip("pcf8523")
    discipline.sync(UTC, 0, 20, None, 0, 0)
    for sign, most in ((1, 63), (-1, -64)):
        discipline.state = State(*[UTC, 0, 20, sign * 400_000, 10, 0, UTC, 0, 20, 0, 0, 0])
        assert discipline.wanted_trim() == most
