"""The project's firmware in somebody's hands: bouncing buttons, and what the display shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .client import SECRET, Client
from .test_token import UTC, words

NAMES = [f"account{number:02d}" for number in range(40)]


@pytest.fixture
def token() -> Iterator[tuple[Simulator, Client]]:
    simulator, port = plug_in(UTC)
    yield simulator, Client(port)
    simulator.close()


def flash(simulator: Simulator) -> Any:
    return simulator.flash.read(0, len(simulator.flash))


def test_a_held_button_scrolls_and_the_account_that_it_stops_at_is_shown(
    token: tuple[Simulator, Client],
) -> None:
    simulator, client = token
    for name in NAMES:
        client.add(name=name)
    client.set_time(simulator)
    simulator.run(1)
    assert NAMES[-1] in words(simulator)
    simulator.press("next", 3_000)
    simulator.run(2.9)
    listed = words(simulator)
    assert "Accounts" in listed
    shown = [word for word in listed if "account" in word]
    assert len(shown) >= 3
    simulator.run(0.5)
    (corner,) = [word for word in words(simulator) if word.endswith("/40")]
    assert NAMES[int(corner[:-3]) - 1] in words(simulator)
    assert 8 <= int(corner[:-3]) <= 30


def test_held_buttons_and_then_confirm_erase_everything_and_open_the_drive_once(
    token: tuple[Simulator, Client],
) -> None:
    simulator, client = token
    client.add()
    before = flash(simulator)
    client.add(name="bob")
    full = flash(simulator)
    place = next(at for at, byte in enumerate(full) if byte != before[at])
    record, secret = full[place + 16 : place + 48], full.partition(b"KEY1")[2][:32]
    assert SECRET not in full and record.strip(b"\0\xff") and secret.strip(b"\0\xff")
    simulator.power_off()
    simulator.power_on()
    for button in ("previous", "next", "confirm"):
        simulator.press(button, 4_000)
    simulator.run(5)
    assert "Erase everything?" in words(simulator)
    simulator.press("confirm", 4_000)
    simulator.run(5)
    assert "Erase everything?" in words(simulator) and flash(simulator) == full
    simulator.press("confirm", 6_000)
    simulator.run(12)
    assert "Maintenance" in words(simulator)
    assert simulator.usb.drive and not simulator.usb.data
    assert record not in flash(simulator) and secret not in flash(simulator)
    simulator.power_off()
    simulator.power_on()
    simulator.run(3)
    assert "No owner yet" in words(simulator)
    assert simulator.usb.data and not simulator.usb.drive


def test_the_screen_goes_off_and_a_press_of_any_button_wakes_it(token: tuple[Simulator, Client]) -> None:
    simulator, client = token
    client.add()
    client.add(name="bob", kind="hotp")
    for button in ("previous", "next", "confirm"):
        simulator.run(61)
        assert not simulator.hardware.display.lit
        simulator.press(button, 1_000)
        simulator.run(1.5)
        assert simulator.hardware.display.lit and "bob" in words(simulator)
    listed = client.ask("list", {"start": 0})["accounts"]
    assert listed[1]["counter"] == 0
