"""A token with a PIN, as its holder meets it: real vault and keys, and what buttons and screen do."""

from __future__ import annotations

import random
import re

import pytest
from tokencore import errors
from tokencore.account import Account
from tokencore.otp import totp
from tokenfw import pinviews, views
from tokenfw.device import FIRST
from tokenfw.keys import TRIES
from tokenfw.log import Log
from tokenfw.safe import DIRECTORY

from tests.firmware import parts
from tests.firmware.parts import OWNER, Bench, RamDisplay, RamKeyboard
from tests.firmware.test_app import SECRET
from tests.firmware.test_presses import UTC, hold, move
from tests.firmware.vaults import CAPACITY, PIN, WIPE_PIN, Flash, account, opened, set_pin, unlock

WRONG = "246801"


class Fixed:
    """Chance that is none."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def random(self, length: int) -> bytes:
        return bytes([self.byte]) * length


def flash(pin: bytes = PIN, wipe_pin: bytes = b"", auto_lock_s: int = 0) -> Flash:
    """Return the flash of an owned token with two accounts and a PIN."""
    made = Flash()
    vault = made.start()
    vault.set_owner(OWNER)
    vault.add(Account(SECRET, "alice", "ACME"))
    vault.add(account("bob"))
    vault.set_auto_lock(auto_lock_s)
    set_pin(vault, pin, wipe_pin)
    return made


def start(made: Flash, keypad: bool = False, **given: object) -> Bench:
    """Give a token power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts.Queue, "keypad", keypad)
        bench = Bench(made, **given)
    bench.run(20)
    return bench


def turn_to(bench: Bench, digit: str, button: str = "next") -> None:
    """Turn the wheel until it stands at `digit`, "" being the way back."""
    for _ in range(12):
        view = bench.display.view
        if view.code == digit and (digit or view.message == "Delete the last"):
            return
        bench.press(button)
    raise AssertionError("the wheel does not have it")


def with_buttons(bench: Bench, pin: str, button: str = "next") -> None:
    """Enter a PIN with "next", or "previous", and confirm."""
    for digit in pin:
        turn_to(bench, digit, button)
        bench.press("confirm")
    hold(bench, "confirm", 900)
    settle(bench)


def with_keys(bench: Bench, pin: str) -> None:
    bench.press(*pin, "enter")
    settle(bench)


def settle(bench: Bench) -> None:
    """Let the token check what was entered."""
    for _ in range(1000):
        if not bench.app.guard.working:
            break
        bench.run(10)
    bench.run(10)


def fail(bench: Bench, times: int) -> None:
    """Enter a wrong PIN so many times, sitting out every wait."""
    for _ in range(times):
        while bench.vault.pin.wait_ms(bench.ms):
            bench.run(bench.vault.pin.wait_ms(bench.ms), step=10_000)
        bench.wake()
        if bench.display.view.screen == "pin_last":
            bench.press("next")
        bench.press("clear")
        with_keys(bench, WRONG)


def test_a_locked_token_shows_nothing_but_that_it_is_locked() -> None:
    bench = start(flash())
    assert {view.screen for view in bench.display.views} == {"locked"}
    bench.press("confirm")
    hold(bench, "confirm", 900)
    assert bench.app.account is None and bench.app.codes is None
    assert bench.display.view.title == "Locked"


@pytest.mark.parametrize("button", ["next", "previous"])
def test_two_buttons_enter_a_pin(button: str) -> None:
    bench = start(flash())
    with_buttons(bench, PIN.decode(), button)
    assert not bench.vault.locked
    assert bench.display.view.code == views.grouped(totp(SECRET, bench.rtc.utc))


def test_a_held_button_turns_the_wheel_on() -> None:
    bench = start(flash())
    bench.press("next")
    first = bench.display.view.code
    move(bench, "next", True)
    seen = [first]
    for _ in range(300):
        bench.run(10)
        view = bench.display.view
        shown = view.code or view.message
        if shown != seen[-1]:
            seen.append(shown)
    ring = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "Delete the last"]
    begin = ring.index(first)
    assert len(seen) > 11 and seen == [ring[(begin + n) % 11] for n in range(len(seen))]


@pytest.mark.parametrize("button", ["next", "previous"])
@pytest.mark.parametrize("digit", [0, 9])
def test_the_press_that_shows_the_wheel_does_not_turn_it(button: str, digit: int) -> None:
    bench = start(flash())
    bench.app.primitives = Fixed(digit)
    hold(bench, button, 300)
    assert bench.display.view.code == str(digit)


