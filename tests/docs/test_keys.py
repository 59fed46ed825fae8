"""docs/keys.md says of keys and PIN what the firmware does."""

from __future__ import annotations

import re
from pathlib import Path

from tokenfw import device, pin, safe
from tokenfw.keys import OVERHEAD, TRIES, PinState

from tests.crack import guessing

PAGE = (Path(__file__).parents[2] / "docs/keys.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def test_waiting_and_tries() -> None:
    waits = {int(failures): int(seconds) for failures, seconds in re.findall(r"(\d): (\d+) s\b", WORDS)}
    state = PinState()
    told = {}
    for failures in range(TRIES):
        state.count(failures, 0)
        if state.wait_ms(0):
            told[failures] = state.wait_ms(0) // 1000
    assert waits == told
    assert TRIES == 10 and "**The tenth** failed try" in WORDS


def test_lengths_and_times() -> None:
    lengths = f"{pin.MIN_LENGTH} to {pin.MAX_LENGTH} characters, at most {pin.MAX_BYTES} bytes of UTF-8"
    assert lengths in WORDS
    assert f"after {device.AUTO_LOCK_S} s without a press" in WORDS
    assert OVERHEAD == 2 + 12 + 16
    assert "`generation (2 bytes) | nonce (12) | ciphertext | tag (16)`" in WORDS


def test_places() -> None:
    places = re.findall(r"^\| (\d.*?) \| (.*?)[:;,|]", PAGE, re.MULTILINE)[:6]
    assert [place for place, _ in places] == [
        *(f"{device.STATE}", " and ".join(map(str, safe.SLOTS)), f"{safe.TRIED}"),
        *(f"{safe.DIRECTORY}", f"{safe.INTENT}", f"{device.FIRST} and up"),
    ]


def test_times_to_find_a_pin() -> None:
    rows = re.findall(r"^\| (\d \S.*?) \| .*? \| .*? \| (.*?) \|$", PAGE, re.MULTILINE)
    rate = guessing.gpu_rate(2000)
    for space, time in [row for row in rows if row[0] in guessing.SPACES]:
        expected = guessing.duration(guessing.SPACES[space] / 2 / rate)
        if space != "6 diceware words":
            assert time == expected, space
    assert len([row for row in rows if row[0] in guessing.SPACES]) == 5
    assert f"{guessing.GPU_RATE:,} guesses a second at {guessing.GPU_ROUNDS} rounds" in WORDS
    assert guessing.GPU_SOURCE in PAGE
