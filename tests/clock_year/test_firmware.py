"""The whole firmware learns its clock above the chip's registers, through the chip's own driver."""

from __future__ import annotations

import pytest

from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator
from boards.simulator.state import Kept
from tests.simulator.test_token import UTC, Client, words

DAY = 86400


def sync(simulator: Simulator, client: Client) -> int:
    """Sync as a desk does; return the error in ms that was there before."""
    simulator.run(12)  # the token sees its chip's second turn
    told = client.ask("get_time", {})
    now_ms = simulator.clock.now_ns() // 1_000_000
    error = told.get("utc_ms", now_ms) - now_ms
    assert abs(error) <= told.get("bound", 0) + 20
    utc = now_ms // 1000 + 2
    values = {"utc": utc, "at": told["sent"] + utc * 1000 - now_ms, "uncertainty": 20}
    client.ask("set_time", values)
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
    assert "clock +-7 s" in words(simulator)
    simulator.power_off()
    simulator.power_on()
    simulator.run(8)
    assert "clock +-7 s" in words(simulator)
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