def test_an_encoders_detents_turn_the_wheel_both_ways() -> None:
    bench = start(flash())
    bench.press("next")
    turn_to(bench, "5")
    bench.press("next", "next", "previous", "previous", "previous")  # as one look at the encoder gives them
    assert bench.display.view.code == "4"


def test_a_keypads_digits_are_taken_as_they_are_pressed() -> None:
    bench = start(flash(), keypad=True)
    assert bench.display.view.small == "then press enter"
    bench.press(*"9135724")
    assert bench.display.view.small == " ".join("•" * 7)
    bench.press("clear")
    assert bench.display.view.small == " ".join("•" * 6)
    hold(bench, "clear", 900)
    assert bench.display.view.small == "then press enter"
    with_keys(bench, PIN.decode())
    assert not bench.vault.locked


def test_the_way_back_takes_the_last_digit_away() -> None:
    bench = start(flash())
    for digit in "1357":
        turn_to(bench, digit)
        bench.press("confirm")
    turn_to(bench, "9")
    bench.press("confirm")
    turn_to(bench, "")
    bench.press("confirm")
    with_buttons(bench, "24")
    assert not bench.vault.locked


def test_a_pin_that_is_too_short_costs_no_try() -> None:
    bench = start(flash())
    for entered in ("", "1", "135"):
        bench.press(*entered)
        hold(bench, "confirm", 900)
        assert bench.display.view.subtitle == "4 digits or more"
        assert bench.vault.pin.left == TRIES
        hold(bench, "clear", 900)


def test_of_the_pin_only_its_length_is_shown_and_while_it_is_checked_nothing() -> None:
    """Whatever was entered: each picture is the same but for the dots, and the wheel stands anywhere."""
    pictures = []
    for pin in ("0000", "135724", "98989898989898989898"):
        bench = start(flash())
        bench.press(*pin)
        taken = bench.display.view
        assert taken.small.replace(" ", "") == "•" * min(len(pin), pinviews.DOTS) and not taken.code
        del bench.display.views[:]
        move(bench, "enter", True)
        bench.run(10)
        assert bench.app.guard.working
        pictures.append(bench.display.views[0])
        settle(bench)
        digits = "".join(f"{view.code}{view.message}{view.small}" for view in bench.display.views[:-1])
        assert not re.search(r"\d", digits.replace(totp(SECRET, UTC), "")) and "•" not in digits
    assert len(set(pictures)) == 1


def test_where_the_wheel_begins_tells_nothing() -> None:
    """Every digit is as likely wherever it begins, and after each digit anew."""
    bench = start(flash())
    bench.press("next")
    counts = dict.fromkeys("0123456789", 0)
    for _ in range(2000):
        counts[bench.display.view.code] += 1
        bench.press("confirm", "clear")
    assert min(counts.values()) > 130 and max(counts.values()) < 270  # 200, and five standard deviations


def test_the_bar_runs_while_the_pin_is_checked_and_the_token_goes_on() -> None:
    bench = start(flash())
    bench.press(*PIN.decode())
    move(bench, "enter", True)
    bars, rests = [], []
    for _ in range(1000):
        rests.append(bench.app.step(bench.ms))
        if not bench.app.guard.working:
            break
        bars.append(bench.display.view.bar)
        bench.ms += 10
    assert bars == sorted(bars) and bars[0] < 20 and bars[-1] > 110
    assert len(set(bars)) >= 8 and set(rests[:-1]) == {0}


