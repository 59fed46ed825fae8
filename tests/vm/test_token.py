"""A whole token on a board's interpreters: its App over a file, by its wire, buttons, screen and restarts.

CPython runs the same session; what a board's interpreter answers and shows must be the same to the byte.
The codes are checked against hmac.
"""

from __future__ import annotations

import os
import random

import pytest
from tokencore import errors, frame, messages

from tests.firmware.parts import SERIAL
from tests.vm.interpreters import WHOLE_HEAP_64, Case, Interpreter
from tests.vm.test_formats import BAD_UTF8, account, mutated
from tests.vm.test_otp import by_hmac

MICROPYTHON_HEAP = WHOLE_HEAP_64
SECRET = account()["secret"]
UTC = 1_800_000_000
ALICE = {"issuer": "ACME", "name": "alice"}


@pytest.fixture
def session(board_vm: Interpreter, cpython: Interpreter) -> Session:
    return Session(board_vm, cpython)


class Session:
    """Runs the steps of a session on both interpreters, each on a file of its own."""

    def __init__(self, board_vm: Interpreter, cpython: Interpreter) -> None:
        self._pair = board_vm, cpython

    def run(self, steps: list[Case]) -> list:
        """Return what each step came to; "start" takes what follows the file's path."""
        runs = []
        for interpreter in self._pair:
            path = interpreter.drive_file()
            runs.append(
                interpreter.run(
                    [(step[0], path, *step[1:]) if step[0] == "start" else step for step in steps]
                )
            )
            os.remove(path)
        differing = [case for case in zip(steps, *runs, strict=True) if case[1] != case[2]]
        assert differing == []
        assert [outcome for outcome in runs[0] if outcome[0] != "ok"] == []
        return [value for _, value in runs[0]]


def statuses(step: list) -> list[int]:
    return [status for _, status, _ in step[0]]


def fields(step: list) -> dict:
    """Return the fields of a step's last answer, by number."""
    return step[0][-1][2]


