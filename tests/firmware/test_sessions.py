"""Whose sessions there are, how each ends, and how one is taken up again."""

from __future__ import annotations

import os

import pytest
from tokencore import channel, errors, messages
from tokencore.account import Account
from tokenfw import channels

from provisioner.primitives import HostPrimitives
from tests.firmware.hosts import ALICE, FAILED, NEW, STRANGER, SYNC, Host, owned_bench, public, something
from tests.firmware.parts import Bench


@pytest.fixture
def bench() -> Bench:
    return owned_bench()


@pytest.fixture
def host(bench: Bench) -> Host:
    return Host(bench).connect()


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


def test_a_host_that_asks_again_during_long_work_is_answered_the_same(bench: Bench, host: Host) -> None:
    """What it has sent meanwhile is read when the work is done: no reason to say that its channel is gone."""
    add = bench.vault.add

    def slow(account: Account) -> int:
        bench.ms += 5000
        return add(account)

    bench.vault.add = slow  # type: ignore[method-assign]
    bench.app._ticks = lambda: bench.ms
    request = host.sealed("add", issuer="Bank", name="carol", **NEW)
    (first,) = host.give(request)
    assert host.give(request) == [first]
    assert host.ask("list", start=0)["total"] == 3


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