def test_a_wrong_pin_says_how_many_tries_are_left_then_makes_wait_and_the_last_is_warned_of() -> None:
    bench = start(flash())
    for left in (9, 8, 7):
        fail(bench, 1)
        view = bench.display.view
        assert (view.message, view.subtitle) == ("Wrong PIN", f"{left} tries left")
    for left, seconds in ((6, 30), (5, 60), (4, 120), (3, 240), (2, 480), (1, 960)):
        fail(bench, 1)
        view = bench.display.view
        assert view.screen == "pin_wait" and view.small == f"{left} tries left"
        assert view.message == f"Next try in {seconds // 60}:{seconds % 60:02d}" and view.bar >= 127
        bench.run(10_500)
        assert bench.display.view.message.endswith(f"{(seconds - 10) // 60}:{(seconds - 10) % 60:02d}")
        bench.press(*PIN.decode(), "enter")  # It does not look at it.
        bench.run(100)
        assert bench.vault.locked and bench.vault.pin.left == left
    while bench.vault.pin.wait_ms(bench.ms):
        bench.run(10_000, step=1000)
    bench.wake()
    view = bench.display.view
    assert (view.title, view.message) == ("Last try", "Another wrong PIN erases everything")
    bench.press("1")  # It is told, and nothing else.
    assert bench.display.view.message == "Enter the PIN" and "•" not in bench.display.view.small
    with_keys(bench, PIN.decode())
    assert not bench.vault.locked and len(bench.vault) == 2 and bench.vault.pin.left == TRIES


def test_the_tenth_wrong_pin_erases_everything_and_says_so() -> None:
    made = flash()
    bench = start(made)
    fail(bench, TRIES)
    view = bench.display.view
    assert (view.title, view.message) == ("Wrong PIN", "Everything has been erased")
    bench.press("confirm")
    assert bench.display.view.screen == "unpaired"
    assert len(bench.vault) == 0 and not bench.vault.locked and not bench.vault.pin.is_set
    again = start(made)
    assert again.display.view.screen == "unpaired"


def test_the_wipe_pin_ends_where_the_last_wrong_pin_does() -> None:
    made = flash(wipe_pin=WIPE_PIN)
    bench = start(made)
    with_keys(bench, WIPE_PIN.decode())
    wiped = bench.display.view
    other = start(flash())
    fail(other, TRIES)
    assert wiped == other.display.view
    bench.press("next")
    assert bench.display.view.screen == "unpaired"
    assert made.start().owner == b"" and not len(made.start())


def test_a_try_that_power_cuts_short_is_a_try() -> None:
    made = flash()
    bench = start(made)
    bench.press(*PIN.decode())
    move(bench, "enter", True)
    bench.run(10)
    assert bench.app.guard.working
    again = start(made)
    assert again.vault.pin.left == TRIES - 1
    assert again.display.view.subtitle == "9 tries left"


def test_a_hosts_try_waits_for_the_last_one_at_the_buttons() -> None:
    """Two at once: the second would find no try left, and erase what the first is about to open."""
    bench = start(flash(), keypad=True)
    fail(bench, TRIES - 1)
    bench.run(bench.vault.pin.wait_ms(bench.ms), step=10_000)
    bench.wake()
    bench.press("next")
    bench.press(*PIN.decode(), "enter")
    bench.run(20)
    assert bench.app.guard.working and not bench.vault.pin.left
    with pytest.raises(errors.PinWait, match="at the token"):
        bench.ask("unlock", pin=PIN.decode())
    settle(bench)
    assert not bench.vault.locked and len(bench.vault) == 2 and bench.vault.pin.left == TRIES


def test_a_passphrase_is_typed_at_the_computer() -> None:
    bench = start(flash(pin="größer als 4".encode()))
    view = bench.display.view
    assert (view.message, view.small) == ("Unlock it at the computer", "provisioner unlock")
    bench.press("next", "1", "2", "3", "4", "enter")
    hold(bench, "confirm", 900)
    assert bench.display.view == view and bench.vault.pin.left == TRIES


def test_a_pin_at_a_damaged_memory_is_refused_and_the_token_goes_on() -> None:
    made = flash()
    Log(made.medium, CAPACITY + FIRST).erase(DIRECTORY)
    bench = start(made, keypad=True)
    assert bench.vault.locked and bench.display.view.screen == "fault"
    bench.press(*PIN.decode(), "enter")
    bench.run(100)
    assert bench.display.view.screen == "failure"
    bench.press("enter")
    assert bench.display.view.screen == "fault"
    assert "directory is missing" in bench.ask("info")["faults"]


def test_what_nobody_goes_on_with_is_forgotten() -> None:
    bench = start(flash())
    bench.press(*"1357")
    bench.run(61_000)
    bench.wake()
    assert "•" not in bench.display.view.small
    with_keys(bench, "24")
    assert bench.vault.locked and bench.vault.pin.left == TRIES


