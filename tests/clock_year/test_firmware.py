"""The whole firmware learns its clock above the chip's registers, through the chip's own driver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import boards
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator
from boards.simulator.state import Kept
from tests.simulator.client import Client
from tests.simulator.test_token import UTC, wake, words

DAY = 86400


def sync(simulator: Simulator, client: Client, quarters: int | None = None) -> int:
    """Sync as a desk does; return the error in ms that was there before."""
    simulator.run(12)  # the token sees its chip's second turn
    told = client.ask("get_time", {})
    now_ms = simulator.clock.now_ns() // 1_000_000
    error = told.get("utc_ms", now_ms) - now_ms
    assert abs(error) <= told.get("bound", 0) + 20
    utc = now_ms // 1000 + 2
    values = {"utc": utc, "at": told["sent"] + utc * 1000 - now_ms, "uncertainty": 20}
    client.ask("set_time", values if quarters is None else {**values, "temperature": quarters})
    return int(error)


@pytest.mark.parametrize("ppb", [-1900, 1700])
def test_a_ds3231_is_trimmed_and_stays_within_its_bound(ppb: int) -> None:
    simulator, port = plug_in(UTC, kept=Kept("simulator", "00" * 8, ppb=ppb))
    simulator.run(1)
    client = Client(port)
    sync(simulator, client)
    simulator.advance(3 * DAY)
    before = sync(simulator, client)
    assert before == pytest.approx(3 * DAY * ppb / 1e6, abs=60)
    trim = client.ask("info", {})["trim"]
    assert trim == pytest.approx(ppb / 100, abs=4)
    simulator.run(1)
    assert simulator.rtc.state()["registers"][32:34] == f"{trim & 0xFF:02x}"
    simulator.set_temperature(35)
    simulator.advance(45 * DAY)
    simulator.set_temperature(5)
    simulator.advance(45 * DAY)
    assert abs(sync(simulator, client)) < 3000
    simulator.close()


def test_the_bound_is_on_the_screen_and_outlives_a_restart() -> None:
    simulator, port = plug_in(UTC)
    simulator.run(1)
    client = Client(port)
    client.add()
    sync(simulator, client)
    simulator.run(1)
    assert not [text for text in words(simulator) if "clock" in text]
    simulator.advance(10 * DAY)
    simulator.run(18)  # past the last seconds of a step, when the next code is there
    wake(simulator)
    assert "clock ±7 s" in words(simulator)
    simulator.power_off()
    simulator.power_on()
    simulator.run(8)
    assert "clock ±7 s" in words(simulator)
    simulator.close()


def test_a_plain_crystal_is_corrected_by_the_chips_temperature() -> None:
    simulator, port = plug_in(UTC, kept=Kept("simulator", "00" * 8, crystal="plain", quarters=20))
    simulator.run(1)
    client = Client(port)
    sync(simulator, client)
    for _ in range(2 * 24 * 6):
        simulator.leap(600 * 1_000_000_000)
    assert abs(sync(simulator, client)) < 60  # uncorrected 2.35 s
    simulator.close()


@pytest.fixture
def other_chip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Kept]:
    """Return what makes a simulated board with another clock chip, whose temperature the processor tells."""
    path = boards.path

    def make(driver: str) -> Kept:
        text = path("simulator").read_text("utf-8")
        text = text.replace('driver = "ds3231"', f'driver = "{driver}"\nthermometer = "cpu"')
        (tmp_path / "simulator.toml").write_text(text, "utf-8")
        monkeypatch.setattr(boards, "path", lambda _board: tmp_path / "simulator.toml")
        return Kept("simulator", "00" * 8, ppb=17_000, quarters=84)

    return make


@pytest.mark.parametrize("driver", ["pcf8523", "pcf8563", "pcf85063a"])
def test_the_chips_of_nxp_learn_in_their_own_steps(driver: str, other_chip: Callable[[str], Kept]) -> None:
    """8 days between 5 and 35 degrees, through the chip's own driver and registers."""
    simulator, port = plug_in(UTC, kept=other_chip(driver))
    simulator.run(1)
    client = Client(port)
    sync(simulator, client, quarters=84)
    weather = [20, 60, 140, 100]

    def pass_days(days: int) -> None:
        for hour in range(days * 24):
            simulator.set_temperature(weather[hour // 6 % 4] / 4)
            for _ in range(4):
                simulator.leap(900 * 1_000_000_000)

    pass_days(3)
    assert sync(simulator, client) > 2000  # near 17 ppm, less what the temperature makes of it
    trim = client.ask("info", {})["trim"]
    assert trim == {"pcf8523": 4, "pcf8563": 0, "pcf85063a": 4}[driver]
    pass_days(5)
    assert abs(sync(simulator, client)) < 1000  # of 10 s in 90 days
    simulator.power_off()
    simulator.power_on()
    simulator.run(12)
    told = Client(port).ask("get_time", {})
    assert abs(told["utc_ms"] - simulator.clock.now_ns() // 1_000_000) <= told["bound"] + 20
    simulator.close()


@pytest.mark.parametrize("driver", ["pcf8523", "pcf85063a"])
def test_a_chip_that_was_not_told_the_temperature_says_how_unsure_it_is(
    driver: str, other_chip: Callable[[str], Kept]
) -> None:
    simulator, port = plug_in(UTC, kept=other_chip(driver))
    simulator.run(1)
    client = Client(port)
    sync(simulator, client)
    simulator.advance(3 * DAY)
    sync(simulator, client)
    simulator.set_temperature(5)
    simulator.advance(30 * DAY)
    assert 10_000 < abs(sync(simulator, client)) < 40_000
    simulator.close()
