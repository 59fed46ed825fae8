"""The channel as a host meets it: handshakes and records in and out of order, and whose sessions they are."""

from __future__ import annotations

import hashlib
import os
import random
from typing import Any

import pytest
from tokencore import cbor, channel, errors, frame, messages, noise
from tokencore.account import Account
from tokenfw import channels

from provisioner.primitives import HostPrimitives
from tests.firmware.hosts import DESK, SYNC, Host, public
from tests.firmware.parts import Bench

STRANGER = bytes(range(3, 35))
ALICE = {"issuer": "ACME", "name": "alice"}
BOB = {"issuer": "ACME", "name": "bob"}
FAILED = errors.ChannelFailed.status
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
    """A token of DESK's, with a sync key and two accounts."""
    token = Bench(owner=public(DESK))
    token.vault.set_sync_keys((public(SYNC),))
    for label in (ALICE, BOB):
        token.vault.add(Account(b"canary secret", kind="hotp", **label))
    token.run(2000)
    return token


@pytest.fixture
def host(bench: Bench) -> Host:
    return Host(bench).connect()


def something(field: messages.Field) -> Any:
    if isinstance(field.kind, tuple):
        return field.kind[0]
    if field.kind == "bytes":
        return bytes(range(field.low))
    return {"int": field.low, "text": "x", "bool": True}[field.kind]


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
    bench.app.dispatcher.channels().ephemeral = None
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
    kept = bench.app.dispatcher.channels()
    seen = set()
    for _ in range(3):
        bench.run(1500)
        assert kept.ephemeral is not None
        seen.add(kept.ephemeral[1])
        Host(bench).connect()
        assert kept.ephemeral is None
    assert len(seen) == 3


def test_what_the_owners_next_handshake_needs_is_prepared_and_used_once(bench: Bench, host: Host) -> None:
    kept = bench.app.dispatcher.channels()
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


ALLOWED = {
    "stranger": {"anybody"},
    "clock": {"anybody", "clock"},
    "owner": {"anybody", "clock", "owner"},
}


@pytest.mark.parametrize(
    ("private", "role"),
    [(DESK, "owner"), (SYNC, "clock"), (STRANGER, "stranger")],
    ids=["desk", "sync", "other"],
)
@pytest.mark.parametrize("owned", [True, False])
def test_each_role_may_ask_for_what_the_table_says(
    bench: Bench, private: bytes, role: str, owned: bool
) -> None:
    if not owned:
        bench.vault.set_owner(b"")
        role = "stranger"
    host = Host(bench, private).connect()
    before = bytes(bench.medium.data)
    for row in messages.COMMANDS:
        if row.who == messages.PLAIN or row.name in ("wipe", "lock"):
            continue
        values = {field.name: something(field) for field in row.request}
        answers = host.give(host.sealed(row.name, **values), 50)
        refused = errors.NotOwner.status in host.statuses(answers)
        assert refused == (row.who not in ALLOWED[role]), row.name
        host.give(host.sealed("cancel"))
    if role == "stranger":
        assert bytes(bench.medium.data) == before


def test_a_stranger_learns_nothing_of_the_accounts_from_refusals(bench: Bench) -> None:
    host = Host(bench, STRANGER).connect()
    for name in ("code", "remove", "set_typing", "move", "rename"):
        told = set()
        for label in (ALICE, {"issuer": "ACME", "name": "nobody"}, {"issuer": "", "name": ""}):
            row = messages.COMMANDS[name]
            values = {field.name: something(field) for field in row.request} | label
            (answer,) = host.give(host.sealed(name, **values))
            told.add(str(host.read(answer)[1:]))
        assert len(told) == 1, told


def test_what_goes_outside_the_channel_is_refused_within_and_the_other_way_round(
    bench: Bench, host: Host
) -> None:
    for name in ("hello", "open", "finish", "resume"):
        row = messages.COMMANDS[name]
        values = {field.name: something(field) for field in row.request}
        assert host.statuses(host.give(host.sealed(name, **values))) == [errors.BadMessage.status]
    assert host.result("info", host.give(host.sealed("info")))["accounts"] == 2
    for row in messages.COMMANDS:
        if row.who != messages.PLAIN:
            values = {field.name: something(field) for field in row.request}
            with pytest.raises(errors.NeedsChannel, match="update the program"):
                host.result(row.name, host.give(host.plain(row.name, **values)))


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


# ---- records


def test_a_record_is_taken_once_and_in_order(bench: Bench, host: Host) -> None:
    records = [host.sealed("move", **ALICE, position=1) for _ in range(4)]
    assert host.statuses(host.give(records[1])) == [messages.OK]
    bench.run(4000)
    changes = bench.vault.changes
    for record in (records[0], records[1]):
        assert host.statuses(host.give(record)) == [FAILED]
    assert host.statuses(host.give(records[3])) == [messages.OK]
    assert host.statuses(host.give(records[2])) == [FAILED]
    assert bench.vault.changes - changes == 1


