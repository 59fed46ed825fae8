"""Which press answers a question of the host, and which does not."""

from __future__ import annotations

import pytest
from tokencore.account import Account
from tokencore.messages import CONFIRM_MS
from tokenfw import screen, views
from tokenfw.question import Pending, Question

from tests.firmware.test_app import SECRET, bench_with
from tests.firmware.test_presses import hold, move
from tests.firmware.test_short_memory import full

KINDS = {
    "code": ("ACME", "alice"),
    "own": ("058231", ""),
    "time": ("2027-01-15 08:00", "+1 d 02:03"),
    "enroll": ("ACME: alice", "1f0c 7a2e"),
    "backup": ("3", "1f0c 7a2e"),
    "release": ("", ""),
    "transfer": ("1f0c 7a2e", ""),
}


class Asking:
    """A token that shows an account; `ask` puts a question to its holder, as a request does."""

    def __init__(self, kind: str) -> None:
        self.bench = bench_with(Account(SECRET, "alice", "ACME", kind="hotp"), Account(SECRET, "b"))
        self.bench.ask("info")
        self.kind, self.answers = kind, 0

    def ask(self, seen: bool = True) -> None:
        def finish(now_ms: int) -> dict:
            self.answers += 1
            return {}

        session = self.bench.app.dispatcher._plain
        question = Question(self.kind, *KINDS.get(self.kind, ("058231", "")))
        session.pending = Pending(self.bench.ms + CONFIRM_MS, question, finish)
        self.bench.run()
        assert (self.bench.display.view.screen in views.QUESTIONS) is seen


@pytest.mark.parametrize("kind", KINDS)
def test_a_press_that_begins_when_the_question_has_been_read_answers_it(kind: str) -> None:
    token = Asking(kind)
    token.ask()
    token.bench.run(screen.ASK_MS + 20)
    move(token.bench, "confirm", True)
    token.bench.run()
    assert token.answers == 1
    token.bench.run(2000)
    move(token.bench, "confirm", False)
    token.bench.run(100)
    assert token.answers == 1 and token.bench.vault.account(0).counter == 0


@pytest.mark.parametrize(
    "draw_ms, read_ms, answers", [(130, 310, 1), (130, 250, 0), (700, 310, 1), (700, 250, 0)]
)
def test_a_question_is_read_from_when_it_is_drawn_whatever_the_step_does_then(
    draw_ms: int, read_ms: int, answers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SHA-512 takes a board a quarter of a second, in the same step as the picture."""
    token = Asking("code")
    bench = token.bench
    monkeypatch.setattr(bench.app, "_ticks", lambda: bench.ms)
    show = bench.display.show

    def drawn(view: views.View) -> None:
        bench.ms += draw_ms
        show(view)

    def computed(now_ms: int) -> None:
        if now_ms == asked_ms:
            bench.ms += 240

    asked_ms = bench.ms
    monkeypatch.setattr(bench.app, "_prepare", computed)
    with monkeypatch.context() as patch:
        patch.setattr(bench.display, "show", drawn)
        token.ask()
    drawn_ms = asked_ms + draw_ms
    bench.run(drawn_ms + read_ms - bench.ms)
    hold(bench, "confirm", 30)
    assert token.answers == answers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("held_ms", [10, 500, 2000])
def test_a_press_that_began_before_the_question_never_answers_it(kind: str, held_ms: int) -> None:
    """A host could otherwise wait for a press that is meant for something else, and ask under it."""
    token = Asking(kind)
    bench = token.bench
    move(bench, "confirm", True)
    bench.run(10)
    token.ask()
    bench.run(held_ms)
    move(bench, "confirm", False)
    bench.run(1000)
    assert token.answers == 0 and bench.vault.account(0).counter == 0
    assert bench.display.view.screen in views.QUESTIONS


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reads_a_question_in_no_time(kind: str) -> None:
    """A press that comes too soon was under way already; it does nothing, and the question stays."""
    token = Asking(kind)
    bench = token.bench
    for wait_ms in (0, 10, 100, screen.ASK_MS - 20):
        token.bench.app.dispatcher._plain.pending = None
        bench.run(10)
        token.ask()
        bench.run(wait_ms)
        hold(bench, "confirm", 50)
        assert token.answers == 0
    bench.press("confirm")
    assert token.answers == 1


@pytest.mark.parametrize("kind", KINDS)
def test_another_question_in_its_place_is_another_question(kind: str) -> None:
    token = Asking(kind)
    token.ask()
    token.bench.run(1000)
    token.ask()  # The same words, but of another request.
    hold(token.bench, "confirm", 30)
    assert token.answers == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["busy", "pending"])
def test_a_slow_picture_is_waited_for(kind: str, state: str) -> None:
    """E-paper takes seconds, and a step may take long: what counts is when it could be read."""
    token = Asking(kind)
    bench = token.bench
    setattr(bench.display, state, True)
    token.ask()
    bench.run(3000)
    hold(bench, "confirm", 30)
    assert token.answers == 0
    setattr(bench.display, state, False)
    bench.run(100)
    bench.ms += 2000  # one long step: when in it the press came is not known
    bench.rtc.utc += 2
    hold(bench, "confirm", 30)
    assert token.answers == 0
    bench.run(20)
    hold(bench, "confirm", 30)
    assert token.answers == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_that_the_question_hides_does_not_take_its_press(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory may be too short for the question's first picture; the next one hides the failure."""
    token = Asking(kind)
    bench = token.bench
    with monkeypatch.context() as patch:
        patch.setattr(bench.display, "show", full)
        token.ask(seen=False)
    assert bench.app.failure == "MemoryError"
    bench.run(screen.ASK_MS + 20)
    assert bench.display.view.screen in views.QUESTIONS
    hold(bench, "confirm", 30)
    assert token.answers == 1


@pytest.mark.parametrize("kind", KINDS)
def test_two_buttons_together_answer_nothing(kind: str) -> None:
    """They are what locks."""
    token = Asking(kind)
    token.ask()
    token.bench.run(1000)
    move(token.bench, "next", True)
    token.bench.run(50)
    hold(token.bench, "confirm", 1500)
    assert token.answers == 0


def test_the_digits_of_a_pairing_are_answered_by_no_press() -> None:
    token = Asking("pair")
    token.ask()
    token.bench.run(1000)
    hold(token.bench, "confirm", 1500)
    assert token.answers == 0 and token.bench.display.view.code == "058 231"


@pytest.mark.parametrize("kind", KINDS)
def test_a_press_at_what_stands_before_a_question_does_not_answer_it(kind: str) -> None:
    token = Asking(kind)
    token.bench.app.mode = "open"
    token.bench.run(10)
    session = token.bench.app.dispatcher._plain
    session.pending = Pending(token.bench.ms + CONFIRM_MS, Question(kind, "", ""), lambda now_ms: 1 / 0)
    token.bench.run(1000)
    hold(token.bench, "confirm", 30)  # takes the notice away, and the question is seen
    assert token.bench.display.view.screen in views.QUESTIONS
    hold(token.bench, "confirm", 30)
    assert session.pending is not None
