"""What the screen says, as a tree, while buttons are pressed and time goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokencore.account import Account
from tokencore.otp import hotp, totp
from tokenfw import views

from tests.firmware.parts import Bench

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/rfc6238_totp.json").read_text())["vectors"]
SECRET = b"12345678901234567890"


def bench_with(*accounts: Account, **options: object) -> Bench:
    bench = Bench(**options)
    for account in accounts:
        bench.vault.add(account)
    bench.app.select(0)
    bench.run()
    return bench


@pytest.mark.parametrize("vector", [v for v in VECTORS if 946684800 <= v["time"] < 4102444800])
def test_the_codes_of_rfc_6238_stand_on_the_screen(vector: dict) -> None:
    account = Account(bytes.fromhex(vector["secret_hex"]), "rfc", algorithm=vector["algorithm"], digits=8)
    bench = bench_with(account, utc=vector["time"])
    assert bench.display.view.code.replace(" ", "") == vector["code"]


def test_the_code_changes_at_the_edge_and_the_next_one_was_announced() -> None:
    bench = bench_with(Account(SECRET, "alice", "ACME"), utc=1_800_000_000, off_s=100)
    shown = []
    for _ in range(0, 65_000, 10):
        bench.run(10)
        shown.append((bench.ms, bench.display.view))
    for ms, view in shown:
        utc = 1_800_000_000 + ms // 1000
        assert view.code.replace(" ", "") == totp(SECRET, utc)
        left_ms = 30_000 - ms % 30_000
        assert view.small == ("next " + views.grouped(totp(SECRET, utc + 30)) if left_ms <= 5000 else "")
        assert view.bar == -(-left_ms * 128 // 30_000)


def test_the_screen_is_drawn_only_when_it_changes() -> None:
    bench = bench_with(Account(SECRET, "alice"))
    bench.run(29_000)
    assert len(bench.display.views) <= 129 + 2  # a pixel of the bar at a time


def test_an_empty_token_says_what_to_do() -> None:
    view = bench_with().display.view
    assert (view.title, view.message, view.small) == ("No accounts", "Add one at a desk", "provisioner add")
    bench = bench_with()
    bench.press("next", "previous", "confirm")
    assert bench.display.view == view


def test_buttons_go_round_the_list() -> None:
    bench = bench_with(*[Account(SECRET, name) for name in "abc"])
    seen = []
    for button in ["next", "next", "next", "previous", "previous"]:
        bench.press(button)
        seen.append((bench.display.view.subtitle, bench.display.view.corner))
    assert seen == [("b", "2/3"), ("c", "3/3"), ("a", "1/3"), ("c", "3/3"), ("b", "2/3")]


def test_hotp_stores_the_next_counter_before_it_shows_a_code() -> None:
    bench = bench_with(Account(SECRET, "bob", kind="hotp", counter=3))
    assert bench.display.view.code == ""
    bench.press("confirm")
    assert bench.display.view.code == views.grouped(hotp(SECRET, 3))
    assert bench.vault.account(0).counter == 4
    bench.press("confirm")  # A second press too early does not burn a counter.
    assert bench.vault.account(0).counter == 4
    bench.run(30_000)
    assert bench.display.view.code == ""
    bench.medium.error = OSError(5, "worn out")
    bench.press("confirm")
    assert bench.display.view.code == ""
    assert bench.display.view.title == "Failed"
    bench.medium.error = None
    bench.press("next", "confirm")
    assert bench.display.view.code == views.grouped(hotp(SECRET, 4))


def test_a_restart_goes_on_where_it_stopped() -> None:
    bench = bench_with(Account(SECRET, "bob", kind="hotp"))
    bench.press("confirm")
    bench = Bench(bench.flash)
    bench.press("confirm")
    assert bench.display.view.code == views.grouped(hotp(SECRET, 1))


@pytest.mark.parametrize("cause", ["lost power", "no answer", "nonsense", "backwards"])
def test_no_code_from_a_clock_that_is_not_good(cause: str) -> None:
    bench = bench_with(Account(SECRET, "alice"), lost=cause == "lost power")
    if cause == "no answer":
        bench.rtc.error = True
    elif cause == "nonsense":
        bench.rtc.nonsense = (2026, 13, 1, 0, 0, 0, 0)
    elif cause == "backwards":
        bench.rtc.utc -= 100
    bench.run(15_000)
    view = bench.display.view
    assert (view.code, view.bar) == ("", -1)
    assert view.message == ("Clock not set" if cause == "lost power" else "Clock error")


def test_a_damaged_memory_is_said() -> None:
    bench = bench_with(Account(SECRET, "alice"))
    del bench.medium.data[20_000:]
    bench = Bench(bench.flash)
    bench.run()
    assert (bench.display.view.title, bench.display.view.code) == ("Memory fault", "")
    assert "cut short" in bench.ask("info")["faults"]


@pytest.mark.parametrize(
    ("code", "text"), [("123456", "123 456"), ("1234567", "123 4567"), ("12345678", "1234 5678")]
)
def test_codes_are_grouped(code: str, text: str) -> None:
    assert views.grouped(code) == text


def test_the_step_waits_no_longer_than_what_is_due() -> None:
    bench = bench_with()
    assert bench.app.step(bench.ms) == 10
    bench.send("set_time", utc=1_900_000_000, at=bench.ms + 13)
    assert bench.app.step(bench.ms + 6) == 7
