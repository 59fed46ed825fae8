"""A token whose memory is short says so and goes on: at a button, at the clock, in drawing, at a request."""

from __future__ import annotations

import importlib
import sys

import pytest
import tokenfw
from tokencore.account import Account
from tokencore.otp import totp
from tokenfw import views

from tests.firmware.test_app import SECRET, bench_with
from tests.firmware.test_presses import UTC


def test_no_memory_at_a_button_is_said_and_the_token_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with(Account(SECRET, "a"), Account(SECRET, "b"))

    def full(position: int) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(bench.app, "select", full)
        bench.press("next")
    bench.run(10)
    assert bench.display.view.message == "Too little memory, try again"
    bench.press("next", "next")
    assert bench.display.view.subtitle == "b"


def test_no_memory_for_the_clock_does_not_end_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with(Account(SECRET, "a"))

    def full() -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(bench.rtc, "read", full)
        bench.run(70_000)
    bench.press("confirm")
    bench.press("confirm")
    assert bench.display.view.screen == "totp"


def test_no_memory_at_every_step_leaves_no_frozen_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with(Account(SECRET, "a"))

    def full(app: object, now_ms: int) -> None:
        raise MemoryError

    monkeypatch.setattr(bench.app.guard, "step", full)
    bench.run(100)
    assert bench.display.view.message == "Too little memory, try again"


def test_no_memory_for_drawing_does_not_end_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with(Account(SECRET, "a"), Account(SECRET, "b"))

    def full(view: views.View) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(bench.display, "show", full)
        bench.press("next")
        bench.run(1000)
    bench.run(100)
    assert bench.display.view.screen == "failure"
    bench.press("confirm")
    assert bench.display.view.subtitle == "b"


def full(view: views.View) -> None:
    raise MemoryError


def test_where_memory_is_short_the_code_of_requests_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a question can be drawn after all; what it comes to does not need its module."""
    gone: list[str] = []

    def unload(*names: str) -> None:
        gone.extend(names)
        if "tokenfw.accounts" in names:  # The others stay, for the tests that patch them.
            del sys.modules["tokenfw.accounts"], tokenfw.accounts

    with monkeypatch.context() as patch:
        module = importlib.import_module("tokenfw.accounts")
        patch.setitem(sys.modules, "tokenfw.accounts", module)
        patch.setattr(tokenfw, "accounts", module)
        bench = bench_with(Account(SECRET, "alice"), unload=unload)
        with monkeypatch.context() as short:
            short.setattr(bench.display, "show", full)
            bench.send("code", issuer="", name="alice")
        assert gone == []
        bench.run(10)
        assert {"tokenfw.accounts", "tokenfw.about"} <= {*gone} and "tokenfw.accounts" not in sys.modules
        assert bench.display.view.screen == "question"
        bench.answers()
        bench.press("confirm")
        assert bench.result("code")["code"] == totp(SECRET, UTC)
        assert bench.ask("list", start=0)["total"] == 1
