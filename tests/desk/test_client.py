"""The client against the token's own application, on a line that loses, repeats and damages."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from tokencore import errors, frame, messages
from tokencore.account import Account

from provisioner import LinkLost, NotAToken, Token, faults
from provisioner.model import Progress
from tests.desk.conftest import QUICK
from tests.desk.line import LineToken

SECRET = b"12345678901234567890"


def account(name: str = "alice", **values: object) -> Account:
    return Account(SECRET, name, "Example", **values)  # type: ignore[arg-type]


class Once:
    """A fault that strikes the nth thing that passes (0 is the next one)."""

    def __init__(self, fault, nth: int = 0) -> None:
        self.fault, self.left = fault, nth

    def __call__(self, data: bytes) -> list[bytes]:
        self.left -= 1
        return self.fault(data) if self.left == -1 else [data]


def lose(data: bytes) -> list[bytes]:
    return []


def repeat(data: bytes) -> list[bytes]:
    return [data, data]


def damage(data: bytes) -> list[bytes]:
    middle = len(data) // 2
    return [data[:middle] + bytes([data[middle] ^ 1 or 2]) + data[middle + 1 :]]


def cut(data: bytes) -> list[bytes]:
    return [data[: len(data) // 2]]


def noise(data: bytes) -> list[bytes]:
    return [b"\x13\x00\xffgarbage\x00", data[:3], b"\x00", data]


def foreign(data: bytes) -> list[bytes]:
    other = messages.encode_status(4_000_000_000, errors.StoreFull.status, "not for this request")
    return [frame.encode(other), frame.encode(b"\xff not CBOR"), data]


def late(data: bytes) -> list[bytes]:
    time.sleep(1.5 * QUICK[0])
    return [data]


TO_TOKEN = [lose, repeat, damage, cut, noise, late]
TO_HOST = [*TO_TOKEN, foreign]
FAULTS = [("to_token", fault) for fault in TO_TOKEN] + [("to_host", fault) for fault in TO_HOST]


@pytest.mark.parametrize(("direction", "fault"), FAULTS, ids=lambda part: getattr(part, "__name__", part))
def test_a_fault_on_the_line_loses_nothing_and_does_nothing_twice(line, token, fault, direction) -> None:
    setattr(line, direction, Once(fault))
    assert token.add(account("alice")) == 0
    assert token.add(account("bob")) == 1
    assert [found.name for found in token.accounts()] == ["alice", "bob"]


def test_a_bad_line_in_both_directions_ends_in_the_state_of_a_model(line, token) -> None:
    dice = random.Random(6238)
    token._session.tries = (0.06,) * 12

    def bad(data: bytes) -> list[bytes]:
        if dice.random() < 0.75:
            return [data]
        return dice.choice([lose, repeat, damage, cut, noise])(data)

    line.to_token = line.to_host = bad
    model: list[str] = []
    for number in range(60):
        action = dice.choice(["add", "add", "remove", "move", "rename"])
        name = dice.choice(model) if model else ""
        if action == "add" or not model:
            model.append(f"account {number}")
            assert token.add(account(model[-1])) == len(model) - 1
        elif action == "remove":
            model.remove(name)
            token.remove("Example", name)
        elif action == "move":
            target = dice.randrange(len(model))
            model.remove(name)
            model.insert(target, name)
            token.move("Example", name, target)
        else:
            model[model.index(name)] = f"renamed {number}"
            token.rename("Example", name, "Example", f"renamed {number}")
    assert [found.name for found in token.accounts()] == model
    assert line.app.frames.dropped > 0, "the line was never bad"


def test_a_token_that_falls_silent_is_given_up_after_the_tries(line, token) -> None:
    line.to_host = lose
    start = time.monotonic()
    with pytest.raises(faults.NoAnswer) as caught:
        token.info()
    assert sum(QUICK) <= time.monotonic() - start < sum(QUICK) + 1
    assert not caught.value.uncertain


def test_a_lost_change_is_told_to_be_uncertain(line, token) -> None:
    line.to_host = lose
    with pytest.raises(LinkLost) as caught:
        token.add(account())
    assert caught.value.uncertain
    assert "provisioner accounts" in caught.value.advice
    assert len(line.vault) == 1  # Here it was done, and all that was lost is the answer.


def test_a_flood_of_other_frames_does_not_keep_a_request_waiting(line, token) -> None:
    line.to_host = lambda data: foreign(data)[:2] * 50
    flooding = threading.Event()

    def flood() -> None:
        while not flooding.wait(0.001):
            line.queue.sent += foreign(b"")[0]

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        start = time.monotonic()
        with pytest.raises(faults.NoAnswer):
            token.info()
        assert time.monotonic() - start < sum(QUICK) + 1
    finally:
        flooding.set()
        thread.join()


@pytest.mark.parametrize(("request_name", "uncertain"), [("info", False), ("remove", True)])
def test_a_token_that_vanishes_in_the_middle_is_link_lost(line, token, request_name, uncertain) -> None:
    token.add(account())

    def unplug(data: bytes) -> list[bytes]:
        line.vanish()
        return []

    line.to_token = unplug
    with pytest.raises(LinkLost) as caught:
        token.info() if request_name == "info" else token.remove("Example", "alice")
    assert caught.value.uncertain is uncertain
    with pytest.raises(LinkLost):
        token.info()


def test_a_host_that_vanishes_in_the_middle_leaves_the_token_usable(line) -> None:
    with line.open() as first:
        first.add(account())
        whole = frame.encode(
            messages.encode_request(9, messages.COMMANDS["remove"], {"issuer": "", "name": ""})
        )
        first._session._link._serial.write(whole[: len(whole) // 2])
    with line.open() as second:
        assert [found.name for found in second.accounts()] == ["alice"]


def test_refusals_come_as_their_own_classes(token) -> None:
    token.add(account())
    with pytest.raises(errors.AccountExists):
        token.add(account())
    with pytest.raises(errors.NoSuchAccount):
        token.remove("Example", "nobody")
    with pytest.raises(errors.BadValue, match="serial"):
        token.wipe("another")
    assert token.info().accounts == 1
    token.wipe(token.serial)
    assert token.info().accounts == 0


def test_a_full_store_refuses_and_keeps_what_it_has() -> None:
    with LineToken(capacity=7) as line, line.open() as token:
        for number in range(7):
            token.add(account(str(number)))
        with pytest.raises(errors.StoreFull):
            token.add(account("one too many"))
        assert token.info().accounts == token.info().capacity == 7


def rewritten(values, status: int = messages.OK):
    """A token that says something else than it has to."""

    def answer(message: bytes) -> bytes:
        sequence, _, packed = messages.decode_response(message)
        return messages.cbor.encode([sequence, status, values(packed)])

    return answer


def test_an_unknown_status_keeps_its_number_and_text(line, token) -> None:
    line.answer = rewritten(lambda packed: {messages.TEXT: "a later firmware"}, 77)
    with pytest.raises(errors.FobError, match="a later firmware") as caught:
        token.info()
    assert caught.value.status == 77


def test_fields_of_a_later_firmware_are_passed_over(line, token) -> None:
    line.answer = rewritten(lambda packed: packed | {200: "new"})
    assert token.info().serial == token.serial


@pytest.mark.parametrize(
    "values",
    [lambda packed: {}, lambda packed: packed | {4: "many"}, lambda packed: packed | {6: 99}],
    ids=["missing", "of another type", "of no known choice"],
)
def test_a_field_that_breaks_the_protocol_is_a_bad_answer(line, token, values) -> None:
    line.answer = rewritten(values)
    with pytest.raises(faults.BadAnswer):
        token.info()


def test_a_list_that_never_reaches_its_total_is_a_bad_answer(line, token) -> None:
    line.answer = rewritten(lambda packed: {1: 5, 2: []})
    with pytest.raises(faults.BadAnswer):
        token.accounts()


def test_a_token_of_a_later_protocol_is_refused(line) -> None:
    line.answer = rewritten(lambda packed: packed | {1: messages.PROTOCOL + 1})
    with pytest.raises(faults.BadAnswer, match="version"):
        line.open()


def test_what_answers_otherwise_is_not_a_token(line) -> None:
    line.answer = rewritten(lambda packed: {messages.TEXT: ""}, errors.UnknownCommand.status)
    with pytest.raises(NotAToken):
        line.open()


def test_a_hundred_long_names_are_listed_with_progress(line, token) -> None:
    for number in range(100):
        token.add(account(f"{number:03}" + "界" * 20 + "x", kind="hotp", counter=2**64 - 1 - number))
    seen: list[Progress] = []
    listed = token.accounts(seen.append)
    assert [item.position for item in listed] == list(range(100))
    assert [item.counter for item in listed] == [2**64 - 1 - number for number in range(100)]
    assert [item.done for item in seen] == sorted({item.done for item in seen})
    assert seen[-1] == Progress("accounts", 100, 100)


def test_threads_get_their_own_answers(token) -> None:
    def work(number: int) -> bool:
        return token.add(account(f"thread {number}")) >= 0 and token.info().serial == token.serial

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert {found.name for found in token.accounts()} == {f"thread {number}" for number in range(40)}


def test_hello_stops_no_program_at_a_console(line) -> None:
    for _ in range(50):
        line.open().close()
    assert len(line.requests) == 50
    assert not [sent for sent in map(frame.encode, line.requests) if b"\x03" in sent or b"\x04" in sent]


class TestCode:
    def released(self, line: LineToken, token: Token, name: str):
        line.presses = True
        return token.code("Example", name)

    def test_totp_is_released_by_a_press(self, line, token) -> None:
        token.add(account())
        code = self.released(line, token, "alice")
        assert code.code == pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").at(code.utc)
        assert code.code not in repr(code)

    def test_a_lost_final_answer_comes_again_and_takes_one_counter(self, line, token) -> None:
        token.add(account(kind="hotp", counter=5))
        line.to_host = Once(lose, nth=1)  # The first answer is that a press is awaited.
        code = self.released(line, token, "alice")
        assert (code.code, code.counter) == ("254676", 5)  # RFC 4226, appendix D
        assert line.vault.account(0).counter == 6

    def test_progress_counts_to_the_time_that_the_token_waits(self, line, token) -> None:
        token.add(account())
        seen: list[Progress] = []
        threading.Timer(0.5, line.press).start()
        token.code("Example", "alice", seen.append)
        assert 3 <= len(seen) <= 8
        assert {item.total for item in seen} == {messages.CONFIRM_MS}

    def test_cancel_from_another_thread_takes_the_question_off_the_screen(self, line, token) -> None:
        token.add(account())
        threading.Timer(0.3, token.cancel).start()
        with pytest.raises(errors.Cancelled):
            token.code("Example", "alice")
        assert line.app.dispatcher.question is None
        assert token.info().accounts == 1

    def test_no_press_is_not_confirmed(self, line, token, monkeypatch) -> None:
        monkeypatch.setattr("tokenfw.accounts.CONFIRM_MS", 300)
        token.add(account())
        with pytest.raises(errors.NotConfirmed):
            token.code("Example", "alice")

    def test_a_token_that_vanishes_while_it_waits_is_soon_noticed(self, line, token) -> None:
        token.add(account())
        threading.Timer(0.3, line.vanish).start()
        start = time.monotonic()
        with pytest.raises(LinkLost):
            token.code("Example", "alice")
        assert time.monotonic() - start < 3

    def test_a_clock_that_is_not_set_refuses_before_a_press(self) -> None:
        with LineToken(lost=True) as line, line.open() as token:
            token.add(account())
            with pytest.raises(errors.ClockNotSet):
                token.code("Example", "alice")
