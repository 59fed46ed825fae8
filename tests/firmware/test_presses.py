"""What held and waking presses, and buttons held at the start, do to the token and its screen."""

from __future__ import annotations

import pytest
from tokencore.account import Account
from tokencore.errors import StoreFailed
from tokencore.otp import hotp, totp
from tokenfw import views
from tokenfw.device import FIRST
from tokenfw.log import Log

from tests.firmware.parts import Bench, RamFlash
from tests.firmware.test_app import SECRET, bench_with

UTC = 1_800_000_000
DARK_MS = 61_000


class Maintenance:
    """`erased` counts how often everything was; the real one does not return."""

    def __init__(self, opened: bool = False, error: Exception | None = None) -> None:
        self.opened, self.error, self.erased = opened, error, 0

    def is_open(self) -> bool:
        return self.opened

    def erase_and_restart(self) -> None:
        self.erased += 1
        if self.error:
            raise self.error


def hundred() -> Bench:
    return bench_with(*[Account(SECRET, f"name{number}", "ACME") for number in range(100)])


def move(bench: Bench, name: str, down: bool) -> None:
    bench.queue.moves.append((name, down))


def hold(bench: Bench, name: str, ms: int) -> None:
    move(bench, name, True)
    bench.run(ms)
    move(bench, name, False)
    bench.run()


def start_with_all_down(flash: RamFlash | None = None, **parts: object) -> Bench:
    maintenance = Maintenance()
    bench = Bench(flash, maintenance=maintenance, **parts)
    bench.maintenance = maintenance
    bench.queue.moves = [(name, True) for name in bench.queue.chord]
    bench.run(1500)
    bench.queue.moves = [(name, False) for name in bench.queue.chord]
    bench.run(500)
    return bench


def test_a_held_button_scrolls_through_a_hundred_accounts_in_seconds() -> None:
    bench = hundred()
    reads = []
    read = bench.medium.read
    bench.medium.read = lambda *place: reads.append(place) or read(*place)
    move(bench, "next", True)
    bench.run(490)
    assert bench.display.view.screen == "totp" and bench.display.view.corner == "2/100"
    seen = []
    while not seen or seen[-1] != "100/100":
        bench.run(10)
        seen.append(bench.display.view.corner)
        assert bench.ms < 5500
        assert len(reads) <= 4 * 2 * 2, "only the rows that come into sight may be read"
        reads.clear()
    assert seen[0] == "3/100" and len(set(seen)) == 98  # one by one, none left out
    view = bench.display.view
    assert (view.screen, view.rows, view.row) == ("list", tuple(f"ACME name{n}" for n in range(96, 100)), 3)
    move(bench, "next", False)
    bench.run()
    assert (bench.display.view.screen, bench.display.view.subtitle) == ("totp", "name99")


def test_the_list_goes_round_and_back() -> None:
    bench = bench_with(*[Account(SECRET, name) for name in "abcde"])
    move(bench, "previous", True)
    bench.run(510)
    assert bench.display.view.rows[bench.display.view.row] == "d"
    bench.run(400)
    assert bench.display.view.rows[bench.display.view.row] == "c"
    move(bench, "previous", False)
    bench.run()
    assert bench.display.view.subtitle == "c"


@pytest.mark.parametrize("rows", [1, 3, 4, 9])
def test_the_list_fits_the_display(rows: int) -> None:
    bench = bench_with(*[Account(SECRET, name) for name in "abcde"])
    bench.display.rows = rows
    move(bench, "next", True)
    for _ in range(50):
        bench.run(100)
        view = bench.display.view
        if view.screen == "list":
            assert len(view.rows) == min(rows, 5) and 0 <= view.row < len(view.rows)
            assert view.corner == f"{'abcde'.index(view.rows[view.row]) + 1}/5"


def test_one_account_has_no_list() -> None:
    bench = bench_with(Account(SECRET, "a"))
    move(bench, "next", True)
    bench.run(2000)
    assert bench.display.view.screen == "totp"


def test_what_a_host_removes_while_the_list_is_open_is_not_shown() -> None:
    bench = bench_with(*[Account(SECRET, name) for name in "abc"])
    move(bench, "next", True)
    bench.run(1200)
    bench.ask("remove", issuer="", name="a")
    move(bench, "next", False)
    bench.run()
    bench.ask("wipe", serial=bench.app.identity.serial)
    assert bench.display.view.screen == "unpaired"


