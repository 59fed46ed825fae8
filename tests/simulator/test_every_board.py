"""The project's own firmware on every board: it boots, shows codes, keeps time, hears its buttons, types."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyotp
import pytest

import boards
from boards.simulator import state
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .client import SECRET, Client
from .test_token import UTC, wake

_SECOND_NS = 1_000_000_000
OTHER = b"abcdefghijklmnopqrst"


@dataclass
class Token:
    """A token on a board, with two accounts and its clock set."""

    simulator: Simulator
    client: Client
    console: io.StringIO

    @property
    def utc(self) -> int:
        return self.simulator.clock.now_ns() // _SECOND_NS

    def words(self) -> list[str]:
        return [text.text for text in self.simulator.texts()]

    def code(self) -> str:
        """Return the code on the screen: the tallest text of digits in two groups."""
        codes = [text for text in self.simulator.texts() if re.fullmatch(r"\d{3} \d{3}", text.text)]
        return max(codes, key=lambda text: text.scale).text.replace(" ", "") if codes else ""

    def awake(self) -> None:
        """Make sure that the screen shows something, and go to where a time step has just begun."""
        self.simulator.advance(32 - self.simulator.clock.now_ns() / _SECOND_NS % 30)
        wake(self.simulator)
        self.simulator.run(9)  # a paper takes 3 seconds to change, and another 3 where it was changing


def expected(secret: bytes, utc: int) -> str:
    """Return the code by pyotp, at the counter that pyotp makes of that time in UTC."""
    return pyotp.TOTP(base64.b32encode(secret).decode()).generate_otp(utc // 30)


def plugged(board: str, **options: object) -> Token:
    console = io.StringIO()
    simulator, port = plug_in(UTC, kept=state.new(board), console=console, **options)  # type: ignore[arg-type]
    return Token(simulator, Client(port), console)


@pytest.fixture(params=boards.ids())
def token(request: pytest.FixtureRequest) -> Iterator[Token]:
    token = plugged(request.param)
    token.client.add()
    token.client.add(name="bob", secret=OTHER)
    token.client.set_time(token.simulator)
    yield token
    token.simulator.close()


def test_a_token_on_every_board(token: Token) -> None:
    """One test for all: to start a board takes longer than to look at it."""
    simulator, board = token.simulator, token.simulator.hardware.board
    assert token.client.ask("info", {})["faults"] == ""
    if not board.get("promises", {}).get("console_closed", True):
        simulator.power_off()
        simulator.power_on()
        simulator.run(3)
        assert "Not protected" in token.words()
        simulator.press("confirm", 60)
        simulator.run(1)
    token.awake()
    shown = token.code()
    by_secret = {expected(secret, token.utc): secret for secret in (SECRET, OTHER)}
    assert shown in by_secret, token.words()
    # A button moves on to the other account.
    first = by_secret[shown]
    simulator.press("next", 60)
    simulator.run(4)
    (second,) = {SECRET, OTHER} - {first}
    assert token.code() == expected(second, token.utc), token.words()
    if "previous" in simulator.hardware.controls:
        for button, secret in (("previous", first), ("next", second)):
            simulator.press(button, 60)
            simulator.run(4)
            assert token.code() == expected(secret, token.utc), token.words()
    # An hour later the code is still the time step's.
    simulator.advance(3600)
    token.awake()
    assert token.code() == expected(second, token.utc)
    # A long press types it, where the board is a keyboard.
    assert simulator.typed("us", clear=True) == ""
    simulator.press("confirm", 1000)
    simulator.run(2)
    types = board.get("promises", {}).get("usb_hid", True)
    assert simulator.typed("us") == (expected(second, token.utc) if types else "")
    log = token.console.getvalue()
    assert "Traceback" not in log or not simulator.hardware.processor.usb, log


@pytest.mark.parametrize("board", boards.ids())
def test_without_its_display_a_board_still_works(board: str) -> None:
    """One that answers on a bus is missed; one that only listens, as over SPI, cannot be."""
    token = plugged(board, faults=["display-absent"])
    token.client.add()
    token.client.set_time(token.simulator)
    info = token.client.ask("info", {})
    answers = "address" in boards.load(board)["display"]
    assert ("display" in info["faults"]) == answers
    assert (info["accounts"], info["clock"]) == (1, "ok")
    assert token.code() == ""
    token.simulator.close()


def test_paper_keeps_its_picture_over_a_power_off_and_in_the_folder() -> None:
    token = plugged("pimoroni_badger2040w")
    token.client.add()
    token.client.set_time(token.simulator)
    token.awake()
    words = token.words()
    assert "alice" in words
    token.simulator.power_off()
    assert token.words() == words
    kept = token.simulator.keep(0)
    token.simulator.close()
    again, _port = plug_in(UTC + 9, kept=kept)
    again.power_off()
    assert [text.text for text in again.texts()] == words
    again.close()


def test_a_knob_turns_both_ways_and_its_push_is_a_button() -> None:
    token = plugged("adafruit_macropad_rp2040")
    for name in ("alice", "bob", "carol"):
        token.client.add(name=name)
    token.client.set_time(token.simulator)
    token.awake()
    here = next(word for word in token.words() if word.endswith("/3"))
    seen = [here]
    for turn in ("next", "next", "previous"):
        token.simulator.press(turn, 100)
        token.simulator.run(0.5)
        seen.append(next(word for word in token.words() if word.endswith("/3")))
    order = ["1/3", "2/3", "3/3"]
    place = order.index(here)
    assert seen == [order[(place + n) % 3] for n in (0, 1, 2, 1)]
    token.simulator.close()


@pytest.mark.parametrize(
    ("board", "length"), [("raspberry_pi_pico", 16), ("lilygo_tdisplay_s3", 12), ("m5stack_stick_c_plus", 12)]
)
def test_serial_numbers_are_as_long_as_the_chip_s(board: str, length: int) -> None:
    kept = state.new(board)
    assert len(kept.serial) == length
