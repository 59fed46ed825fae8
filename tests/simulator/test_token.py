"""The project's own firmware on the simulated board: what it shows, and what a power cut leaves."""

from collections.abc import Iterator

import pytest
from tokencore.otp import totp

from boards.simulator.hardware import FAULTS
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .client import SECRET, Client

UTC = 1_800_000_000


@pytest.fixture
def token() -> Iterator[tuple[Simulator, Client]]:
    simulator, port = plug_in(UTC)
    yield simulator, Client(port)
    simulator.close()


def wake(simulator: Simulator) -> None:
    """Press a button where the screen is off: it goes on, and the press does nothing else."""
    if not simulator.hardware.display.lit:
        simulator.press("confirm", 60)
        simulator.run(0.3)


def words(simulator: Simulator) -> list[str]:
    return [text.text for text in simulator.texts()]


def code(simulator: Simulator) -> str:
    return "".join(text.text for text in simulator.texts() if text.scale == 2).replace(" ", "")


def test_the_code_on_the_screen_is_the_one_of_the_time_step(token: tuple[Simulator, Client]) -> None:
    simulator, client = token
    client.add()
    client.set_time(simulator)
    for _step in range(3):
        simulator.run(30 - simulator.clock.now_ns() / 1e9 % 30 + 0.1)
        wake(simulator)
        step = simulator.clock.now_ns() // 30_000_000_000
        assert code(simulator) == totp(SECRET, step * 30)
        simulator.run(29.2)
        wake(simulator)
        assert code(simulator) == totp(SECRET, step * 30)
    assert {"Bank", "alice", "1/1"} < set(words(simulator))
    simulator.advance(7 * 86400)
    wake(simulator)
    assert code(simulator) == totp(SECRET, simulator.clock.now_ns() // 1_000_000_000)


def test_it_stays_right_through_a_year_with_a_clock_that_drifts(token: tuple[Simulator, Client]) -> None:
    simulator, client = token
    client.add()
    client.set_time(simulator)
    simulator.set_ppb(2_000)
    simulator.advance(365 * 86400)
    utc = simulator.rtc.utc()
    assert utc is not None
    assert utc - simulator.clock.now_ns() // 1_000_000_000 in range(61, 66)
    simulator.run(12)  # the firmware looks at its chip every ten seconds
    wake(simulator)
    utc = simulator.rtc.utc() or 0
    assert code(simulator) in {totp(SECRET, utc - 1), totp(SECRET, utc + 1)}


def test_unplugging_loses_nothing_and_draining_the_battery_only_the_time(
    token: tuple[Simulator, Client],
) -> None:
    simulator, client = token
    client.add()
    client.set_time(simulator)
    simulator.power_off()
    assert simulator.texts() == []
    simulator.advance(1000)
    simulator.power_on()
    simulator.run(2)
    assert code(simulator) == totp(SECRET, simulator.clock.now_ns() // 1_000_000_000)
    simulator.power_off(drain=True)
    simulator.power_on()
    simulator.run(2)
    assert code(simulator) == ""
    assert {"Bank", "alice", "Clock not set"} < set(words(simulator))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_the_hardware_is_told(fault: str) -> None:
    simulator, port = plug_in(UTC)
    client = Client(port)
    client.add()
    client.set_time(simulator)
    kept, image = simulator.keep(0), bytes(simulator.flash.read(0, len(simulator.flash)))
    simulator.close()
    broken, port = plug_in(UTC + 10, kept=kept, faults=[fault])
    broken.power_off()
    broken.flash.load(image)
    broken.power_on()
    client = Client(port)
    broken.run(40)
    info = client.ask("info", {})
    if fault == "display-absent":
        assert "display" in info["faults"] and info["clock"] == "ok"
    else:
        assert info["clock"] == "failed" and "Clock error" in words(broken)
    assert code(broken) == ""
    assert info["accounts"] == 1
    broken.close()


def test_a_power_cut_at_any_moment_of_an_add_leaves_it_done_or_not_done() -> None:
    """Power fails in the midst of erases and page programs all through the two commits."""
    simulator, port = plug_in(UTC)
    client = Client(port)
    client.add()
    image = bytes(simulator.flash.read(0, len(simulator.flash)))
    before = simulator.flash.operations
    client.add(name="bob")
    operations = simulator.flash.operations - before
    assert operations >= 4 * 17
    outcomes = []
    for cut in range(1, operations + 1, 7):
        simulator.power_off()
        simulator.flash.load(image)
        simulator.power_on()
        simulator.run(1)
        client = Client(port)
        simulator.flash.cut_power_at(cut)
        client.add(name="bob")
        assert not simulator.powered
        simulator.power_on()
        simulator.run(1)
        names = [item["name"] for item in Client(port).ask("list", {"start": 0})["accounts"]]
        assert names in (["alice"], ["alice", "bob"])
        outcomes.append(len(names))
        if len(names) == 1:
            Client(port).add(name="bob")
    assert outcomes == sorted(outcomes)
    assert {1, 2} == set(outcomes)
    simulator.close()
