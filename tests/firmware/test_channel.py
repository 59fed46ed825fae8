"""The channel as a host meets it: who may ask for what in it, and records in and out of order."""

from __future__ import annotations

import os

import pytest
from tokencore import cbor, channel, errors, messages

from tests.firmware.hosts import (
    ALICE,
    DESK,
    FAILED,
    NEW,
    STRANGER,
    SYNC,
    Host,
    owned_bench,
    public,
    something,
)
from tests.firmware.parts import Bench


@pytest.fixture
def bench() -> Bench:
    return owned_bench()


@pytest.fixture
def host(bench: Bench) -> Host:
    return Host(bench).connect()


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
