"""The token on e-paper: how often it is refreshed, that nothing waits for it, and what stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from boards.simulator import state
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator
from boards.simulator.uc8151 import UC8151
from tests.simulator.client import Client
from tests.simulator.test_token import UTC


@pytest.fixture
def badge() -> Iterator[tuple[Simulator, Client]]:
    simulator, port = plug_in(UTC, kept=state.new("pimoroni_badger2040w"))
    client = Client(port)
    client.set_time(simulator)
    for name in ("alice", "bob"):
        client.add(issuer="Example Bank", name=name)
    simulator.run(20)
    yield simulator, client
    simulator.close()


def paper(simulator: Simulator) -> UC8151:
    display = simulator.hardware.display
    assert isinstance(display, UC8151)
    return display


def texts(simulator: Simulator) -> list[str]:
    return [text.text for text in simulator.texts()]


def test_one_refresh_a_time_step(badge: tuple[Simulator, Client]) -> None:
    simulator, _client = badge
    before = paper(simulator).refreshes
    for _ in range(4):
        simulator.run(30)
    assert paper(simulator).refreshes - before == 4
    until = [text for text in texts(simulator) if text.startswith("until ")]
    assert len(until) == 1


def test_presses_that_come_while_it_is_busy_are_not_lost(badge: tuple[Simulator, Client]) -> None:
    simulator, _client = badge
    before, shown = paper(simulator).refreshes, "alice" if "alice" in texts(simulator) else "bob"
    for _ in range(3):  # there, back, and there again, faster than paper can
        simulator.press("next", 100)
        simulator.run(0.4)
    simulator.run(8)
    assert ("bob" if shown == "alice" else "alice") in texts(simulator)
    assert paper(simulator).refreshes - before <= 4


def test_the_desk_is_answered_while_it_is_busy(badge: tuple[Simulator, Client]) -> None:
    simulator, client = badge
    simulator.press("next", 100)
    while not paper(simulator).busy:
        simulator.run(0.02)
    began = simulator.clock.now_ns()
    assert client.ask("info", {})
    assert simulator.clock.now_ns() - began < 1_000_000_000
    assert paper(simulator).busy


def test_no_ghost_and_still_there_without_power(badge: tuple[Simulator, Client]) -> None:
    simulator, _client = badge
    for _ in range(6):
        simulator.press("next", 100)
        simulator.run(5)
    simulator.run((40 - simulator.clock.now_ns() / 1e9) % 30)  # to where nothing changes
    shown = texts(simulator)
    assert set(paper(simulator).rgb()) == {0, 255}, "remains of older pictures"
    simulator.power_off()
    assert texts(simulator) == shown
