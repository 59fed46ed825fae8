"""The RADIUS door: what is answered, what is not, and that a packet that comes again is not judged again."""

import json
import logging
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from host_verify import audit, losing, pace, users
from host_verify.core import Status
from host_verify.database import file_place
from host_verify.errors import VerifierError
from host_verify.radius import server as server_module
from host_verify.radius.duplicates import KEPT_SECONDS, Answers
from host_verify.radius.packets import Drop
from host_verify.service import add_token
from host_verify.web.limits import Rates

from .parts import NOON, account, code_at, code_of, new_store, open_store
from .radius import (
    CLIENTS,
    SHARED,
    Asking,
    Listening,
    Running,
    by_hand,
    by_pyrad,
    by_radclient,
    request,
    told,
)
from .radius_fuzz import fuzz

TOKEN = account()
HOTP = account(kind="hotp", secret=b"h" * 20)
CODE = code_at(TOKEN, NOON)


@pytest.fixture
def store(place):
    with open_store(place) as store:
        add_token(store, "anna", None, TOKEN, NOON)
        add_token(store, "bob", None, HOTP, NOON)
        yield store


@pytest.fixture
def small(tmp_path):
    """A store on SQLite alone."""
    with open_store(new_store(tmp_path)) as store:
        add_token(store, "anna", None, TOKEN, NOON)
        add_token(store, "bob", None, HOTP, NOON)
        yield store


def test_a_code_is_accepted_once(store):
    with Running(store) as server, Asking(server.port) as asking:
        assert asking.ask(request("anna", CODE)) == "accept"
        assert asking.ask(request("anna", CODE)) == "reject"
        assert asking.ask(request("anna", f"{CODE[:3]} {CODE[3:]}")) == "reject"
        assert asking.ask(request("bob", " ".join(code_of(HOTP, 0)))) == "accept"
    last = [linked.entry for linked in audit.latest(store, 4)]
    assert {entry.actor for entry in last} == {audit.Actor("radius", "here")}
    assert [entry.reason for entry in last] == ["accepted", "replayed", "replayed", "accepted"]


def test_one_field_takes_a_pin_with_its_code_and_a_replacement_code(small):
    users.set_pin(small, "anna", "4711", NOON)
    (bobs,) = small.tokens("bob")
    _, codes = losing.lose(small, bobs.id, NOON, until=NOON + 86_400)
    with Running(small) as server, Asking(server.port) as asking:
        assert asking.ask(request("anna", CODE)) == "reject"
        assert asking.ask(request("anna", f"4711{CODE}")) == "accept"
        assert asking.ask(request("anna", f"4711{CODE}")) == "reject"
        assert asking.ask(request("bob", code_of(HOTP, 0))) == "reject"
        assert asking.ask(request("bob", codes[0].lower())) == "accept"
        assert asking.ask(request("bob", codes[0])) == "reject"
    assert (server.counts["wrong_pin"], server.counts["lost"], server.counts["replayed"]) == (1, 1, 2)


def test_a_packet_that_comes_again_gets_the_same_answer_and_is_not_judged_again(store):
    with Running(store) as server, Asking(server.port) as asking:
        packet = request("anna", CODE)
        data = packet.RequestPacket()
        asking.send(data)
        first = asking.answer()
        for _ in range(3):
            asking.send(data)
            assert asking.answer() == first
        assert told(packet, first) == "accept"
        # Three at one instant: it may be in judgement still, and each is answered once or not at all.
        wrong = request("anna", "000000")
        for _ in range(3):
            asking.send(wrong.RequestPacket())
        assert told(wrong, asking.answer()) == "reject"
        # From another port it is another request: the code is used up.
        with Asking(server.port) as other:
            other.send(data)
            assert told(packet, other.answer()) == "reject"
    assert (server.counts["accepted"], server.counts["replayed"], server.counts["wrong_code"]) == (1, 1, 1)
    assert server.counts["again"] == 5
    assert store.tokens("anna")[0].state.failures == 1


def test_another_request_under_the_same_identifier_and_authenticator_is_judged_by_itself(small):
    with Running(small) as server, Asking(server.port) as asking:
        first, second = (by_hand(CODE.encode(), user) for user in (b"anna", b"bert"))
        assert first[:20] == second[:20]
        asking.send(first)
        assert asking.answer()[0] == 2
        asking.send(second)
        assert asking.answer()[0] == 3


