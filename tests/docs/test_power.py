"""docs/power.md: its tables are computed from the board files, and what it says of them is so."""

from __future__ import annotations

import pytest
from tokenfw import app, light

import boards
from boards.simulator import state
from boards.simulator.port import plug_in
from tests.docs.power import BOOT_S, BUILDS, PAGE, current, life_days, press_mah, spell, written
from tests.simulator.test_token import UTC


def test_the_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run: python -m tests.docs.power"


def test_every_board_that_sleeps_is_there() -> None:
    sleeping = {board for board in boards.ids() if "power" in boards.load(board)}
    assert {build.board for build in BUILDS} == sleeping


def test_the_times_in_the_text_are_those_of_the_firmware() -> None:
    page = PAGE.read_text()
    assert f"{app._AWAKE_MS} ms while the screen is on, {app._IDLE_MS} ms when nobody is there" in page
    assert light.OFF == 0


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.board)
def test_the_arithmetic(build) -> None:
    """Nothing saves by being used more, and a press costs at least its time with the screen on."""
    lives = [life_days(build, presses) for presses in (0, 1, 10, 100)]
    assert lives == sorted(lives, reverse=True)
    times = spell(build.board)
    assert press_mah(build) >= (times.on + BOOT_S) * current(build, "on") / 3600
    assert current(build, "on") >= current(build, "dark") >= current(build, "light") >= current(build, "deep")
    # By hand: a day without a press.
    assert lives[0] == pytest.approx(build.mah * 0.8 / (24 * current(build, "deep")))


def test_the_simulated_token_is_awake_for_as_long_as_the_table_says() -> None:
    times = spell("adafruit_feather_rp2040")
    simulator, _port = plug_in(UTC, kept=state.new("adafruit_feather_rp2040"))
    simulator.set_cable(False)
    simulator.run(times.on + times.light + 100)
    spent = {name: seconds / 1e9 for name, seconds in simulator.hardware.supply.spent_ns.items()}
    assert spent["light"] == pytest.approx(times.light, abs=12)
    assert spent["idle"] == pytest.approx(times.on, abs=8)
    simulator.run(3600)
    assert simulator.hardware.supply.shares()["deep"] > 0.9
    simulator.close()
