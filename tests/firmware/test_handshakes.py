"""How a channel begins: handshakes in order and out of it, and what is prepared for the next one."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from tokencore import errors, frame, messages, noise
from tokenfw import channels

from provisioner.primitives import HostPrimitives
from tests.firmware.hosts import ALICE, DESK, FAILED, STRANGER, SYNC, Host, owned_bench, public
from tests.firmware.parts import Bench

# RFC 7748, section 6.1: the points of small order that have a canonical form, and some that have none.
SMALL_ORDER = [
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


@pytest.fixture
def bench() -> Bench:
    return owned_bench()


@pytest.fixture
def host(bench: Bench) -> Host:
    return Host(bench).connect()


@pytest.mark.parametrize(
    ("private", "role"),
    [(DESK, "owner"), (SYNC, "clock"), (STRANGER, "stranger")],
    ids=["desk", "sync", "other"],
)
@pytest.mark.parametrize("cipher", ["AESGCM", "ChaChaPoly"])
def test_a_handshake_shows_each_the_others_key(private: bytes, role: str, cipher: str) -> None:
    bench = Bench(owner=public(DESK), primitives=HostPrimitives(cipher))
    bench.vault.set_sync_keys((public(SYNC),))
    host = Host(bench, private, cipher)
    assert host.hello()["cipher"] == cipher
    host.connect()
    assert host.channel.remote == bench.vault.identity_public
    status = host.ask("status")
    assert (status["role"], status["paired"], status["locked"]) == (role, True, False)
    assert status["owner"] == hashlib.sha256(public(DESK)).digest()[:8]


def test_the_screen_goes_on_while_the_token_computes(bench: Bench) -> None:
    host = Host(bench)
    host.hello()
    bench.app.ready.ephemeral = None
    shake = host.handshake()
    bench.queue.incoming += frame.encode(host.plain("open", message=noise.run(shake.write())))
    steps = 0
    while not bench.queue.sent:
        bench.app.step(bench.ms)
        steps += 1
    assert steps > 3  # a step for each X25519, and not all of them in one


def test_an_ephemeral_key_is_drawn_while_nothing_else_is_to_do_and_used_once(
    bench: Bench, host: Host
) -> None:
    kept = bench.app.ready
    seen = set()
    for _ in range(3):
        bench.run(1500)
        assert kept.ephemeral is not None
        seen.add(kept.ephemeral[1])
        Host(bench).connect()
        assert kept.ephemeral is None
    assert len(seen) == 3


def test_the_owners_first_handshake_is_prepared_before_any_host_speaks() -> None:
    bench = owned_bench()
    bench.app.ready.take()
    bench.app._ready_ms = None
    held = bench.ms
    while bench.ms < held + 2500:
        bench.press("next")  # Somebody is there: nothing may hold up the screen.
        bench.run(100)
    assert bench.app.dispatcher is None
    assert bench.app.ready.ephemeral is None
    bench.run(4000)
    assert bench.app.ready.expected[0] == public(DESK)
    stranger = Bench(owner=b"")
    stranger.run(6000)
    assert stranger.app.ready.ephemeral is None  # nobody's desk is to come


@pytest.mark.parametrize("said", [b"AT\r", b"\0", None], ids=["to a modem", "an empty frame", "hello"])
def test_what_any_host_says_early_only_puts_off_the_first_handshakes_preparation(said: bytes | None) -> None:
    bench = Bench(owner=public(DESK))
    bench.run(100)
    if said is None:
        Host(bench).hello()
    else:
        bench.queue.incoming += said
    bench.run(2500)
    assert bench.app.dispatcher is not None
    assert bench.app.ready.ephemeral is None
    bench.run(2000)
    assert bench.app.ready.expected[0] == public(DESK)


def test_what_the_owners_next_handshake_needs_is_prepared_and_used_once(bench: Bench, host: Host) -> None:
    kept = bench.app.ready
    bench.run(1500)
    assert kept.expected == (public(DESK), bench.app.primitives.dh(kept.ephemeral[0], public(DESK)))
    host = Host(bench)
    host.connect()
    assert kept.expected is None
    bench.app.vault.set_owner(public(SYNC))
    bench.run(1500)
    assert kept.expected[0] == public(SYNC)
    host = Host(bench)
    host.connect()
    assert host.ask("status")["role"] == "stranger"


@pytest.mark.parametrize("spoken", [False, True], ids=["no host has spoken", "after a session"])
def test_no_memory_to_prepare_a_handshake_holds_nothing_up(
    spoken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = owned_bench()
    bench.app.ready.take()
    bench.app._ready_ms = None
    if spoken:
        Host(bench).connect()
    drawn: list[int] = []

    def full(length: int) -> bytes:
        drawn.append(length)
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(bench.app.primitives, "random", full)
        bench.run(6000)
    assert drawn == [32]  # It is not tried again and again.
    assert bench.app.failure == ""
    assert Host(bench).connect().ask("status")["role"] == "owner"
    bench.run(1500)
    assert bench.app.ready.ephemeral is not None


# ---- handshakes that are not in order


def first_two(host: Host, **prologue: Any) -> noise.Handshake:
    """Exchange the first two messages."""
    host.hello()
    shake = host.handshake(**prologue)
    noise.run(shake.read(host.ask("open", message=noise.run(shake.write()))["message"]))
    return shake


def still_good(bench: Bench) -> None:
    assert Host(bench).connect().ask("list", start=0)["total"] == 2


@pytest.mark.parametrize("prologue", [{"serial": "0" * 16}, {"protocol": 1}])
def test_ends_that_do_not_agree_on_what_was_said_do_not_agree_at_all(bench: Bench, prologue: dict) -> None:
    with pytest.raises(errors.ChannelFailed):
        first_two(Host(bench), **prologue)
    still_good(bench)


def test_a_handshake_belongs_to_the_last_hello(bench: Bench) -> None:
    host = Host(bench)
    host.hello()
    shake = host.handshake()
    host.hello()
    with pytest.raises(errors.ChannelFailed):
        noise.run(shake.read(host.ask("open", message=noise.run(shake.write()))["message"]))
    fresh = Host(Bench(owner=public(DESK)))
    with pytest.raises(errors.ChannelFailed, match="hello"):
        fresh.ask("open", message=bytes(32))


def test_a_third_message_that_is_cut_or_altered_opens_nothing(bench: Bench) -> None:
    host = Host(bench)
    rng = random.Random(5)
    for case in range(64 * 8):
        shake = first_two(host)
        good = noise.run(shake.write())
        altered = bytearray(good)
        altered[case // 8] ^= 1 << case % 8
        bad = bytes(altered) if case % 4 else good[: rng.randrange(32, len(good))]
        with pytest.raises(errors.ChannelFailed):
            host.ask("finish", message=bad)
        with pytest.raises(errors.ChannelFailed):
            host.ask("finish", message=good)  # the handshake is dead after that
        assert not bench.app.dispatcher.channels().sessions
    still_good(bench)


def test_a_first_message_that_is_altered_is_a_handshake_with_somebody_else(bench: Bench) -> None:
    host = Host(bench)
    for bit in range(0, 255, 17):
        host.hello()
        shake = host.handshake()
        first = bytearray(noise.run(shake.write()))
        first[bit // 8] ^= 1 << bit % 8
        answer = host.ask("open", message=bytes(first))["message"]
        with pytest.raises(errors.ChannelFailed):
            noise.run(shake.read(answer))
    still_good(bench)


def test_messages_out_of_turn_are_refused(bench: Bench) -> None:
    host = Host(bench)
    host.hello()
    with pytest.raises(errors.ChannelFailed, match="begin a new one"):
        host.ask("finish", message=bytes(64))
    first = first_two(host)
    first_two(host)
    with pytest.raises(errors.ChannelFailed):  # of the handshake before
        host.ask("finish", message=noise.run(first.write()))
    shake = first_two(host)
    host.ask("finish", message=noise.run(shake.write()))
    with pytest.raises(errors.ChannelFailed):  # once more
        host.ask("finish", message=bytes(64))
    still_good(bench)


def test_a_recorded_handshake_opens_nothing_again(bench: Bench) -> None:
    host = Host(bench)
    passed: list[bytes] = []
    give = host.give
    host.give = lambda payload, ms=0: passed.append(payload) or give(payload, ms)  # type: ignore[method-assign]
    host.connect()
    record = host.sealed("list", start=0)
    passed.append(record)
    bench.run(5000)
    before = list(bench.app.dispatcher.channels().sessions)
    attacker = Host(bench)
    answers = [answer for payload in passed[:3] for answer in attacker.give(payload, 100)]
    assert FAILED in [messages.decode_response(answer)[1] for answer in answers]
    assert bench.app.dispatcher.channels().sessions == before


@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
def test_keys_of_small_order_are_refused(bench: Bench, point: bytes) -> None:
    host = Host(bench)
    host.hello()
    with pytest.raises(errors.BadValue, match="small order"):
        host.ask("open", message=point)
    with pytest.raises(errors.ChannelFailed):
        host.ask("finish", message=bytes(64))

    class Zero(HostPrimitives):
        """What an attacker computes whose own key is of small order: every secret with it is zero."""

        def public(self, private: bytes) -> bytes:
            return point if private == STRANGER else super().public(private)

        def dh(self, private: bytes, public: bytes) -> bytes:
            return bytes(32) if private == STRANGER else super().dh(private, public)

    host.private, host.primitives = STRANGER, Zero()
    shake = first_two(host)
    with pytest.raises(errors.BadValue, match="small order"):
        host.ask("finish", message=noise.run(shake.write()))
    assert not bench.app.dispatcher.channels().sessions
    still_good(bench)


def test_a_host_that_stops_in_the_middle_of_any_message_stops_nobody(bench: Bench) -> None:
    host = Host(bench)
    host.hello()
    shake = host.handshake()
    stages = [host.plain("hello", protocol=2, nonce=bytes(8))]
    stages.append(host.plain("open", message=noise.run(shake.write())))
    noise.run(shake.read(host.ask("open", message=stages[1][-32:])["message"]))
    stages.append(host.plain("finish", message=noise.run(shake.write())))
    other = Host(bench).connect()
    stages += [other.sealed("list", start=0), other.sealed("code", **ALICE)]
    for payload in stages:
        sent = frame.encode(payload)
        for cut in range(1, len(sent) - 1, 5):
            bench.queue.incoming += sent[:cut]
            bench.run()
            bench.queue.sent = b""
    still_good(bench)


def test_a_handshake_that_does_not_go_on_is_forgotten(bench: Bench) -> None:
    host = Host(bench)
    shake = first_two(host)
    bench.run(channels.HANDSHAKE_MS + 1000, step=1000)
    with pytest.raises(errors.ChannelFailed):
        host.ask("finish", message=noise.run(shake.write()))
