"""What is typed when confirm is held: the right code, in the account's way, and never without a press."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore import errors, messages
from tokencore.account import TYPINGS, Account
from tokencore.messages import LAYOUTS
from tokencore.otp import MAX_COUNTER, hotp, totp
from tokenfw.gestures import LONG_MS
from tokenfw.typing import LEAST_MS, TYPED_MS, NoHost

from boards.simulator.hid_host import HidHost
from tests.firmware.parts import Bench, RamDisplay

SECRET = b"12345678901234567890"
UTC = 1_800_000_000
MODHEX = str.maketrans("cbdefghijk", "0123456789")
WAYS = {"off": "", "code": "{}", "enter": "{}\n"}


class HostKeyboard:
    """Gives strokes to a computer with the keymap `layout`; `absent`, or deaf after `strokes` of them."""

    def __init__(self, layout: str = "us") -> None:
        self.host = HidHost("us" if layout == "modhex" else layout)
        self.steps = 0
        self.on_open: Callable[[], object] = lambda: None
        self.absent = False
        self.strokes = 1000
        self.lack = False

    def open(self) -> None:
        self.on_open()
        if self.absent:
            raise NoHost
        if self.lack:
            raise MemoryError

    def type(self, strokes: Iterable[tuple[int, bool]]) -> None:
        for usage, shift in strokes:
            if not self.strokes:
                raise NoHost
            self.strokes -= 1
            self.host.receive(bytes((2 if shift else 0, 0, usage, 0, 0, 0, 0, 0)))
            self.host.receive(bytes(8))

    def step(self, now_ms: int) -> None:
        self.steps += 1


class Token(Bench):
    """A token with a keyboard; `typed` is what the computer has got."""

    def __init__(self, *accounts: Account, layout: str = "us", utc: int = UTC, **options: object) -> None:
        self.keyboard = HostKeyboard(layout)
        self.loads = 0
        super().__init__(utc=utc, keyboard=self._load, **options)
        for account in accounts:
            self.vault.add(account)
        if layout != "us":
            self.vault.set_settings(layout)
        self.app.select(0)
        self.run(20)

    def _load(self) -> HostKeyboard:
        self.loads += 1
        return self.keyboard

    @property
    def typed(self) -> str:
        return self.keyboard.host.text

    def down(self, name: str = "confirm") -> None:
        self.queue.moves.append((name, True))
        self.run()

    def up(self, name: str = "confirm") -> None:
        self.queue.moves.append((name, False))
        self.run()

    def hold(self, ms: int = LONG_MS, name: str = "confirm") -> None:
        self.down(name)
        self.run(ms)
        self.up(name)
        self.run(60)

    def screen(self) -> tuple[str, str]:
        return self.display.view.screen, self.display.view.message


@pytest.mark.parametrize(("layout", "way", "kind"), list(product(LAYOUTS, TYPINGS, ("totp", "hotp"))))
def test_the_code_is_typed_in_every_layout_and_way(layout: str, way: str, kind: str) -> None:
    token = Token(Account(SECRET, "alice", kind=kind, digits=8, counter=7, typing=way), layout=layout)
    token.hold()
    code = totp(SECRET, UTC, 8) if kind == "totp" else hotp(SECRET, 7, 8)
    typed = token.typed.translate(MODHEX) if layout == "modhex" else token.typed
    assert typed == WAYS[way].format(code)
    assert token.keyboard.host.released
    assert token.vault.account(0).counter == (8 if kind == "hotp" and way != "off" else 7)
    if way == "off":
        assert token.screen() == ("failure", "Typing is off here")


def test_the_screen_says_it_before_during_and_after() -> None:
    token = Token(Account(SECRET, "alice", "ACME"))
    seen = []
    token.down()
    for _ in range(300):
        token.run(10)
        seen.append((*token.screen(), token.typed))
    code = totp(SECRET, UTC)
    distinct = [view for view, before in zip(seen, [None, *seen], strict=False) if view != before]
    assert distinct == [
        ("totp", "", ""),
        ("typing", "Typing the code", ""),
        ("typing", "Code typed", code),
        ("totp", "", code),
    ]
    assert sum(view[1] == "Code typed" for view in seen) in (TYPED_MS // 10 - 1, TYPED_MS // 10)
    assert token.display.view.title == "ACME"


def test_a_still_display_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RamDisplay, "still", True)
    token = Token(Account(SECRET, "alice"))
    drawn = len(token.display.views)
    token.hold()
    token.run(TYPED_MS)
    assert token.typed == totp(SECRET, UTC)
    assert len(token.display.views) == drawn


def test_a_press_types_once_however_long_it_is() -> None:
    token = Token(Account(SECRET, "alice"))
    token.hold(10_000)
    assert token.typed == totp(SECRET, UTC)
    token.hold()
    assert token.typed == totp(SECRET, UTC) * 2


def test_a_press_too_short_types_nothing() -> None:
    token = Token(Account(SECRET, "alice"))
    token.hold(LONG_MS - 10)
    token.press("confirm", "next", "previous")
    for name in ("next", "previous"):
        token.hold(2000, name)
    assert (token.typed, token.loads) == ("", 0)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(0, 40_000)),
        st.tuples(st.just("press"), st.sampled_from(("previous", "next", "confirm"))),
        st.tuples(st.just("hold"), st.sampled_from(("previous", "next"))),
        st.tuples(st.just("ask"), st.sampled_from(("code", "list", "get_time", "cancel", "set_typing"))),
    ),
    max_size=12,
)


@given(steps)
@settings(deadline=None, max_examples=40)
def test_nothing_else_types(steps: list[tuple]) -> None:
    accounts = Account(SECRET, "alice", typing="enter"), Account(SECRET, "bob", kind="hotp")
    token = Token(*accounts)
    fields: dict[str, dict] = {
        "code": {"issuer": "", "name": "bob"},
        "list": {"start": 0},
        "set_typing": {"issuer": "", "name": "bob", "typing": "enter"},
    }
    for what, value in steps:
        if what == "wait":
            token.run(value, 100)
        elif what == "press":
            token.press(value)
        elif what == "hold":
            token.hold(1500, value)
        else:
            token.send(value, **fields.get(value, {}))
    assert (token.typed, token.loads) == ("", 0)


@given(offset=st.integers(0, 120_000), period=st.sampled_from((1, 2, 3, 30, 60)), digits=st.integers(6, 8))
@settings(deadline=None, max_examples=60)
def test_a_typed_code_holds_for_a_second_and_is_typed_within_one(
    offset: int, period: int, digits: int
) -> None:
    token = Token(Account(SECRET, "alice", period=period, digits=digits), off_s=1000)
    token.run(offset // 10 * 10)
    token.down()
    token.run(LONG_MS)
    began_ms = token.ms
    while not token.typed:
        token.run(7, 7)  # never at the very edge of a step
        assert token.ms - began_ms < LEAST_MS + 100
    assert token.typed == totp(SECRET, UTC + token.ms // 1000, digits, period)
    left_ms = period * 1000 - (UTC * 1000 + token.ms) % (period * 1000)
    assert left_ms >= min(LEAST_MS, period * 500) - 7


def test_hotp_types_the_code_on_the_screen_and_none_twice() -> None:
    token = Token(Account(SECRET, "bob", kind="hotp"))
    token.press("confirm")
    assert token.display.view.code.replace(" ", "") == hotp(SECRET, 0)
    token.hold()
    assert token.typed == hotp(SECRET, 0)
    token.hold()
    assert token.typed == hotp(SECRET, 0)  # "typed" still stands there: the press came too early
    token.run(TYPED_MS)
    for counter in (1, 2):
        token.hold()
        assert token.typed == "".join(hotp(SECRET, number) for number in range(counter + 1))
        assert token.vault.account(0).counter == counter + 1
        token.run(TYPED_MS)
        assert token.display.view.code.replace(" ", "") == hotp(SECRET, counter)
    token.press("confirm")
    token.run(31_000)
    token.wake()
    token.hold()  # the code on the screen has gone meanwhile
    assert token.typed.endswith(hotp(SECRET, 3))


def test_no_counter_is_taken_where_nobody_listens() -> None:
    token = Token(Account(SECRET, "bob", kind="hotp"))
    token.keyboard.absent = True
    token.hold()
    assert token.screen() == ("failure", "No computer reads the keyboard")
    assert token.vault.account(0).counter == 0
    token.press("confirm")
    token.keyboard.absent = False
    token.hold()
    assert token.typed == hotp(SECRET, 0)


def test_a_host_that_goes_away_in_the_midst_leaves_the_code_on_the_screen() -> None:
    token = Token(Account(SECRET, "bob", kind="hotp"))
    token.keyboard.strokes = 3
    token.hold()
    assert token.typed == hotp(SECRET, 0)[:3]
    assert token.screen()[0] == "failure"
    token.press("confirm")
    assert token.display.view.code.replace(" ", "") == hotp(SECRET, 0)
    steps = token.keyboard.steps
    token.run(100)
    assert token.keyboard.steps > steps  # the keyboard may have keys to let go of
    token.keyboard.strokes = 1000
    token.hold()
    assert token.typed == hotp(SECRET, 0)[:3] + hotp(SECRET, 0)


def test_a_counter_that_cannot_be_stored_or_is_used_up_types_nothing() -> None:
    token = Token(
        Account(SECRET, "bob", kind="hotp"), Account(SECRET, "eve", kind="hotp", counter=MAX_COUNTER)
    )
    token.medium.error = OSError(5, "worn out")
    token.hold()
    assert token.screen() == ("failure", "Memory is damaged or worn out")
    token.medium.error = None
    token.press("next", "next")
    token.hold()
    assert token.screen() == ("failure", "Counter used up: enrol anew")
    assert token.typed == ""


@pytest.mark.parametrize(("cause", "screen"), [("lost", "Clock not set"), ("error", "Clock error")])
def test_no_code_from_a_clock_that_is_not_good(cause: str, screen: str) -> None:
    token = Token(Account(SECRET, "alice"), lost=cause == "lost")
    token.rtc.error = cause == "error"
    token.run(15_000)
    token.hold()
    assert token.screen() == ("failure", screen)
    assert token.typed == ""


def test_a_question_is_answered_by_the_press_and_nothing_is_typed() -> None:
    token = Token(Account(SECRET, "alice"))
    token.send("code", issuer="", name="alice")
    assert [status for _, status, _ in token.answers()] == [messages.PRESS_AWAITED]
    token.run(400)
    token.hold(3000)
    assert token.result("code")["code"] == totp(SECRET, UTC)
    assert token.typed == ""


def test_a_question_that_comes_while_confirm_is_held_stops_it() -> None:
    token = Token(Account(SECRET, "alice"))
    token.down()
    token.run(LONG_MS - 100)
    token.send("code", issuer="", name="alice")
    token.run(2000)
    token.up()
    assert token.display.view.screen == "question"
    assert token.typed == ""


@pytest.mark.parametrize(
    ("command", "values"),
    [
        ("rename", {"new_issuer": "", "new_name": "eve"}),
        ("remove", {}),
        ("move", {"position": 1}),
        ("set_typing", {"typing": "enter"}),
    ],
)
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_host_cannot_change_what_a_press_types(command: str, values: dict, name: str) -> None:
    token = Token(Account(SECRET, "alice"), Account(SECRET[::-1], "bob"))
    token.down()
    token.run(LONG_MS - 100)
    token.ask(command, issuer="", name=name, **values)
    token.run(5000)
    token.up()
    assert token.typed == ""
    token.hold()
    assert token.typed != ""


@pytest.mark.parametrize("what", ["question", "next", "list", "remove", "typing"])
def test_what_comes_between_while_the_next_step_is_waited_for_stops_it(what: str) -> None:
    token = Token(Account(SECRET, "alice"), Account(SECRET[::-1], "bob"), off_s=1000)
    token.run(29_500 - LONG_MS - token.ms)
    token.down()
    token.run(LONG_MS)
    assert token.screen() == ("typing", "Typing the code")
    if what == "question":
        token.send("code", issuer="", name="alice")
    elif what == "next":
        token.press("next")
    elif what == "list":
        token.queue.moves.append(("next", True))
        token.run(600)
    elif what == "remove":
        token.ask("remove", issuer="", name="alice")
    else:
        token.ask("set_typing", issuer="", name="alice", typing="off")
    token.run(2000)
    assert token.typed == ""
    assert token.display.view.screen != "typing"


def test_without_an_account_a_keyboard_or_a_whole_store_nothing_happens() -> None:
    token = Token()
    token.hold()
    assert token.display.view.screen == "first"
    bench = Bench()
    bench.vault.add(Account(SECRET, "alice"))
    bench.app.select(0)
    bench.queue.moves.append(("confirm", True))
    bench.run(2000)
    assert bench.display.view.screen == "totp"


def test_too_little_memory_is_said() -> None:
    token = Token(Account(SECRET, "alice"))
    token.keyboard.lack = True
    token.hold()
    assert token.screen() == ("failure", "Too little memory, try again")
    token.press("confirm")
    token.run(100)
    assert token.screen() == ("totp", "")  # it is not tried again by itself
    token.keyboard.lack = False
    token.run(100)
    assert token.typed == ""
    token.hold()
    assert token.typed == totp(SECRET, UTC)


def test_the_screen_says_it_before_the_driver_is_loaded() -> None:
    token = Token(Account(SECRET, "alice"))
    token.keyboard.on_open = lambda: seen.append(token.screen())
    seen: list[tuple[str, str]] = []
    token.hold()
    assert seen == [("typing", "Typing the code")]


def test_the_press_that_wakes_the_screen_types_nothing() -> None:
    token = Token(Account(SECRET, "alice"), off_s=5)
    token.run(10_000)
    assert token.display.level == 0
    token.hold(3000)
    assert token.typed == ""
    token.hold()
    assert token.typed != ""


def test_settings_are_kept_and_the_language_changes_at_once() -> None:
    token = Token(Account(SECRET, "alice"))
    assert token.ask("get_settings") == {"layout": "us", "language": "en"}
    assert token.ask("set_settings", language="de") == {}
    token.ask("set_settings", layout="fr")
    token.ask("set_settings")
    assert token.ask("get_settings") == {"layout": "fr", "language": "de"}
    token.keyboard.absent = True
    token.hold()
    assert token.screen() == ("failure", "Kein Computer liest die Tastatur")
    again = Token(flash=token.flash)
    assert again.ask("get_settings")["layout"] == "fr"
    assert again.vault.language == "de"


def test_settings_that_cannot_be_stored_are_refused_and_not_taken() -> None:
    token = Token(Account(SECRET, "alice"))
    token.medium.error = OSError(5, "worn out")
    with pytest.raises(errors.StoreFailed):
        token.ask("set_settings", layout="fr", language="de")
    assert token.ask("get_settings") == {"layout": "us", "language": "en"}
    with pytest.raises(errors.StoreFailed):
        token.ask("set_typing", issuer="", name="alice", typing="enter")
    token.medium.error = None
    assert token.ask("list", start=0)["accounts"][0]["typing"] == "code"


def test_what_an_account_types_is_kept_through_all_else() -> None:
    token = Token(Account(SECRET, "alice"), Account(SECRET, "bob", kind="hotp"))
    token.ask("set_typing", issuer="", name="bob", typing="enter")
    token.ask("rename", issuer="", name="bob", new_issuer="ACME", new_name="robert")
    token.ask("move", issuer="ACME", name="robert", position=0)
    token.hold()
    assert token.typed == hotp(SECRET, 0) + "\n"
    listed = token.ask("list", start=0)["accounts"]
    assert [account["typing"] for account in listed] == ["enter", "code"]
    with pytest.raises(errors.NoSuchAccount):
        token.ask("set_typing", issuer="", name="bob", typing="off")
