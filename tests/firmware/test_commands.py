"""Requests to a whole token over its serial line: what is answered, refused, repeated, given up."""

from __future__ import annotations

import contextlib

import pytest
from tokencore import base32, cbor, errors, frame, messages
from tokencore.otp import MAX_COUNTER, hotp, totp
from tokenfw.app import Identity

from tests.firmware.parts import OWNER, SERIAL, Bench

SECRET = b"\xf0canary\x9esecret\x01\xd7"
ALICE = {"issuer": "ACME", "name": "alice"}


def account(**changes: object) -> dict:
    values = {**ALICE, "kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30, "t0": 0, "counter": 0}
    return {**values, "secret": SECRET, **changes}


@pytest.fixture
def bench() -> Bench:
    token = Bench()
    token.run(2000)
    return token


def names(bench: Bench) -> list[str]:
    found: list[str] = []
    while True:
        page = bench.ask("list", start=len(found))
        found += [entry["name"] for entry in page["accounts"]]
        if len(found) == page["total"]:
            return found
        assert page["accounts"]


def test_hello_speaks_the_older_of_both_versions(bench: Bench) -> None:
    for offered, spoken in ((1, 1), (200, messages.PROTOCOL)):
        answer = bench.ask("hello", protocol=offered, nonce=bytes(8))
        assert answer == {
            **{"protocol": spoken, "product": "Fobsmith", "serial": SERIAL},
            "cipher": bench.app.primitives.cipher,
        }


def test_a_hundred_accounts_are_listed_in_order(bench: Bench) -> None:
    for number in range(100):
        name = f"{number:02d}" + "é" * 31
        assert (
            bench.ask("add", **account(name=name, issuer="i" * 64, counter=MAX_COUNTER))["position"] == number
        )
    assert names(bench) == [f"{number:02d}" + "é" * 31 for number in range(100)]
    with pytest.raises(errors.StoreFull):
        bench.ask("add", **account())
    assert bench.ask("info")["accounts"] == 100


def test_rename_move_remove(bench: Bench) -> None:
    for name in "abcd":
        bench.ask("add", **account(name=name))
    bench.ask("move", issuer="ACME", name="a", position=2)
    assert names(bench) == ["b", "c", "a", "d"]
    bench.ask("rename", issuer="ACME", name="c", new_issuer="New", new_name="z")
    bench.ask("remove", issuer="ACME", name="d")
    assert names(bench) == ["b", "z", "a"]
    for command, values, error in (
        ("rename", {"name": "b", "new_issuer": "ACME", "new_name": "a"}, errors.AccountExists),
        ("rename", {"name": "b", "new_issuer": "ACME", "new_name": ""}, errors.BadValue),
        ("rename", {"name": "b", "new_issuer": "ACME", "new_name": "a\nb"}, errors.BadValue),
        ("move", {"name": "b", "position": 3}, errors.BadValue),
        ("remove", {"name": "nobody"}, errors.NoSuchAccount),
    ):
        with pytest.raises(error):
            bench.ask(command, issuer="ACME", **values)
    assert names(bench) == ["b", "z", "a"]


BAD_ACCOUNTS = {
    "digits": [5, 9, 0],
    "period": [0, 3601],
    "secret": [b"", b"s" * 129, b"s" * 200],
    "name": ["", "n" * 65, "a\x1b[2J"],
    "issuer": ["é" * 33, "\x7f"],
    "t0": [1 << 32],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in BAD_ACCOUNTS.items() for v in values])
def test_a_bad_account_is_refused_by_the_token_itself(bench: Bench, field: str, value: object) -> None:
    # Packed without the table's checks, as a faulty or hostile host would.
    numbers = {f.name: f.number for f in messages.COMMANDS["add"].request}
    values = {numbers[name]: given for name, given in account(**{field: value}).items()}
    values[numbers["kind"]] = values[numbers["algorithm"]] = 0
    payload = cbor.encode([1, messages.COMMANDS["add"].number, values])
    bench.give(bench.connected().seal(payload))
    ((_, status, packed),) = bench.answers()
    assert status == errors.BadValue.status
    assert packed[messages.TEXT].startswith(field + ": ")
    bench.sequence = 1
    assert bench.ask("info")["accounts"] == 0


def test_an_existing_account_is_kept(bench: Bench) -> None:
    bench.ask("add", **account(kind="hotp", counter=7))
    with pytest.raises(errors.AccountExists):
        bench.ask("add", **account(secret=b"another"))
    assert bench.ask("list", start=0)["accounts"][0]["counter"] == 7


