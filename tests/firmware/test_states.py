"""Each state of the screen as the token comes into it: languages, doubt, e-paper, the battery, rest."""

from __future__ import annotations

import pytest
from tokencore.account import Account
from tokencore.messages import LANGUAGES
from tokencore.otp import totp
from tokenfw import views
from tokenfw.texts import Texts

from tests.firmware.parts import OWNER, Bench, RamDisplay, clock, drive
from tests.firmware.states import every_view
from tests.firmware.test_app import SECRET, bench_with
from tests.firmware.test_pinpad import start
from tests.firmware.vaults import Flash

UTC = 1_800_000_000  # 08:00:00
DAY = 86400


class Battery:
    def __init__(self, percent: int) -> None:
        self.value, self.asked = percent, 0

    def percent(self) -> int:
        self.asked += 1
        return self.value


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RamDisplay, "still", True)


def set_time(bench: Bench, utc: int, uncertainty: int = 2900) -> None:
    """Set the clock, with a press where it is asked for."""
    bench.send("set_time", utc=utc, at=bench.ms + 10, uncertainty=uncertainty)
    bench.run(20)
    if bench.app.question:
        bench.press("confirm")
        bench.run(1000)


def test_every_screen_has_a_maker_and_every_maker_a_screen() -> None:
    for moves in (False, True):
        made = every_view(views.Views(Texts(drive), 128, moves))
        assert {view.screen for view in made.values()} == set(views.SCREENS)
        assert {name.partition(" ")[0] for name in made} == set(views.SCREENS)
        for view in made.values():
            assert -1 <= view.bar <= 128 and 0 <= view.row <= max(0, len(view.rows) - 1)
            assert not (moves and view.bar >= 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_the_boards_until_one_is_chosen(language: str) -> None:
    first = Bench(language=language)
    first.run()
    assert first.display.view == views.Views(first.app.texts, 128).plain("first")
    assert first.app.texts.language == language
    first.ask("set_settings", language="es")
    assert first.display.view.title == "No hay cuentas"
    again = Bench(first.flash, language=language)
    again.run()
    assert again.display.view.title == "No hay cuentas"


def test_the_bar_is_true_to_a_pixel() -> None:
    bench = bench_with(Account(SECRET, "a", period=10))
    bars = [bench.display.view.bar]
    for _ in range(999):
        bench.run(10)
        bars.append(bench.display.view.bar)
    assert bars == [-(-(10_000 - 10 * n) * 128 // 10_000) for n in range(1000)]
    assert bars[0] == 128 and bars[-1] == 1


def test_a_clock_that_may_be_off_says_by_how_much() -> None:
    bench = bench_with(Account(SECRET, "a", period=3600), off_s=10**6, dim_s=10**6)
    set_time(bench, UTC)
    bench.run(100)
    assert bench.display.view.small == "clock ±3 s"


def test_e_paper_changes_once_a_time_step_and_is_readable_without_power(still: None) -> None:
    bench = bench_with(Account(SECRET, "a"), utc=UTC, battery=Battery(83))
    bench.run(149_990)
    shown = bench.display.views[1:]  # at first there was no account
    assert [view.code.replace(" ", "") for view in shown] == [totp(SECRET, UTC + 30 * n) for n in range(5)]
    for n, view in enumerate(shown):
        assert view.message == "next " + views.grouped(totp(SECRET, UTC + 30 * n + 30))
        assert view.small == f"until 08:0{(n + 1) // 2}:{(n + 1) % 2 * 3}0 UTC"
        assert (view.bar, view.battery) == (-1, 85)
    assert bench.display.level == 2


def test_e_paper_tells_the_clocks_doubt_once_a_step(still: None) -> None:
    bench = bench_with(Account(SECRET, "a", period=60), utc=UTC)
    bench.app.clock = clock(bench.rtc, 0, crystal="plain")
    set_time(bench, UTC)
    bench.run(60_000)
    del bench.display.views[:]
    bench.run(50 * 60_000, step=100)
    doubts = [view.small.partition("UTC")[2] for view in bench.display.views]
    assert len(doubts) == 50 and {" ±3 s", " ±4 s"} < set(doubts)


def test_e_paper_has_no_moving_bar_anywhere(still: None) -> None:
    bench = bench_with(Account(SECRET, "a", kind="hotp"))
    drawn = len(bench.display.views)
    bench.send("code", issuer="", name="a")
    bench.run(5000)
    bench.press("confirm")
    bench.run(40_000)
    assert [view.screen for view in bench.display.views[drawn:]] == ["question", "hotp", "hotp_idle"]


def test_the_battery_is_in_every_view_and_asked_now_and_then() -> None:
    battery = Battery(54)
    bench = bench_with(Account(SECRET, "a"), battery=battery, off_s=10**6)
    assert bench.display.view.battery == 54
    battery.value = 53
    bench.run(29_000)
    assert (bench.display.view.battery, battery.asked) == (54, 1)
    bench.run(1_500)
    assert (bench.display.view.battery, battery.asked) == (53, 2)
    assert bench_with().display.view.battery == -1


def test_a_low_battery_is_told_at_the_start_when_it_falls_and_at_each_waking() -> None:
    battery = Battery(12)
    flash = bench_with(Account(SECRET, "a"), Account(SECRET, "b")).flash
    bench = Bench(flash, battery=battery)
    bench.run()
    assert bench.display.view.screen == "totp"
    battery.value = 10
    bench.run(31_000)
    assert (bench.display.view.screen, bench.display.view.corner) == ("low_battery", "10 %")
    bench.run(3_000)
    assert (bench.display.view.screen, bench.display.view.battery) == ("totp", 10)
    bench.run(30_000)
    assert bench.display.level == 0
    bench.wake()
    assert bench.display.view.screen == "low_battery"
    bench.press("next")  # One that is there already need not wait.
    assert (bench.display.view.screen, bench.display.view.subtitle) == ("totp", "b")
    again = Bench(flash, battery=battery)
    again.run()
    assert again.display.view.screen == "low_battery"


def test_a_battery_that_is_not_known_is_not_low() -> None:
    bench = bench_with(Account(SECRET, "a"), battery=Battery(-1))
    assert (bench.display.view.screen, bench.display.view.battery) == ("totp", -1)


def rests(bench: Bench) -> set[int]:
    """Return how long the token would rest, seen many times in 2.5 s."""
    found = set()
    for _ in range(50):
        bench.run(50)
        found.add(bench.app.step(bench.ms))
    return found


def test_it_is_awake_when_the_time_step_ends(still: None) -> None:
    """On e-paper too, which nobody has touched for long: a step is never seen late."""
    bench = bench_with(Account(SECRET, "a"))
    while bench.ms < 300_000:
        rest = bench.app.step(bench.ms)
        into_ms = bench.ms % 30_000
        assert rest <= 30_000 - into_ms
        bench.ms += rest
        bench.rtc.utc = UTC + bench.ms // 1000
    assert len(bench.display.views) == 1 + 300_000 // 30_000


def test_how_long_the_token_rests() -> None:
    bench = bench_with(Account(SECRET, "a"), Account(SECRET, "b"))
    seen: dict[int, set[int]] = {}
    while bench.ms < 80_000:
        bench.ms += 10
        bench.rtc.utc = UTC + bench.ms // 1000
        seen.setdefault(bench.ms // 10_000, set()).add(bench.app.step(bench.ms))
    # Every ten seconds the turn of a second is looked for; the clock says how long until then.
    assert max(seen[2]) == 20 and max(seen[7]) == 100
    assert min(seen[2]) <= 10 and min(seen[7]) <= 10
    bench.queue.incoming = b"\0"
    assert bench.app.step(bench.ms) == 10
    assert bench.app.step(bench.ms + 2_999) == 10
    bench.run(4_000)
    assert rests(bench) >= {100}
    bench.queue.moves = [("next", True)]
    bench.run(200)
    assert 20 in rests(bench)  # it only wakes
    bench.queue.moves = [("next", False), ("next", True)]
    assert rests(bench) == {10}


def test_after_a_step_back_the_code_says_so_until_what_was_shown_has_passed() -> None:
    made = Flash()
    vault = made.start()
    vault.set_owner(OWNER)
    vault.add(Account(SECRET, "a"))
    bench = start(made, utc=UTC, off_s=10**6)
    bench.run(65_000, step=100)
    assert bench.vault.shown_utc == UTC + 60 and bench.display.view.small == ""
    set_time(bench, UTC + 15, uncertainty=100)
    back_ms = bench.ms
    said = []
    for _ in range(600):
        bench.run(100)
        view = bench.display.view
        assert view.code.replace(" ", "") == totp(SECRET, bench.rtc.utc)
        if "next" not in view.small:
            said.append((bench.ms - back_ms, view.small))
    over = [ms for ms, small in said if small != "clock was set back!"]
    assert 40_000 <= over[0] <= 44_000 and len(over) > 100
    assert not [ms for ms, small in said if ms > over[0] and small]


def test_a_step_back_is_remembered_through_a_restart() -> None:
    made = Flash()
    made.start().add(Account(SECRET, "a"))
    start(made, utc=UTC).run(100)
    later = start(made, utc=UTC - 2 * DAY)
    assert later.display.view.small == "clock was set back!"