def test_the_same_record_again_gets_the_same_answer_for_a_while(bench: Bench, host: Host) -> None:
    record = host.sealed("add", **ALICE | {"name": "new"}, **NEW)
    first = host.give(record)
    assert host.give(record) == first
    assert len(bench.vault) == 3
    bench.run(3000)
    assert host.statuses(host.give(record)) == [FAILED]


NEW = {
    **{"kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30, "t0": 0, "counter": 0},
    "secret": b"secret",
}


def test_every_altered_bit_and_every_cut_is_refused(bench: Bench, host: Host) -> None:
    record = host.sealed("remove", **ALICE)
    for bit in range(len(record) * 8):
        altered = bytearray(record)
        altered[bit // 8] ^= 1 << bit % 8
        if altered[0] == 1:
            assert host.statuses(host.give(bytes(altered))) == [FAILED]
    for length in range(1, len(record)):
        assert host.statuses(host.give(record[:length])) == [FAILED]
    assert len(bench.vault) == 2
    assert host.statuses(host.give(record)) == [messages.OK]


def test_the_token_takes_nothing_that_it_has_said_itself(bench: Bench, host: Host) -> None:
    (answer,) = host.give(host.sealed("info"))
    host.read(answer)
    assert host.statuses(host.give(answer)) == [FAILED]


def test_a_record_without_any_channel_is_answered_plainly() -> None:
    bench = Bench(owner=public(DESK))
    host = Host(bench)
    (answer,) = host.give(b"\x01" + bytes(40))
    assert messages.decode_response(answer)[:2] == (0, FAILED)
    assert host.hello()["serial"]


def test_when_the_nonces_are_used_up_the_session_ends(bench: Bench, host: Host) -> None:
    (session,) = bench.app.dispatcher.channels().sessions
    session.channel._send.nonce = channel.NONCES - 1
    assert host.ask("list", start=0)["total"] == 2
    assert host.statuses(host.give(host.sealed("list", start=0))) == [FAILED]
    assert not bench.app.dispatcher.channels().sessions
    host.connect()
    host.channel._send.nonce = channel.NONCES - 1
    host.ask("list", start=0)
    with pytest.raises(errors.ChannelFailed, match="used up"):
        host.sealed("list", start=0)


def test_a_sealed_message_that_is_no_request_is_answered_in_the_channel(bench: Bench, host: Host) -> None:
    for message in (b"", b"\x01", cbor.encode([1, 2]), os.urandom(40)):
        (answer,) = host.give(host.channel.seal(message))
        assert answer[0] == channel.SEALED
        assert host.read(answer)[1] == errors.BadMessage.status


# ---- sessions


def test_a_session_outlives_a_lock_and_no_restart(bench: Bench, host: Host) -> None:
    host.ask("set_pin", pin="135724")
    host.ask("lock")
    assert host.ask("status")["locked"]
    for name, values in (("code", ALICE), ("list", {"start": 0}), ("add", ALICE | NEW)):
        with pytest.raises(errors.Locked):
            host.ask(name, **values)
    host.ask("unlock", pin="135724")
    assert host.ask("list", start=0)["total"] == 2
    after = Bench(bench.flash, owner=None)
    host.bench = after
    assert host.statuses(host.give(host.sealed("list", start=0))) == [FAILED]
    with pytest.raises(errors.ChannelFailed):
        host.resume()
    host.connect().ask("unlock", pin="135724")
    assert host.ask("list", start=0)["total"] == 2


def test_a_session_that_is_silent_for_long_ends(bench: Bench, host: Host) -> None:
    bench.run(channels.IDLE_MS - 10_000, step=1000)
    assert host.ask("list", start=0)["total"] == 2
    bench.run(channels.IDLE_MS + 2000, step=1000)
    assert host.statuses(host.give(host.sealed("list", start=0))) == [FAILED]
    assert host.resume().ask("list", start=0)["total"] == 2


def test_when_everything_is_erased_nobody_is_known_any_more(bench: Bench, host: Host) -> None:
    host.ask("wipe", serial=host.hello()["serial"])
    assert host.statuses(host.give(host.sealed("status"))) == [FAILED]
    with pytest.raises(errors.ChannelFailed):
        host.resume()
    assert host.connect().ask("status")["role"] == "stranger"


def ask_for_code(host: Host) -> None:
    assert host.statuses(host.give(host.sealed("code", **ALICE))) == [messages.PRESS_AWAITED]


def test_no_stranger_ends_what_waits_for_the_owners_press(bench: Bench, host: Host) -> None:
    ask_for_code(host)
    stranger = Host(bench, STRANGER)
    stranger.hello()
    stranger.ask("info")
    stranger.connect()
    stranger.ask("status")
    stranger.ask("cancel")
    for name in ("pair", "code"):
        row = messages.COMMANDS[name]
        with pytest.raises((errors.HasOwner, errors.NotOwner)):
            stranger.ask(name, **{field.name: something(field) for field in row.request})
    stranger.give(b"\x01" + bytes(50))
    assert bench.app.question.kind == "code"
    bench.press("confirm")
    assert host.result("code", host.heard())["counter"] == 0
    assert host.ask("list", start=0)["total"] == 2  # and the session goes on


def test_a_backup_ends_with_the_owners_session_and_with_no_other(bench: Bench, host: Host) -> None:
    bench.app.backup = under_way = object()
    Host(bench, STRANGER).connect()
    Host(bench, SYNC).connect()
    assert bench.app.backup is under_way
    host.resume()
    assert bench.app.backup is None


def test_the_owner_ends_it_by_another_request_or_another_session(bench: Bench, host: Host) -> None:
    ask_for_code(host)
    answers = host.give(host.sealed("cancel"))
    assert host.statuses(answers) == [errors.Cancelled.status, messages.OK]
    ask_for_code(host)
    again = Host(bench).connect()
    assert bench.app.question is None
    bench.press("confirm")
    assert again.heard() == []
    assert host.statuses(host.give(host.sealed("list", start=0))) == [FAILED]


def test_a_key_that_is_taken_away_has_no_say_at_once(bench: Bench, host: Host) -> None:
    clock = Host(bench, SYNC).connect()
    clock.ask("get_time")
    host.ask("set_sync_key", key=public(SYNC), present=False)
    with pytest.raises(errors.NotOwner):
        clock.ask("set_time", utc=1_900_000_000, at=bench.ms + 100)
    with pytest.raises(errors.ChannelFailed):
        clock.resume()


# ---- resumption


def test_a_session_is_taken_up_again_without_a_handshake(
    bench: Bench, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(2000)
    monkeypatch.setattr(HostPrimitives, "dh", lambda *_: pytest.fail("that takes a board half a second"))
    secrets = {host.secret}
    for _ in range(3):
        host.resume()
        assert host.ask("list", start=0)["total"] == 2
        secrets.add(host.secret)
    assert len(secrets) == 4


def test_a_resumption_is_good_once(bench: Bench, host: Host) -> None:
    secret = host.secret
    host.resume()
    recorded = host.ask("status")
    assert recorded["role"] == "owner"
    other = Host(bench)
    other.secret = secret
    with pytest.raises(errors.ChannelFailed):
        other.resume()
    assert host.ask("list", start=0)["total"] == 2  # the attempt has disturbed nobody


def test_a_repeated_resumption_is_the_same_one(bench: Bench, host: Host) -> None:
    given: list[bytes] = []
    give = host.give

    def twice(payload: bytes, ms: int = 0) -> list[bytes]:
        first = give(payload, ms)
        given.append(payload)
        assert give(payload, ms) == first
        return first

    host.give = twice  # type: ignore[method-assign]
    host.resume()
    del host.give
    assert host.ask("list", start=0)["total"] == 2
    bench.run(4000)
    later = Host(bench)
    assert later.statuses(later.give(given[-1])) == [errors.OutOfOrder.status]
    later.hello()
    resume = list(messages.decode_request(given[-1]))
    values = messages.unpack(resume[1].request, resume[2], True)
    with pytest.raises(errors.ChannelFailed):
        later.ask("resume", **values)
    assert host.ask("list", start=0)["total"] == 2


@pytest.mark.parametrize("field", ["id", "nonce", "mac"])
def test_a_wrong_proof_takes_up_nothing_and_uses_nothing_up(bench: Bench, host: Host, field: str) -> None:
    attacker = Host(bench)
    attacker.hello()
    begin = channel.prologue(messages.PROTOCOL, attacker.nonce, "E0C9125B0D9B0C2F")
    own = os.urandom(32)
    values = {"id": channel.resumption_id(host.secret), "nonce": own}
    values["mac"] = channel.resumption_mac(host.secret, begin, own)
    values[field] = bytes([values[field][0] ^ 1]) + values[field][1:]
    with pytest.raises(errors.ChannelFailed):
        attacker.ask("resume", **values)
    assert host.resume().ask("list", start=0)["total"] == 2


def test_a_stranger_cannot_be_taken_up_again(bench: Bench) -> None:
    stranger = Host(bench, STRANGER).connect()
    with pytest.raises(errors.ChannelFailed):
        stranger.resume()