def test_a_code_needs_a_press(bench: Bench) -> None:
    bench.ask("add", **account())
    bench.send("code", **ALICE)
    assert [status for _, status, _ in bench.answers()] == [messages.PRESS_AWAITED]
    bench.run(5000)
    assert bench.answers() == []
    assert bench.display.view.title == "Send code?"
    bench.press("confirm")
    answer = bench.result("code")
    assert answer["code"] == totp(SECRET, answer["utc"])
    assert answer["utc"] == bench.rtc.utc


@pytest.mark.parametrize("button", ["previous", "next"])
def test_another_button_releases_nothing_and_silence_ends_it(bench: Bench, button: str) -> None:
    bench.ask("add", **account())
    bench.send("code", **ALICE)
    bench.answers()
    bench.press(button)
    bench.run(messages.CONFIRM_MS)
    with pytest.raises(errors.NotConfirmed):
        bench.result("code")
    bench.press("confirm")
    assert bench.answers() == []


def test_a_press_before_the_question_does_not_count(bench: Bench) -> None:
    bench.ask("add", **account(kind="hotp"))
    bench.queue.moves.append(("confirm", True))
    bench.send("code", **ALICE)  # The press and the request arrive in one step.
    assert [status for _, status, _ in bench.answers()] == [messages.PRESS_AWAITED]


def test_another_request_cancels_the_question(bench: Bench) -> None:
    bench.ask("add", **account(kind="hotp"))
    bench.send("code", **ALICE)
    bench.answers()
    bench.send("get_settings")
    first, second = bench.answers()
    assert (first[0], first[1]) == (bench.sequence - 1, errors.Cancelled.status)
    assert (second[0], second[1]) == (bench.sequence, messages.OK)
    bench.press("confirm")
    assert bench.answers() == []


def test_hotp_over_the_wire_counts_before_it_tells(bench: Bench) -> None:
    bench.ask("add", **account(kind="hotp", counter=5))
    bench.send("code", **ALICE)
    bench.answers()
    bench.press("confirm")
    assert bench.result("code") == {"code": hotp(SECRET, 5), "counter": 5}
    assert bench.ask("list", start=0)["accounts"][0]["counter"] == 6


def test_a_code_that_cannot_be_stored_is_not_told(bench: Bench) -> None:
    bench.ask("add", **account(kind="hotp"))
    bench.send("code", **ALICE)
    bench.answers()
    bench.medium.error = OSError(5, "worn out")
    bench.press("confirm")
    with pytest.raises(errors.StoreFailed):
        bench.result("code")


def test_no_time_based_code_without_a_clock() -> None:
    bench = Bench(lost=True)
    bench.ask("add", **account())
    with pytest.raises(errors.ClockNotSet):
        bench.ask("code", **ALICE)
    bench.rtc.error = True
    bench.run(5000)
    with pytest.raises(errors.ClockFailed):
        bench.ask("code", **ALICE)


def test_an_account_of_the_future_has_no_code_yet(bench: Bench) -> None:
    bench.ask("add", **account(t0=2_000_000_000))
    with pytest.raises(errors.ClockNotSet, match="T0"):
        bench.ask("code", **ALICE)


def test_a_duplicate_is_answered_again_and_done_once(bench: Bench) -> None:
    bench.send("add", **account())
    again = frame.encode(bench.sent)
    first = bench.answers()
    bench.queue.incoming = again * 2
    bench.run()
    assert bench.answers() == first * 2
    assert first[0][1] == messages.OK
    assert bench.ask("info")["accounts"] == 1


def test_a_late_duplicate_gets_no_code_a_second_time(bench: Bench) -> None:
    bench.ask("add", **account())
    bench.send("code", **ALICE)
    request = frame.encode(bench.sent)
    bench.answers()
    bench.queue.incoming = request
    bench.run()
    assert [status for _, status, _ in bench.answers()] == [messages.PRESS_AWAITED]
    bench.press("confirm")
    bench.result("code")
    bench.run(3000)
    bench.queue.incoming = request
    bench.run()
    assert [status for _, status, _ in bench.answers()] == [errors.ChannelFailed.status]


def test_reordered_requests_are_refused_until_hello(bench: Bench) -> None:
    bench.ask("info")
    bench.ask("info")
    for command, values in (("info", {}), ("list", {"start": 0})):
        bench.ask("list", start=0)
        bench.sequence -= 3
        with pytest.raises(errors.OutOfOrder):
            bench.ask(command, **values)
        bench.sequence += 3
    bench.sequence = 0
    bench.ask("hello", protocol=1, nonce=b"12345678")
    bench.ask("info")


