"""A PIN on whole boards: two buttons, three, a knob with a keypad, and e-paper, with all that takes time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tokencore.otp import totp

from boards.simulator import state
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .client import SECRET, Client
from .test_token import UTC, words

PIN = "3059"
BOARDS = {
    "two buttons": "clue_nrf52840_express",
    "three buttons": "raspberry_pi_pico",
    "a keypad": "adafruit_macropad_rp2040",
}


@pytest.fixture(params=BOARDS.values(), ids=list(BOARDS))
def locked(request: pytest.FixtureRequest) -> Iterator[tuple[Simulator, Client]]:
    """A token with an account and a PIN, just started."""
    simulator, port = plug_in(UTC, kept=state.new(request.param))
    client = Client(port)
    client.add()
    client.set_time(simulator)
    client.ask("set_pin", {"pin": PIN})
    simulator.power_off()
    simulator.power_on()
    simulator.run(3)
    yield simulator, client
    simulator.close()


_RING = (*"0123456789", "back")  # what the wheel goes through


def digit(simulator: Simulator) -> str:
    """Return the digit that the wheel stands at."""
    (shown,) = [word for word in words(simulator) if len(word) == 1 and word.isdigit()]
    return shown


def tap(simulator: Simulator, button: str) -> None:
    simulator.press(button, 80)
    simulator.run(0.3)


def enter(simulator: Simulator, pin: str) -> None:
    """Enter a PIN as a holder does, who looks at the screen."""
    if "0" in simulator.hardware.controls:
        for key in (*pin, "enter"):
            tap(simulator, key)
    else:
        tap(simulator, "next")  # shows the wheel
        for wanted in pin:
            for _ in range((_RING.index(wanted) - _RING.index(digit(simulator))) % len(_RING)):
                tap(simulator, "next")
            tap(simulator, "confirm")
        simulator.press("confirm", 1000)
    simulator.run(3)


def test_a_pin_is_entered_with_what_the_board_has(locked: tuple[Simulator, Client]) -> None:
    simulator, client = locked
    assert "Enter the PIN" in words(simulator) and "Bank" not in words(simulator)
    enter(simulator, PIN[:-1] + "8")
    assert {"Wrong PIN", "9 tries left"} <= set(words(simulator))
    enter(simulator, PIN)
    assert "Bank" in words(simulator)
    shown = totp(SECRET, simulator.clock.now_ns() // 10**9)
    assert shown in [word.replace(" ", "") for word in words(simulator)]
    # At once by hand, or when nobody has pressed for five minutes.
    if "0" in simulator.hardware.controls:
        simulator.press("clear", 1000)
    else:
        simulator.press("next", 1500)
        simulator.press("confirm", 1500)
    simulator.run(2)
    assert "Enter the PIN" in words(simulator)
    enter(simulator, PIN)
    simulator.run(310)
    assert client.ask("status", {})["locked"]


def test_a_badge_that_sleeps_shows_no_code() -> None:
    simulator, port = plug_in(UTC, kept=state.new("pimoroni_badger2040w"))
    client = Client(port)
    client.add()
    client.set_time(simulator)
    client.ask("set_pin", {"pin": PIN})
    simulator.run(10)
    assert "Bank" in words(simulator)
    simulator.set_cable(False)
    simulator.run(140)
    assert not simulator.hardware.display.powered
    assert "Enter the PIN" in words(simulator) and "Bank" not in words(simulator)
    simulator.close()
