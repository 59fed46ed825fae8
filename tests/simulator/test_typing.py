"""The project's own firmware types through the real adafruit_hid into the simulated computer."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.machinery import PathFinder
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tokencore.messages import LAYOUTS
from tokencore.otp import hotp, totp

from boards.simulator.port import plug_in
from boards.simulator.simulator import FIRMWARE
from tests.firmware.test_layouts import MODHEX

from .client import SECRET, Client
from .parts import OPEN_DRIVE, Bench
from .test_token import code, wake, words

UTC = 1_800_000_000
CODES = 3000


class Token:
    """A token with a TOTP account, and a HOTP account after it, which is on the screen."""

    def __init__(self) -> None:
        self.simulator, port = plug_in(UTC)
        self.client = Client(port)
        self.client.add()
        self.client.add(name="bob", kind="hotp", counter=5)
        self.client.set_time(self.simulator)
        self.simulator.run(1)
        self.hid = self.simulator.hardware.hid

    def hold(self, seconds: float = 1.4) -> None:
        """Hold confirm; the code comes in the middle of a time step."""
        self.simulator.advance((40 - self.simulator.clock.now_ns() / 1e9) % 30)
        wake(self.simulator)
        self.simulator.press("confirm", 1000)
        self.simulator.run(seconds)

    def says(self, text: str) -> bool:
        return text in " ".join(words(self.simulator))

    def typed(self, keymap: str = "us") -> str:
        return self.simulator.typed(keymap, clear=True)

    def totp(self) -> str:
        return totp(SECRET, self.simulator.clock.now_ns() // 10**9)

    def counter(self) -> int:
        counter: int = self.client.ask("list", {"start": 0})["accounts"][1]["counter"]
        return counter


@pytest.fixture
def token() -> Iterator[Token]:
    token = Token()
    yield token
    token.simulator.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_types_both_kinds_with_and_without_enter(token: Token, layout: str) -> None:
    token.client.ask("set_settings", {"layout": layout})
    keymap = "us" if layout == "modhex" else layout
    counter = 5
    for typing, end in (("code", ""), ("enter", "\n"), ("off", None)):
        for name in ("alice", "bob"):
            # It comes onto the screen by that.
            token.client.ask("set_typing", {"issuer": "Bank", "name": name, "typing": typing})
            token.hold()
            typed = token.typed(keymap)
            if layout == "modhex":
                typed = typed.translate(MODHEX)
            if end is None:
                assert typed == ""
                assert token.says("Typing is off here")
                token.simulator.press("confirm", 60)
                token.simulator.run(0.5)
            elif name == "alice":
                assert typed == token.totp() + end
            else:
                assert typed == hotp(SECRET, counter) + end
                counter += 1
            assert token.hid.released
    assert token.counter() == counter


def test_nothing_is_typed_without_a_press(token: Token) -> None:
    token.simulator.run(70)
    token.simulator.press("confirm", 400)
    token.simulator.run(1)
    token.client.ask("list", {"start": 0})
    assert token.typed() == ""


@pytest.mark.parametrize(("host", "seconds"), [("absent", 0.3), ("asleep", 0.3), ("stalled", 2.4)])
def test_a_host_that_does_not_listen_is_told_of_and_gets_nothing(
    token: Token, host: str, seconds: float
) -> None:
    token.hid.host = host
    token.hold(0.9 + seconds)
    assert token.says("No computer reads the keyboard")
    token.hid.host = "listening"
    token.simulator.run(5)
    assert (token.typed(), token.counter()) == ("", 5)
    token.simulator.press("confirm", 60)
    token.simulator.run(0.3)
    token.hold()
    assert token.typed() == hotp(SECRET, 5)


@pytest.mark.parametrize("host", ["absent", "asleep", "stalled"])
def test_a_host_that_goes_in_the_midst_finds_no_key_held_when_it_is_back(token: Token, host: str) -> None:
    counter = 5
    for digits, later_ms in product((1, 6), (0, 3, 6, 9, 12, 15)):
        token.hold(0)
        while len(token.simulator.typed("us")) < digits:
            token.simulator.run(0.002)
        token.simulator.run(later_ms / 1000)
        token.hid.host = host
        token.simulator.run(5)
        token.hid.host = "listening"
        token.simulator.run(8)
        whole = hotp(SECRET, counter)
        assert token.hid.released, (digits, later_ms)
        assert whole.startswith(token.typed())
        if token.says("Failed"):
            token.simulator.press("confirm", 60)
            token.simulator.run(0.5)
            assert code(token.simulator) == whole
            token.hold()  # It was not typed: this press types the same one.
            assert token.typed() == whole
        counter += 1
    assert token.counter() == counter


def test_the_screen_and_the_line_go_on_while_a_host_stalls(token: Token) -> None:
    token.hid.host = "stalled"
    token.hold(1.1)
    assert token.says("Typing the code")
    token.client.ask("info", {})
    token.simulator.run(2)
    assert token.says("Failed")


@pytest.mark.parametrize(("left", "steps_ago"), [(1.9, 1), (1.2, 1), (0.8, 0), (0.2, 0)])
def test_the_next_code_is_typed_where_this_one_is_about_to_end(
    token: Token, left: float, steps_ago: int
) -> None:
    simulator = token.simulator
    simulator.press("previous", 60)
    simulator.run(0.3)
    pressed = 30 - 0.8 - left  # a long press acts after 0.8 s
    simulator.advance((pressed - 1 - simulator.clock.now_ns() / 1e9) % 30)
    wake(simulator)
    simulator.run((pressed - simulator.clock.now_ns() / 1e9) % 30)
    simulator.press("confirm", 1000)
    simulator.run(3)
    assert token.typed() == totp(SECRET, simulator.clock.now_ns() // 10**9 - 30 * steps_ago)


TYPIST = """
import random
from tokenfw.hardware.keyboard import Keyboard
from tokenfw.layouts import strokes
keyboard = Keyboard()
keyboard.open()
random = random.Random(LAYOUT)
for number in range(CODES):
    code = "".join([random.choice("0123456789") for _ in range(6 + number % 3)])
    keyboard.type(strokes(code, LAYOUT, True))