def test_the_press_that_wakes_does_nothing_else() -> None:
    bench = bench_with(Account(SECRET, "a", kind="hotp"), Account(SECRET, "b"))
    bench.run(31_000)
    assert bench.display.level == 1
    bench.run(30_000)
    assert bench.display.level == 0
    drawn = len(bench.display.views)
    bench.run(100_000)
    assert len(bench.display.views) == drawn
    hold(bench, "confirm", 1500)
    assert bench.display.level == 2 and bench.vault.account(0).counter == 0
    assert len(bench.display.views) > drawn
    bench.run(DARK_MS)
    bench.press("next")
    assert (bench.display.view.subtitle, bench.display.level) == ("a", 2)
    bench.run(31_000)
    bench.press("next")  # What is only dim can be read, so one knows what one presses.
    assert (bench.display.view.subtitle, bench.display.level) == ("b", 2)


def test_after_waking_the_code_is_the_one_of_now() -> None:
    bench = bench_with(Account(SECRET, "a"))
    bench.run(DARK_MS + 300_000)
    bench.press("enter")
    assert bench.display.view.code == views.grouped(totp(SECRET, UTC + bench.ms // 1000))


def test_a_hosts_question_wakes_the_screen_and_the_press_answers_it() -> None:
    bench = bench_with(Account(SECRET, "a", kind="hotp"))
    bench.run(DARK_MS)
    bench.send("code", issuer="", name="a")
    assert (bench.display.view.screen, bench.display.level) == ("question", 2)
    bench.answers()
    bench.press("next")
    assert bench.answers() == []
    bench.press("confirm")
    assert bench.result("code") == {"code": hotp(SECRET, 0), "counter": 0}


def test_a_held_confirm_answers_a_question_once() -> None:
    bench = bench_with(Account(SECRET, "a", kind="hotp"))
    bench.send("code", issuer="", name="a")
    bench.answers()
    bench.run(400)
    hold(bench, "confirm", 2000)
    assert len(bench.answers()) == 1
    assert bench.vault.account(0).counter == 1


def test_all_buttons_held_at_the_start_ask_and_confirm_held_for_five_seconds_erases() -> None:
    bench = start_with_all_down(bench_with(Account(SECRET, "a")).flash)
    maintenance = bench.maintenance
    assert bench.display.view.screen == "erase" and bench.display.view.bar == 0
    hold(bench, "confirm", 4900)
    assert maintenance.erased == 0 and bench.display.view.bar == 0
    move(bench, "confirm", True)
    bars = []
    for _ in range(499):
        bench.run(10)
        bars.append(bench.display.view.bar)
    assert bars == [-(-(10 * n) * 128 // 5000) for n in range(1, 500)]
    assert maintenance.erased == 0
    bench.run(20)
    assert maintenance.erased == 1


@pytest.mark.parametrize("button", ["next", "previous", "5"])
def test_another_button_leaves_the_question(button: str) -> None:
    bench = start_with_all_down()
    hold(bench, "confirm", 3000)
    bench.press(button)
    assert bench.display.view.screen == "first"
    hold(bench, "confirm", 6000)
    assert bench.maintenance.erased == 0


def test_the_question_leaves_by_itself_when_nobody_is_there() -> None:
    bench = start_with_all_down()
    bench.run(DARK_MS)
    bench.wake()
    assert bench.display.view.screen == "first"


def test_buttons_held_later_or_not_all_do_not_ask() -> None:
    bench = Bench(maintenance=Maintenance())
    bench.run(1100)
    bench.queue.moves = [(name, True) for name in bench.queue.chord]
    bench.run(100)
    assert bench.display.view.screen == "first"
    bench = Bench(maintenance=Maintenance())
    bench.queue.moves = [("next", True), ("confirm", True)]
    bench.run(100)
    assert bench.display.view.screen == "first"


def test_an_erasure_that_fails_is_said() -> None:
    bench = start_with_all_down()
    bench.maintenance.error = StoreFailed("worn out")
    hold(bench, "confirm", 5100)
    assert (bench.display.view.screen, bench.display.view.message) == (
        "failure",
        "Memory is damaged or worn out",
    )


def test_in_maintenance_there_is_no_code() -> None:
    flash = bench_with(Account(SECRET, "a")).flash
    bench = Bench(flash, maintenance=Maintenance(opened=True))
    bench.run(1000)
    bench.press("confirm", "next")
    assert {view.screen for view in bench.display.views} == {"maintenance"}


def test_a_board_that_cannot_be_locked_says_so_first_and_marks_every_screen() -> None:
    bench = Bench(bench_with(Account(SECRET, "a", kind="hotp")).flash, lockable=False)
    bench.run(5000)
    assert bench.display.view.screen == "open"
    bench.press("confirm")
    assert (bench.display.view.screen, bench.display.view.corner) == ("hotp_idle", "!1/1")
    assert bench.vault.account(0).counter == 0
    bench.ask("wipe", serial=bench.app.identity.serial)
    assert (bench.display.view.screen, bench.display.view.corner) == ("unpaired", "!")


def test_two_buttons_are_enough() -> None:
    bench = bench_with(*[Account(SECRET, name, kind="hotp") for name in "abc"])
    for name in "bca":
        bench.press("next")
        assert bench.display.view.subtitle == name
    hold(bench, "next", 600)
    assert bench.display.view.subtitle == "c"
    bench.press("confirm")
    assert bench.display.view.code == views.grouped(hotp(SECRET, 0))


def test_a_drive_that_cannot_be_read_is_said_and_the_token_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = bench_with(Account(SECRET, "a"), Account(SECRET, "b"))

    def broken(offset: int, length: int) -> bytes:
        raise OSError(5)

    with monkeypatch.context() as patch:
        patch.setattr(bench.medium, "read", broken)
        bench.press("next")
        bench.run(100)
    assert (bench.display.view.screen, bench.display.view.message) == ("failure", "That did not work")
    bench.press("next", "previous", "next")
    assert bench.display.view.subtitle == "b"


def test_a_damaged_account_is_shown_and_can_be_removed() -> None:
    flash = bench_with(*[Account(SECRET, name) for name in "abc"]).flash
    Log(flash.medium, 108).write(FIRST + 1, b"damaged")
    bench = Bench(flash)
    bench.press("next")
    view = bench.display.view
    assert (view.screen, view.title, view.corner) == ("failure", "Damaged account", "2/3")
    hold(bench, "confirm", 1000)
    move(bench, "next", True)
    bench.run(700)
    assert bench.display.view.rows == ("a", "Damaged account", "c")
    move(bench, "next", False)
    listed = [account["name"] for account in bench.ask("list", start=0)["accounts"]]
    assert listed == ["a", "(damaged 9)", "c"]
    bench.ask("rename", issuer="", name="c", new_issuer="", new_name="d")
    bench.send("code", issuer="", name="(damaged 9)")
    assert [status for _, status, _ in bench.answers()] == [StoreFailed.status]
    bench.ask("remove", issuer="", name="(damaged 9)")
    assert [account["name"] for account in bench.ask("list", start=0)["accounts"]] == ["a", "d"]
    assert bench.display.view.corner == "2/2" and bench.display.view.subtitle == "d"


@pytest.mark.parametrize("kind", ["totp", "hotp"])
@pytest.mark.parametrize("into_step", [3, 27])
def test_a_press_waits_for_no_sha512(kind: str, into_step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a second on a board: it is computed once the question is on the screen."""
    bench = bench_with(Account(SECRET, "a", kind=kind, algorithm="SHA512"), utc=UTC + into_step)
    bench.send("code", issuer="", name="a")
    assert bench.display.view.screen == "question"
    bench.run(4_000)
    bench.answers()

    def late(*arguments: object) -> bytes:
        raise AssertionError("it was not computed before the press")

    with monkeypatch.context() as patch:
        patch.setattr("tokencore.otp.code", late)
        bench.queue.moves = [("confirm", True)]
        bench.app._presses.step(bench.ms)
    expected = hotp(SECRET, 0, algorithm="SHA512")
    if kind == "totp":
        expected = totp(SECRET, UTC + into_step + 4, algorithm="SHA512")
    assert bench.result("code")["code"] == expected