def test_the_life_of_a_token(session: Session) -> None:
    hotp = account(name="bob", kind="hotp", counter=(1 << 64) - 2, algorithm="SHA512", digits=8)
    steps: list[Case] = [
        ("start", UTC, True, 100),
        ("send", "add", account()),
        ("send", "code", ALICE),
        ("set_time", UTC + 100, 700),
        ("send", "code", ALICE),
        ("press", "confirm"),
        ("send", "add", hotp),
        ("send", "add", hotp),
        ("press", "confirm"),
        ("press", "next"),
        ("send", "rename", {**ALICE, "new_issuer": "Größe", "new_name": "älice €"}),
        ("send", "move", {"issuer": "ACME", "name": "bob", "position": 0}),
        ("send", "list", {"start": 0}),
        ("send", "info", {}),
        ("start", UTC + 200, False, 100),
        ("listing", 0),
        ("press", "confirm"),
        ("send", "remove", {"issuer": "Größe", "name": "älice €"}),
        ("listing", 0),
        ("send", "wipe", {"serial": "0"}),
        ("send", "wipe", {"serial": SERIAL}),
        ("send", "info", {}),
    ]
    seen = dict(enumerate(session.run(steps)))
    assert seen[0][1][1] == "No accounts"
    assert seen[1][1][5] == "Clock not set"
    assert statuses(seen[2]) == [errors.ClockNotSet.status]
    assert statuses(seen[3]) == [messages.PRESS_AWAITED, messages.OK]
    assert statuses(seen[4]) == [messages.PRESS_AWAITED]
    assert seen[4][1][1] == "Send code?"
    assert fields(seen[5]) == {1: by_hmac(SECRET, (UTC + 100) // 30, 6, "SHA1"), 3: UTC + 100}
    assert seen[5][1][4].replace(" ", "") == fields(seen[5])[1]
    assert statuses(seen[7]) == [errors.AccountExists.status]
    assert seen[8][1][4].replace(" ", "") == by_hmac(SECRET, (1 << 64) - 2, 8, "SHA512")
    assert [entry[2] for entry in fields(seen[12])[2]] == ["bob", "älice €"]
    assert [entry[8] for entry in fields(seen[12])[2]] == [(1 << 64) - 1, 0]
    assert fields(seen[13])[7] == UTC + 100
    assert seen[15] == ["bob", "älice €"]
    assert seen[16][1][1] == "Failed"  # 2**64 - 1 is the end: there is no counter to store before the code
    assert seen[18] == ["bob"]
    assert statuses(seen[19]) == [errors.BadValue.status]
    assert fields(seen[21])[4] == 0


def test_a_hundred_accounts(session: Session) -> None:
    names = [f"{number:02d}" + "é" * 31 for number in range(100)]
    steps: list[Case] = [("start", UTC, False, 100)]
    for number, name in enumerate(names):
        secret = random.Random(number).randbytes(128)
        steps.append(("send", "add", account(issuer="i" * 64, name=name, secret=secret, algorithm="SHA512")))
    steps += [("send", "add", account()), ("start", UTC + 60, False, 100)]
    steps += [("listing", position) for position in range(100)]
    steps += [("press", "previous"), ("send", "code", {"issuer": "i" * 64, "name": names[50]})]
    steps += [("press", "confirm"), ("send", "info", {})]
    seen = session.run(steps)
    assert [statuses(step) for step in seen[1:101]] == [[messages.OK]] * 100
    assert statuses(seen[101]) == [errors.StoreFull.status]
    assert [page[0] for page in seen[103:203]] == names
    assert seen[203][1][2] == "100/100"
    expected = by_hmac(random.Random(50).randbytes(128), (UTC + 60) // 30, 6, "SHA512")
    assert fields(seen[205])[1] == expected
    assert fields(seen[206])[4] == 100


def test_time_passes_and_the_chip_fails(session: Session) -> None:
    steps: list[Case] = [("start", UTC, False, 7), ("send", "add", account(digits=8))]
    steps += [("run", 2_570)] * 14
    steps += [("send", "code", ALICE), ("run", 15_000), ("chip", "error", True), ("run", 12_000)]
    seen = session.run(steps)
    shown = [(step[1][4].replace(" ", ""), step[1][7]) for step in seen[2:16]]
    assert {code for code, _ in shown} == {by_hmac(SECRET, UTC // 30 + step, 8, "SHA1") for step in (0, 1)}
    assert any(small.startswith("next ") for _, small in shown)
    assert statuses(seen[17]) == [errors.NotConfirmed.status]
    assert seen[19][1][5] == "Clock error"


def test_codes_are_typed(session: Session) -> None:
    bob = {"issuer": "ACME", "name": "bob"}
    steps: list[Case] = [
        ("start", UTC, False, 100),
        ("send", "add", account(digits=8)),
        ("hold", 1200),
        ("send", "add", account(name="bob", kind="hotp", counter=5)),
        ("send", "set_settings", {"layout": "fr", "language": "es"}),
        ("send", "set_typing", {**bob, "typing": "enter"}),
        ("hold", 1200),
        ("send", "set_settings", {"layout": "modhex"}),
        ("send", "set_typing", {**bob, "typing": "off"}),
        ("hold", 1200),
        ("start", UTC + 60, False, 100),
        ("send", "get_settings", {}),
        ("send", "list", {"start": 0}),
    ]
    seen = session.run(steps)
    row = [0x27, *range(0x1E, 0x27)]
    totp, hotp = by_hmac(SECRET, UTC // 30, 8, "SHA1"), by_hmac(SECRET, 5, 6, "SHA1")
    typed = [[row[int(digit)], False] for digit in totp]
    assert seen[2] == typed
    typed += [*([row[int(digit)], True] for digit in hotp), [0x28, False]]
    assert seen[6] == typed
    assert seen[9] == typed
    assert fields(seen[11]) == {1: messages.LAYOUTS.index("modhex"), 2: messages.LANGUAGES.index("es")}
    assert [(entry[8], entry[10]) for entry in fields(seen[12])[2]] == [(0, 1), (6, 0)]


def test_dates_to_2106(session: Session) -> None:
    dates = [946684800, 951782399, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 4107542400, 0xFFFFFFFF]
    steps: list[Case] = []
    for utc in dates:
        steps += [("start", utc, True, 7), ("set_time", utc, 10), ("send", "get_time", {})]
        steps += [("send", "add", account()), ("send", "code", ALICE), ("press", "confirm")]
        steps += [("send", "remove", ALICE)]  # so that the next one is set without a press
    seen = session.run(steps)
    for number, utc in enumerate(dates):
        assert fields(seen[7 * number + 2])[4] == utc * 1000
        assert fields(seen[7 * number + 5]) == {1: by_hmac(SECRET, utc // 30, 6, "SHA1"), 3: utc}


def test_names_that_are_not_utf8_are_refused(session: Session) -> None:
    steps: list[Case] = [("start", UTC, False, 7)]
    for name in BAD_UTF8:
        payload = messages.encode_request(1, messages.COMMANDS["add"], account(name="n" * len(name)))
        steps.append(("seal", payload.replace(b"n" * len(name), name)))
    steps.append(("listing", 0))
    seen = session.run(steps)
    assert [statuses(step) for step in seen[1:-1]] == [[errors.BadMessage.status]] * len(BAD_UTF8)
    assert seen[-1] == []


def test_damaged_requests_are_answered_alike(session: Session) -> None:
    rng = random.Random(5)
    requests = [("info", {}), ("list", {"start": 0}), ("add", account()), ("get_time", {}), ("code", ALICE)]
    requests += [("remove", ALICE), ("cancel", {}), ("hello", {"protocol": 1, "nonce": b"8 bytes."})]
    steps: list[Case] = [("start", UTC, False, 12)]
    for number in range(1000, 1200):  # in three bytes, left alone: a larger one had the rest refused
        name, values = rng.choice(requests)
        payload = messages.encode_request(number, messages.COMMANDS[name], values)
        if name == "hello":
            steps.append(("feed", frame.encode(payload)))
        elif rng.random() < 0.3:
            steps.append(("feed", mutated(rng, frame.encode(payload))))
        else:
            steps.append(("seal", payload[:4] + mutated(rng, payload[4:])))
        if rng.random() < 0.1:
            steps.append(("press", rng.choice(["confirm", "next", "previous"])))
    steps += [("feed", frame.encode(b"\x81" * 200)), *[("feed", b"\xff" * 250)] * 12, ("feed", b"\0")]
    steps += [("feed", frame.encode(messages.encode_request(1, messages.COMMANDS["hello"], requests[-1][1])))]
    seen = session.run(steps)
    found = {status for step in seen for status in statuses(step)}
    assert {messages.OK, errors.BadMessage.status, errors.BadValue.status} <= found
    assert errors.FobError.status not in found
    assert statuses(seen[-1]) == [messages.OK]