def test_a_host_that_unlocks_or_locks_is_seen_on_the_screen() -> None:
    bench = start(flash())
    bench.press("1", "3")
    assert unlock(bench.vault, PIN, bench.ms)
    bench.run(10)
    assert bench.display.view.screen == "totp"
    bench.press("next")
    bench.vault.lock()
    bench.run(10)
    assert bench.display.view.screen == "locked" and bench.app.account is None
    with_keys(bench, PIN.decode())
    assert bench.display.view.subtitle == "bob"  # where one was before


def test_it_locks_by_itself_after_the_last_press() -> None:
    bench = start(flash(auto_lock_s=120), off_s=1000)
    with_keys(bench, PIN.decode())
    bench.run(100_000, step=100)
    bench.press("next")
    bench.run(119_000, step=100)
    assert not bench.vault.locked
    bench.run(1_500, step=100)
    assert bench.vault.locked and bench.display.view.screen == "locked"


def test_it_locks_while_the_screen_is_off() -> None:
    bench = start(flash(auto_lock_s=300))
    with_keys(bench, PIN.decode())
    bench.run(301_000, step=100)
    assert bench.vault.locked and bench.app.codes is None
    bench.wake()
    assert bench.display.view.screen == "locked"


def test_without_auto_lock_it_stays_open() -> None:
    bench = start(flash(auto_lock_s=0))
    with_keys(bench, PIN.decode())
    bench.run(4_000_000, step=1000)
    assert not bench.vault.locked


@pytest.mark.parametrize("order", [("next", "confirm"), ("confirm", "next")])
def test_two_buttons_held_lock_at_once(order: tuple[str, str]) -> None:
    bench = start(flash())
    with_keys(bench, PIN.decode())
    for name in order:
        move(bench, name, True)
        bench.run(100)
    bench.run(650)
    assert not bench.vault.locked
    bench.run(100)
    assert bench.vault.locked and bench.display.view.screen == "locked"
    for name in order:
        move(bench, name, False)
    bench.run(1000)
    assert "•" not in bench.display.view.small


def test_a_keypads_clear_key_held_locks_at_once() -> None:
    bench = start(flash(), keypad=True)
    with_keys(bench, PIN.decode())
    hold(bench, "clear", 900)
    assert bench.vault.locked


def test_without_a_pin_no_gesture_locks() -> None:
    made = flash()
    vault = opened(made)
    set_pin(vault, b"")
    bench = start(made)
    move(bench, "next", True)
    move(bench, "confirm", True)
    bench.run(2000)
    assert not bench.vault.locked and bench.display.view.screen == "hotp_idle"


def test_locking_during_typing_types_no_more() -> None:
    keyboard = RamKeyboard()
    bench = start(flash(), keyboard=lambda: keyboard)
    with_keys(bench, PIN.decode())
    bench.app.type_code(bench.ms)
    assert bench.app.typist is not None and bench.app.typist.account is not None
    bench.app.lock(bench.ms)
    bench.run(3000)
    assert keyboard.strokes == [] and bench.display.view.screen == "locked"


def test_a_question_ends_when_the_token_locks() -> None:
    bench = start(flash(auto_lock_s=10))
    with_keys(bench, PIN.decode())
    bench.send("code", issuer="ACME", name="alice")
    bench.answers()
    bench.run(11_000)
    assert bench.vault.locked and bench.display.view.screen == "locked"
    with pytest.raises(errors.Locked):
        bench.result("code")
    bench.press("confirm")
    assert bench.answers() == []


def test_e_paper_counts_the_wait_in_half_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RamDisplay, "still", True)
    bench = start(flash())
    fail(bench, 5)
    del bench.display.views[:]
    bench.run(59_000, step=100)
    assert [view.message for view in bench.display.views] == ["Next try in 0:30"]
    assert bench.display.view.bar == -1


def test_any_presses_at_all_leave_the_token_locked_and_whole() -> None:
    """Without the PIN: nothing that hands can do shows an account or a code, or stops the token."""
    source = random.Random(7)
    bench = start(flash(pin=b"7777777777777777"))
    names = ["next", "previous", "confirm", "clear", "enter", "1", "2"]
    for _ in range(400):
        name = source.choice(names)
        if source.random() < 0.3:
            hold(bench, name, source.choice((300, 900, 1500)))
        else:
            bench.press(name)
        if bench.vault.pin.left <= 2:
            break
    assert bench.vault.locked
    allowed = {"locked", "unlocking", "pin_wait", "pin_last"}
    assert {view.screen for view in bench.display.views} <= allowed