def test_answers_are_kept_for_their_time_and_no_longer():
    now = 0.0
    answers = Answers(lambda: now)
    assert answers.begin("a") == (True, None)
    assert answers.begin("a") == (False, None)
    answers.answered("a", b"answer")
    now = KEPT_SECONDS - 1
    assert answers.begin("a") == (False, b"answer")
    answers.begin("b")
    answers.forget("b")
    assert answers.begin("b") == (True, None)
    now = KEPT_SECONDS
    assert answers.begin("a") == (True, None)


def test_a_refusal_is_the_same_and_takes_the_same_time_whatever_the_cause(small):
    for user, secret, state in (
        ("locked", b"l" * 20, {"failures": 10, "failed_at": NOON}),
        ("throttled", b"t" * 20, {"failures": 5, "failed_at": NOON}),
        ("suspended", b"d" * 20, {"status": Status.SUSPENDED}),
    ):
        token = add_token(small, user, None, account(secret=secret), NOON)
        assert small.change([(token, token.state._replace(**state))])
    asked = [
        ("anna", "000000"), ("nobody", "000000"), ("", "0"), (b"\xff\xfe", "000000"), ("a" * 253, "1" * 128),
        ("locked", code_at(account(secret=b"l" * 20), NOON)), ("throttled", "000000"),
        ("suspended", "000000"), ("anna", ""), ("anna", "no code"), ("anna", b"\xff" * 6),
    ]  # fmt: skip
    with Running(small) as server, Asking(server.port) as asking:
        for user, code in asked:
            packet = request(user, code)
            began = time.monotonic()
            asking.send(packet.RequestPacket())
            answer = asking.answer()
            took = time.monotonic() - began
            assert told(packet, answer) == "reject"
            assert len(answer) == 38  # the header and the Message-Authenticator
            assert took >= pace.REFUSAL_STEP * 0.99
    assert {"wrong_code", "unknown_user", "locked", "throttled", "suspended", "malformed"} <= set(
        server.counts
    )


def test_what_does_not_ask_by_pap_for_one_user_is_refused(small):
    by_chap = request("anna", CODE)
    del by_chap[2]
    by_chap[3] = [bytes(17)]
    both = request("anna", CODE)
    both[3] = [bytes(17)]
    by_eap = request("anna", CODE)
    by_eap[79] = [b"\2\0\0\5\1"]
    twice = request("anna", CODE)
    twice[1] = [b"anna", b"bob"]
    nobody = request("anna", CODE)
    del nobody[1]
    with Running(small) as server, Asking(server.port) as asking:
        for packet in (by_chap, both, by_eap, twice, nobody):
            packet.add_message_authenticator()
            assert asking.ask(packet) == "reject"
        assert server.counts == {"not_pap": 5}
        assert asking.ask(request("anna", CODE)) == "accept"


def test_strangers_and_wrong_secrets_get_no_answer_and_are_counted(small, caplog):
    caplog.set_level(logging.INFO)
    elsewhere = CLIENTS.replace("127.0.0.0/8", "192.0.2.0/24")
    with Running(small, clients=elsewhere) as server, Asking(server.port, 0.3) as asking:
        asking.send(request("anna", CODE).RequestPacket())
        assert asking.answer() is None
    assert server.counts == {Drop.UNKNOWN_CLIENT: 1}
    with Running(small) as server, Asking(server.port, 0.3) as asking:
        asking.send(request("anna", CODE, b"another secret of 16").RequestPacket())
        unmarked = request("anna", CODE)
        del unmarked[80]
        unmarked.message_authenticator = False
        asking.send(unmarked.RequestPacket())
        asking.send(b"rubbish")
        assert asking.answer() is None
        assert asking.ask(request("anna", CODE)) == "accept"
    assert server.counts == {
        Drop.BAD_AUTHENTICATOR: 1, Drop.NOT_AUTHENTICATED: 1, Drop.NO_PACKET: 1, "accepted": 1
    }  # fmt: skip
    dropped = {record.why: record.count for record in caplog.records if record.message == "dropped"}
    assert dropped[Drop.NOT_AUTHENTICATED] == 1
    for secret in (CODE, SHARED.decode()):
        assert secret not in caplog.text