say("done")
"""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_character_of_thousands_of_codes_is_wrong(tmp_path: Path, layout: str) -> None:
    (tmp_path / "firmware").mkdir()
    (tmp_path / "firmware/lib").symlink_to(FIRMWARE / "lib")
    settings = f"LAYOUT, CODES = {json.dumps(layout)}, {CODES // len(LAYOUTS)}\n"
    enable = "import usb_hid\nusb_hid.enable((usb_hid.Device.KEYBOARD,))\n"
    bench = Bench(tmp_path, settings + TYPIST, OPEN_DRIVE + enable)
    assert bench.run(120) == [["done"]]
    generator = random.Random(layout)
    typed = bench.simulator.typed("us" if layout == "modhex" else layout)
    if layout == "modhex":
        typed = typed.translate(MODHEX)
    codes = typed.splitlines()
    assert len(codes) == CODES // len(LAYOUTS)
    for number, typed_code in enumerate(codes):
        assert typed_code == "".join(generator.choice("0123456789") for _ in range(6 + number % 3))
    bench.simulator.close()


def test_the_driver_has_what_the_firmware_puts_in_its_keycodes_place() -> None:
    found = PathFinder.find_spec("adafruit_hid")
    assert found is not None and found.submodule_search_locations
    theirs: dict[str, Any] = {}
    exec((Path(found.submodule_search_locations[0]) / "keycode.py").read_text(), theirs)
    source = (FIRMWARE / "lib/tokenfw/hardware/keyboard.py").read_text()
    ours: dict[str, Any] = {}
    exec(source[source.index("class _Keycode:") : source.index("class _KeycodeModule")], ours)
    for usage in range(256):
        assert ours["_Keycode"].modifier_bit(usage) == theirs["Keycode"].modifier_bit(usage)
