"""The layouts' key strokes, read by a host whose keymaps were written on their own."""

from __future__ import annotations

import random
from itertools import product

import pytest
from tokencore.errors import BadValue
from tokencore.messages import LAYOUTS
from tokenfw import layouts
from tokenfw.layouts import strokes

from boards.simulator.hid_host import KEYMAPS, HidHost

CODES = 100_000
MODHEX = str.maketrans("cbdefghijk", "0123456789")


def type_into(host: HidHost, code: str, layout: str, enter: bool) -> str:
    """Press and release each key as a boot keyboard does, and return what the host read."""
    host.text = ""
    for usage, shift in strokes(code, layout, enter):
        host.receive(bytes((0x02 if shift else 0, 0, usage, 0, 0, 0, 0, 0)))
        host.receive(bytes(8))
    assert host.released
    return host.text


def test_every_layout_has_a_host() -> None:
    assert set(LAYOUTS) == {*KEYMAPS, "modhex"}


def wrong(layout: str, host: HidHost, count: int) -> int:
    """Return how many of `count` codes come out other than they were typed."""
    generator = random.Random(layout)
    found = 0
    for number in range(count):
        code = "".join(generator.choices("0123456789", k=6 + number % 3))
        enter = bool(number % 2)
        try:
            text = type_into(host, code, layout, enter)
        except ValueError:
            text = ""
        if layout == "modhex":
            assert not set(text) & set(code)
            text = text.translate(MODHEX)
        found += text != code + "\n" * enter
    return found


def host_of(layout: str) -> HidHost:
    return HidHost("us" if layout == "modhex" else layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_character_is_wrong(layout: str) -> None:
    assert wrong(layout, host_of(layout), -(-CODES // len(LAYOUTS))) == 0


def swapped(keys: bytes, first: int, second: int) -> bytes:
    changed = bytearray(keys)
    changed[first], changed[second] = changed[second], changed[first]
    return bytes(changed)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("digit", range(10))
def test_two_keys_that_have_changed_places_are_found(
    monkeypatch: pytest.MonkeyPatch, layout: str, digit: int
) -> None:
    for name in ("_ROW", "_MODHEX"):
        monkeypatch.setattr(layouts, name, swapped(getattr(layouts, name), digit, (digit + 1) % 10))
    assert wrong(layout, host_of(layout), 50) > 25


@pytest.mark.parametrize(("layout", "keymap"), list(product(LAYOUTS, KEYMAPS)), ids=str)
def test_shift_of_another_layout_is_found(layout: str, keymap: str) -> None:
    same = layout == "modhex" or (layout == "fr") == (keymap == "fr")
    assert wrong(layout, HidHost(keymap), 50) == (0 if same else 50)


@pytest.mark.parametrize("keymap", KEYMAPS)
def test_modhex_is_the_same_on_every_host(keymap: str) -> None:
    assert type_into(HidHost(keymap), "0123456789", "modhex", False) == "cbdefghijk"


def test_french_digits_are_signs_on_a_us_layout() -> None:
    assert type_into(HidHost("fr"), "1234567890", "us", False) == "&é\"'(-è_çà"


def test_a_key_that_is_not_released_types_once() -> None:
    host = HidHost("us")
    for _ in range(2):
        host.receive(bytes((0, 0, 0x1E, 0, 0, 0, 0, 0)))
    assert host.text == "1" and not host.released


@pytest.mark.parametrize(
    "report", [bytes(7), bytes(9), b"\0\1" + bytes(6), b"\x01" + bytes(7), b"\0\0\x65" + bytes(5)]
)
def test_a_host_refuses_what_no_keyboard_of_this_kind_sends(report: bytes) -> None:
    with pytest.raises(ValueError):
        HidHost("us").receive(report)


@pytest.mark.parametrize(
    ("code", "layout"), [("12a456", "us"), ("\uff1123456", "fr"), ("123456", "xx"), ("12 456", "de")]
)
def test_nothing_is_typed_of_a_bad_order(code: str, layout: str) -> None:
    with pytest.raises(BadValue) as caught:
        strokes(code, layout)
    assert code not in str(caught.value)