def test_attempts_beyond_a_users_limit_are_refused_unjudged(small):
    with Running(small, rates=Rates(user=3)) as server, Asking(server.port) as asking:
        for _ in range(5):
            assert asking.ask(request("anna", "no code")) == "reject"
        assert asking.ask(request("bob", code_of(HOTP, 0))) == "accept"
    assert server.counts == {"malformed": 3, "too_often": 2, "accepted": 1}


class Failing:
    """A store that cannot be used until it is mended."""

    def __init__(self, store):
        self._store = store
        self.error = VerifierError("the disk is full")

    def __getattr__(self, name):
        if self.error:
            raise self.error
        return getattr(self._store, name)


@pytest.mark.parametrize("error", [VerifierError("the disk is full"), RuntimeError("a fault with 287082")])
def test_where_the_store_fails_nothing_is_answered_and_the_next_packet_is_judged(small, caplog, error):
    failing = Failing(small)
    failing.error = error
    with Running(failing) as server, Asking(server.port, 0.5) as asking:
        packet = request("anna", CODE)
        asking.send(packet.RequestPacket())
        assert asking.answer() is None
        assert server.counts == {Drop.FAILED: 1}
        failing.error = None
        asking.socket.settimeout(20)
        assert asking.ask(packet) == "accept"


def test_a_fault_in_the_reading_of_a_packet_does_not_end_the_server(small, monkeypatch, caplog):
    def faulty(datagram, secret):
        monkeypatch.undo()
        raise IndexError("of 287082")

    monkeypatch.setattr(server_module, "read", faulty)
    with Running(small) as server, Asking(server.port, 0.3) as asking:
        asking.send(b"anything")
        assert asking.answer() is None
        asking.socket.settimeout(20)
        assert asking.ask(request("anna", CODE)) == "accept"
    assert server.counts == {Drop.FAILED: 1, "accepted": 1}


def test_rubbish_is_answered_where_it_is_authentic_and_fails_nothing(tmp_path):
    counts = fuzz(tmp_path, seed=1, seconds=20, most=60)
    assert {"not_pap", "malformed", *Drop} - {Drop.UNKNOWN_CLIENT, Drop.BUSY, Drop.FAILED} <= set(counts)


def test_many_at_once_are_written_together_and_each_is_answered(store):
    def ask(number):
        with Asking(server.port) as asking:
            return asking.ask(request("anna", CODE, id=number))

    with Running(store) as server, ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(64)))
    assert sorted(answers) == ["accept"] + ["reject"] * 63
    assert audit.examine(store).faults == []


def test_clients_of_foreign_libraries_are_let_in(small, tmp_path):
    with Running(small) as server:
        assert by_pyrad(server.port, "anna", CODE, tmp_path) == "accept"
        assert by_pyrad(server.port, "anna", CODE, tmp_path) == "reject"


@pytest.mark.skipif(
    not shutil.which("radclient"), reason="radclient is not installed (Debian: freeradius-utils)"
)
def test_radclient_is_let_in_by_a_started_server(tmp_path):
    place = file_place(new_store(tmp_path))
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    with Listening(place, tmp_path) as server:
        codes = [code_of(HOTP, 0), code_of(HOTP, 0), code_of(HOTP, 1)]
        assert [by_radclient(server.port, code) for code in codes] == ["Access-Accept", "Access-Reject",
                                                                     "Access-Accept"]  # fmt: skip
    lines = [json.loads(line) for line in server.said.splitlines()]
    assert [line["reason"] for line in lines if line["event"] == "verify"] == [
        "accepted", "replayed", "accepted"
    ]  # fmt: skip
    assert lines[-1]["event"] == "stopped"
    assert lines[-1]["counts"] == {"accepted": 2, "replayed": 1}


def test_ipv6_is_spoken_too(small):
    try:
        listening = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        listening.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    running = Running(small, clients=CLIENTS.replace("127.0.0.0/8", "::1"))
    running.listening.close()
    running.listening = running.server._socket = listening
    with running, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as asking:
        asking.settimeout(20)
        packet = request("anna", CODE)
        asking.sendto(packet.RequestPacket(), listening.getsockname())
        assert told(packet, asking.recv(4096)) == "accept"
