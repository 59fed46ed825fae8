"""A PIN at the buttons on a board's interpreters: what the screen says is the same to the letter."""

from __future__ import annotations

from tokencore.messages import OK, PRESS_AWAITED

from tests.vm.interpreters import WHOLE_HEAP_64, Case
from tests.vm.test_formats import account
from tests.vm.test_otp import by_hmac
from tests.vm.test_token import ALICE, SECRET, UTC, Session, session, statuses

__all__ = ["session"]  # the fixture
MICROPYTHON_HEAP = WHOLE_HEAP_64
PIN = "13579"


def test_a_pin_is_entered_and_locks_again(session: Session) -> None:
    steps: list[Case] = [
        ("start", UTC, False, 20),
        ("send", "add", account()),
        ("send", "set_pin", {"pin": PIN}),
        ("run", 3000),
        ("start", UTC + 60, False, 20),
        ("run", 100),
        ("press", *"2468", "enter"),
        ("run", 3000),
        ("press", *PIN, "clear"),
        ("press", PIN[-1], "enter"),
        ("run", 3000),
        ("send", "code", ALICE),
        ("press", "confirm"),
        ("send", "lock", {}),
        ("run", 100),
    ]
    seen = session.run(steps)
    shown = [step[1] for step in seen]
    assert statuses(seen[3]) == [] or statuses(seen[3]) == [OK]
    assert shown[4][5] == shown[5][5] == "Enter the PIN"
    assert (shown[7][5], shown[7][3]) == ("Wrong PIN", "9 tries left")
    assert shown[8][7] == "• • • •"
    assert shown[10][4].replace(" ", "") == by_hmac(SECRET, (UTC + 66) // 30, 6, "SHA1")
    assert statuses(seen[11]) == [PRESS_AWAITED] and shown[11][1] == "Send code?"
    assert statuses(seen[12]) == [OK]
    assert shown[14][1] == "Locked" and shown[14][4] == ""
