"""Presses of any length and order, and what they come to mean."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenfw.gestures import LONG_MS, Gestures, scrolled
from tokenfw.light import BRIGHT, DIM, OFF, Light


def play(*edges: tuple[str, int, int], step: int = 10) -> list[tuple[int, str, str]]:
    """Return (ms, kind, button) of the gestures of presses (button, from ms, to ms), `held` left out."""
    moves = [(start, button, True) for button, start, _ in edges]
    moves += [(end, button, False) for button, _, end in edges]
    moves.sort()
    gestures, found, ms = Gestures(), [], 0
    while moves:
        due = [move for move in moves if move[0] <= ms]
        moves = moves[len(due) :]
        made = [gesture for _, button, down in due for gesture in gestures.feed(button, down, ms)]
        found += [(ms, kind, button) for kind, button, _ in made + gestures.poll(ms) if kind != "held"]
        ms += step
    assert not gestures.busy and gestures.down == []
    return found


def test_a_short_press_acts_when_it_ends() -> None:
    assert play(("confirm", 100, 700)) == [(100, "down", "confirm"), (700, "short", "confirm")]


def test_a_long_press_acts_when_it_is_long_enough_not_when_it_ends() -> None:
    assert play(("confirm", 100, 3000)) == [
        (100, "down", "confirm"),
        (100 + LONG_MS, "long", "confirm"),
        (3000, "up", "confirm"),
    ]


def test_of_two_buttons_the_later_one_counts() -> None:
    assert play(("confirm", 100, 2000), ("previous", 300, 1800)) == [
        (100, "down", "confirm"),
        (300, "down", "previous"),
        (300 + LONG_MS, "long", "previous"),
        (1800, "up", "previous"),
    ]
    assert play(("next", 100, 200), ("next", 210, 300)) == [
        (100, "down", "next"),
        (200, "short", "next"),
        (210, "down", "next"),
        (300, "short", "next"),
    ]


@pytest.mark.parametrize(("first", "second"), [("next", "confirm"), ("confirm", "next")])
def test_the_two_of_the_pair_held_together_are_one_gesture_in_either_order(first: str, second: str) -> None:
    assert play((first, 0, 3000), (second, 500, 3000)) == [
        (0, "down", first),
        (500, "down", second),
        (500 + LONG_MS, "both", second),
    ]


def test_the_pair_let_go_of_too_soon_is_no_gesture() -> None:
    assert play(("next", 0, 300), ("confirm", 200, 400)) == [
        (0, "down", "next"),
        (200, "down", "confirm"),
        (400, "short", "confirm"),
    ]
    assert play(("next", 0, 900), ("confirm", 200, 2000)) == [(0, "down", "next"), (200, "down", "confirm")]


def test_a_button_that_is_stuck_takes_nothing_from_the_others() -> None:
    assert play(("previous", 0, 9000), ("confirm", 200, 2000)) == [
        (0, "down", "previous"),
        (200, "down", "confirm"),
        (200 + LONG_MS, "long", "confirm"),
        (2000, "up", "confirm"),
    ]


def test_a_press_that_is_over_when_the_token_looks_is_short() -> None:
    """A slow display may keep the token from looking for seconds."""
    assert play(("confirm", 0, 900), step=2000) == [(0, "down", "confirm"), (2000, "short", "confirm")]


def test_a_press_that_is_not_heard_means_nothing_to_its_end() -> None:
    gestures = Gestures()
    assert gestures.feed("confirm", True, 0, False) == []
    assert [gestures.poll(ms) for ms in range(0, 5000, 500)] == [[]] * 10
    assert gestures.down == ["confirm"]
    assert gestures.feed("confirm", False, 5000) == []
    assert gestures.feed("confirm", True, 6000) == [("down", "confirm", 0)]


@given(st.lists(st.tuples(st.sampled_from(["next", "confirm"]), st.booleans(), st.integers(0, 2000))))
def test_each_press_means_one_thing(moves: list[tuple[str, bool, int]]) -> None:
    """Whatever the edges: after a "down" of a button come at most one "long" and at most one end."""
    gestures, ms, since = Gestures(), 0, {}
    for button, down, wait in moves:
        ms += wait
        for kind, whose, held in gestures.feed(button, down, ms) + gestures.poll(ms):
            if kind == "down":
                since[whose] = []
            assert held >= 0
            since[whose].append(kind)
            rest = [kind for kind in since[whose] if kind not in ("down", "held")]
            assert rest in ([], ["long"], ["long", "up"], ["short"], ["both"])


@pytest.mark.parametrize(("count", "most_ms"), [(100, 5000), (20, 4000), (5, 2500), (2, 1500)])
def test_scrolling_gets_faster_and_reaches_everything_soon(count: int, most_ms: int) -> None:
    rows = [scrolled(ms, count) for ms in range(0, most_ms + 1, 10)]
    assert rows[49] == 0 and rows[50] == 1
    assert rows == sorted(rows)
    assert max(b - a for a, b in itertools.pairwise(rows)) == 1  # one by one at 10 ms a step
    assert rows[-1] >= count - 1
    assert rows[50 + 100] <= 10  # in the first second one can still follow


def test_the_light_dims_goes_off_and_comes_back() -> None:
    light = Light(30_000, 60_000, still=False)
    light.step(1000)
    levels = []
    for ms in (30_999, 31_000, 60_999, 61_000, 10**9):
        light.step(ms)
        levels.append(light.level)
    assert levels == [BRIGHT, DIM, DIM, OFF, OFF]
    assert not light.touch(10**9)
    assert light.level == BRIGHT and not light.idle
    light.step(10**9 + 30_000)
    assert light.level == DIM and light.touch(10**9 + 30_000)


def test_a_still_display_stays_as_it_is() -> None:
    light = Light(30_000, 60_000, still=True)
    light.step(0)
    light.step(10**9)
    assert light.level == BRIGHT and light.idle
    assert light.touch(10**9) and not light.idle
