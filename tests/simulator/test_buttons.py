"""Bouncing contacts, and keypad above them: a press is one event."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boards.simulator.button import BOUNCE_NS, Button
from boards.simulator.clock import MS_NS

from .parts import Bench

KEYS = """
import board, keypad, supervisor, time
keys = keypad.Keys((board.GP14, board.GP15, board.GP16), value_when_pressed=False, pull=True, **OPTIONS)
while True:
    event = keys.events.get()
    if event:
        say(event.key_number, event.pressed, (supervisor.ticks_ms() - event.timestamp) % (1 << 29) < 60)
    time.sleep(0.01)
"""


@given(st.integers(0, 10**6), st.integers(0, 10**12), st.integers(1, 10**10))
def test_a_contact_chatters_and_comes_to_rest(seed: int, start: int, hold: int) -> None:
    button = Button(seed)
    end = button.press(start, hold)
    assert not button.level(start - 1)
    assert not button.level(end) and not button.level(end + 10**12)
    if hold > BOUNCE_NS:
        assert all(button.level(start + n) for n in (BOUNCE_NS, hold - 1))
        levels = [button.level(start + n) for n in range(0, BOUNCE_NS, BOUNCE_NS // 600)]
        assert sum(a != b for a, b in pairwise(levels)) >= 1
    again = Button(seed)
    again.press(start, hold)
    assert [button.level(start + n) for n in range(0, hold, hold // 50 + 1)] == [
        again.level(start + n) for n in range(0, hold, hold // 50 + 1)
    ]


def test_presses_do_not_overlap() -> None:
    button = Button(1)
    first = button.press(1000, 100 * MS_NS)
    second = button.press(2000, 100 * MS_NS)
    assert second > first + 100 * MS_NS


@pytest.mark.parametrize("options", ["{}", "{'debounce_threshold': 3}", "{'interval': 0.005}"])
def test_a_press_is_one_event_however_it_bounces(tmp_path: Path, options: str) -> None:
    bench = Bench(tmp_path, f"OPTIONS = {options}\n{KEYS}")
    bench.run()
    expected = []
    if options == "{'interval': 0.005}":
        # Scanned faster than contacts come to rest, bounces are seen: the simulated ones are real.
        for _press in range(20):
            bench.simulator.press("next", 120)
            bench.run(0.3)
        assert len(bench.said()) > 40
        return
    for number, name in enumerate(["previous", "next", "confirm"] * 20):
        bench.simulator.press(name, 120)
        bench.run(0.307)
        expected += [[number % 3, True, True], [number % 3, False, True]]
    assert bench.said() == expected


def test_a_long_press_is_one_event(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "OPTIONS = {}\n" + KEYS)
    bench.run()
    bench.simulator.press("confirm", 5000)
    assert bench.run(4.9) == [[2, True, True]]
    assert bench.run(1) == [[2, True, True], [2, False, True]]


def test_a_full_queue_overflows(tmp_path: Path) -> None:
    code = """
import board, keypad, time
keys = keypad.Keys((board.GP14, board.GP15), value_when_pressed=False, max_events=1)
time.sleep(2)
event = keypad.Event()
say(len(keys.events), keys.events.overflowed, keys.events.get_into(event), event == keypad.Event(1, True))
say(bool(keys.events), keys.events.get())
"""
    bench = Bench(tmp_path, code)
    bench.run(0.5)
    bench.simulator.press("next", 100)
    assert bench.run(3) == [[1, True, True, True], [False, None]]


def test_digital_inputs(tmp_path: Path) -> None:
    code = """
import board, digitalio, time
pin = digitalio.DigitalInOut(board.GP14)
pin.switch_to_input(pull=digitalio.Pull.UP)
for _ in range(2):
    say(pin.value)
    time.sleep(1)
try:
    digitalio.DigitalInOut(board.GP14)
except ValueError as error:
    say(str(error))
"""
    bench = Bench(tmp_path, code)
    bench.run(0.5)
    bench.simulator.press("previous", 1000)
    assert bench.run(2) == [[True], [False], ["GP14 in use"]]
