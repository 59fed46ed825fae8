"""What the screen asks when a real host asks for it through its channel, and what the press then comes to."""

from __future__ import annotations

import pytest
from tokencore import errors, seals
from tokencore.account import Account
from tokenfw.views import QUESTIONS, View

from tests.firmware.hosts import DESK, Host, public
from tests.firmware.parts import Bench
from tests.firmware.test_app import SECRET

KEY = bytes(range(3, 35))
SHORT = seals.fingerprint(public(KEY))[:9]
NEW = {
    **{"issuer": "ACME", "name": "new", "kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30},
    **{"t0": 0, "counter": 0, "contribution": bytes(32), "key": public(KEY)},
}


@pytest.fixture
def owned() -> Host:
    """A host at its own token, which has an account on the screen."""
    bench = Bench(owner=public(DESK))
    bench.vault.add(Account(SECRET, "alice", "ACME"))
    bench.app.select(0)
    return Host(bench).connect()


def asked(host: Host, name: str, /, **values: object) -> View:
    """Send a request that needs a press and return what the screen asks."""
    host.give(host.sealed(name, **values), 3000)
    view = host.bench.display.view
    assert view.screen in QUESTIONS
    return view


def test_a_fresh_token_is_paired_by_its_screen_and_a_press() -> None:
    bench = Bench(owner=b"")
    view = bench.display.view
    assert (view.screen, view.small) == ("unpaired", "provisioner pair")
    host = Host(bench).connect()
    digits = host.digits()
    view = bench.display.view
    assert (view.title, view.code.replace(" ", "")) == ("Pairing code", digits)
    bench.run(1000)
    bench.press("confirm")
    assert bench.vault.owner == b"", "nobody has said that the digits are the same"
    view = asked(host, "own")
    assert (view.title, view.code.replace(" ", "")) == ("Same digits there?", digits)
    assert bench.vault.owner == b""
    bench.press("confirm")
    bench.run(100)
    assert bench.vault.owner == public(DESK)
    assert bench.display.view.screen == "first"


def test_digits_that_nobody_types_go_away() -> None:
    bench = Bench(owner=b"")
    Host(bench).connect().digits()
    bench.run(59_000, step=100)
    assert bench.display.view.screen == "pair" and 0 < bench.display.view.bar <= 4
    bench.run(2_000, step=100)
    assert bench.display.view.screen == "unpaired"


def test_a_token_without_an_owner_goes_on_showing_its_codes() -> None:
    bench = Bench(owner=b"")
    bench.vault.add(Account(SECRET, "alice"))
    bench.app.select(0)
    bench.run()
    assert bench.display.view.screen == "totp"


@pytest.mark.parametrize(
    ("name", "values", "title", "subtitle", "small"),
    [
        ("code", {"issuer": "ACME", "name": "alice"}, "Send code?", "ACME", "alice"),
        ("enroll", NEW, "New account?", "ACME: new", f"for key {SHORT}"),
        ("backup", {"key": public(KEY)}, "Copy all accounts?", "Accounts: 1", f"for key {SHORT}"),
        ("transfer", {"key": public(KEY)}, "Change the owner?", f"for key {SHORT}", "accounts stay"),
        ("release", {}, "Release this token?", "Nobody owns it then", "accounts stay"),
    ],
)
def test_each_question_says_what_it_is_about(
    owned: Host, name: str, values: dict, title: str, subtitle: str, small: str
) -> None:
    view = asked(owned, name, **values)
    assert (view.title, view.subtitle, view.small) == (title, subtitle, small)
    assert view.message == "Press confirm" and view.bar > 100
    assert view.screen == ("grave" if name in ("backup", "transfer", "release") else "question")
    owned.bench.run(14_000, step=100)
    assert 0 < owned.bench.display.view.bar < 20
    owned.bench.run(1_500, step=100)
    assert owned.bench.display.view.screen == "totp"
    with pytest.raises(errors.NotConfirmed):
        owned.result(name, owned.heard())
    owned.bench.press("confirm")
    assert owned.heard() == [] and len(owned.bench.vault) == 1
    assert owned.bench.vault.owner == public(DESK)


def test_a_jump_of_the_clock_is_shown_with_its_sign(owned: Host) -> None:
    bench = owned.bench
    for jump_s, shown in ((86_400 + 2 * 3600, "by +1 d 02:00"), (-7200, "by -02:00:00")):
        view = asked(owned, "set_time", utc=bench.rtc.utc + jump_s, at=bench.ms + 1000, uncertainty=10)
        assert view.title == "Set the clock?" and len(view.subtitle) == 16
        assert view.small[:8] == shown[:8]
        owned.give(owned.sealed("cancel"))


def test_a_pin_set_by_a_host_does_not_lock_at_once(owned: Host) -> None:
    """Its time begins then, however long ago the last press was."""
    bench = owned.bench
    bench.run(400_000, step=500)
    owned.ask("set_pin", pin="135724", auto_lock=60)
    bench.run(50_000, step=100)
    assert not bench.vault.locked
    bench.run(11_000, step=100)
    assert bench.vault.locked


def test_a_lock_by_hand_ends_the_question(owned: Host) -> None:
    bench = owned.bench
    owned.ask("set_pin", pin="135724")
    asked(owned, "backup", key=public(KEY))
    bench.run(500)
    bench.queue.moves = [("next", True), ("confirm", True)]
    bench.run(900)
    assert bench.vault.locked and bench.display.view.screen == "locked"
    with pytest.raises(errors.Locked):
        owned.result("backup", owned.heard()[-1:])
    bench.queue.moves = [("next", False), ("confirm", False)]
    bench.run(500)
    bench.press("confirm")
    bench.run(500)
    assert owned.heard() == []


def test_what_a_locked_token_is_asked_stands_above_the_pin(owned: Host) -> None:
    """A question that a locked token may be asked leaves the digits that have been taken as they are."""
    bench = owned.bench
    owned.ask("set_pin", pin="135724")
    owned.ask("lock")
    bench.press(*"1357")
    view = asked(owned, "release")
    assert view.title == "Release this token?"
    bench.press("9", "clear")
    owned.give(owned.sealed("cancel"))
    bench.run()
    assert bench.display.view.small == "• • • •"
    bench.press("2", "4", "enter")
    bench.run(2000)
    assert not bench.vault.locked