def test_a_command_of_a_newer_host_is_refused(bench: Bench) -> None:
    bench.queue.incoming = frame.encode(cbor.encode([9, 99, {}]))
    bench.run()
    assert [(s, status) for s, status, _ in bench.answers()] == [(9, errors.UnknownCommand.status)]


def test_the_clock_is_set_at_the_tick_that_was_named(bench: Bench) -> None:
    at = bench.ms + 737
    bench.send("set_time", utc=1_900_000_000, at=at)
    assert bench.answers() == []
    bench.run(730)
    assert bench.answers() == []
    while not (answers := bench.answers()):
        bench.ms += bench.app.step(bench.ms) or 1
    assert answers[0][1] == messages.OK
    now = bench.ask("get_time")
    assert abs(now["utc_ms"] - (now["sent"] - at) - 1_900_000_000_000) <= 1
    assert bench.vault.clock_floor == 1_900_000_000


@pytest.mark.parametrize("ahead", [-1, messages.SET_AHEAD_MS + 1])
def test_a_tick_far_away_is_refused(bench: Bench, ahead: int) -> None:
    with pytest.raises(errors.BadValue, match="at"):
        bench.ask("set_time", utc=1_900_000_000, at=bench.ms + ahead)


def test_a_wipe_needs_the_serial_number(bench: Bench) -> None:
    bench.ask("add", **account())
    with pytest.raises(errors.BadValue, match="nothing was wiped"):
        bench.ask("wipe", serial="0" * 16)
    assert names(bench) == ["alice"]
    bench.ask("wipe", serial=SERIAL)
    assert bench.ask("info")["accounts"] == 0
    assert bench.vault.owner == b""
    assert SECRET not in bench.medium.data


def test_no_command_tells_a_secret(bench: Bench) -> None:
    bench.ask("add", **account())
    bench.ask("add", **account(name="bob", kind="hotp"))
    told, answered = b"", set()
    for command in messages.COMMANDS:
        if command.name == "wipe":
            continue
        values = {field.name: _any_value(field) for field in command.request}
        if command.name == "enroll":
            values["name"] = "new"
        if "key" in values:
            values["key"] = bytes([9]) + bytes(31)
        bench.send(command.name, **{**values, **{k: ALICE[k] for k in ALICE if values.get(k) == "x"}})
        bench.run(50)
        bench.press("confirm")
        bench.run(6000)
        for payload in bench.decoder.feed(bench.queue.sent):
            message = bench.opened(payload)
            told += message
            if messages.decode_response(message)[1] == messages.OK:
                answered.add(command.name)
        bench.queue.sent = b""
        bench.vault.set_owner(OWNER)
        with contextlib.suppress(errors.AccountExists):
            bench.vault.add(messages.account_from(account()))
    assert answered >= {"list", "code", "enroll", "backup", "backup_page", "status", "transfer"}
    assert len(told) > 300
    for form in (SECRET, SECRET.hex().encode(), base32.encode(SECRET).encode()):
        assert form not in told
        assert form[:8] not in told


def _any_value(field: messages.Field) -> object:
    if isinstance(field.kind, tuple):
        return field.kind[0]
    if field.kind == "bytes":
        return bytes(field.low or 8)
    if field.kind == "bool":
        return True
    return field.low if field.kind == "int" else "x"


def test_a_fault_of_the_firmware_is_answered_without_its_text(bench: Bench, monkeypatch) -> None:
    def broken(*arguments: object) -> None:
        raise MemoryError("a text that might hold a secret")

    monkeypatch.setattr(bench.vault, "find", broken)
    bench.ask("add", **account())
    with pytest.raises(errors.FobError, match=r"^the firmware failed \(MemoryError\)$"):
        bench.ask("remove", **ALICE)


def test_a_request_that_memory_was_too_short_for_finds_more_when_it_comes_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    monkeypatch.setattr(bench.app, "_unload", lambda *names: gone.extend(names))

    def full(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(bench.vault, "find", full)
    with pytest.raises(errors.FobError, match="MemoryError"):
        bench.ask("remove", **ALICE)
    assert {"tokenfw.backup", "tokenfw.pairing"} <= {*gone}


def test_an_answer_beyond_the_limits_of_the_table_is_an_error_and_stops_nothing(bench: Bench) -> None:
    bench.app.identity = Identity("s" * 33, "bench")
    with pytest.raises(errors.BadValue, match="serial"):
        bench.ask("info")
    assert bench.ask("list", start=0)["total"] == 0
