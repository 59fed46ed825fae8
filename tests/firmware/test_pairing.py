"""Whom a token obeys: pairing, with and without somebody in the middle, release, transfer, sync keys."""

from __future__ import annotations

import hashlib
import os

import pytest
from tokencore import channel, errors, frame, messages, noise, seals
from tokencore.account import Account

from provisioner.primitives import HostPrimitives
from tests.firmware.hosts import DESK, SYNC, Host, public
from tests.firmware.parts import Bench

ATTACKER = bytes(range(7, 39))
OTHER = bytes(range(9, 41))
PRIMITIVES = HostPrimitives()


@pytest.fixture
def bench() -> Bench:
    """A token that nobody owns yet."""
    token = Bench(owner=b"")
    token.run(1000)
    return token


@pytest.fixture
def owned() -> Bench:
    token = Bench(owner=public(DESK))
    token.vault.add(Account(b"secret", "alice"))
    token.run(1000)
    return token


def test_the_digits_are_the_same_on_both_sides_and_a_press_makes_the_owner(bench: Bench) -> None:
    host = Host(bench).connect()
    digits = host.digits()
    assert bench.app.question == ("pair", digits, "")
    assert len(digits) == 6
    bench.press("confirm")  # not yet: the desk has not said that they are the same
    assert bench.vault.owner == b""
    assert host.press("own") == {}
    assert bench.vault.owner == public(DESK)
    assert bench.app.question is None
    assert host.ask("status")["role"] == "owner"
    assert host.ask("list", start=0)["total"] == 0
    assert host.resume().ask("status")["role"] == "owner"
    assert Bench(bench.flash).vault.owner == public(DESK)


def test_the_digits_are_those_of_the_documentation(bench: Bench) -> None:
    host = Host(bench).connect()
    own = os.urandom(32)
    other = host.ask("pair", commitment=hashlib.sha256(own).digest())["nonce"]
    host.ask("reveal", nonce=own)
    number = int.from_bytes(hashlib.sha256(host.channel.hash + own + other).digest(), "big")
    assert bench.app.question.first == f"{number % 1_000_000:06}"


def test_without_a_press_nothing_is_owned(bench: Bench) -> None:
    host = Host(bench).connect()
    host.digits()
    host.give(host.sealed("own"))
    assert bench.app.question.kind == "own"
    bench.press("next")
    bench.run(messages.CONFIRM_MS)
    assert host.statuses(host.heard()) == [errors.NotConfirmed.status]
    assert bench.vault.owner == b""


def test_digits_that_have_gone_from_the_screen_are_good_for_nothing(bench: Bench) -> None:
    host = Host(bench).connect()
    host.digits()
    bench.run(messages.PAIR_MS - 1000, step=500)
    assert bench.app.question.kind == "pair"
    bench.run(1500, step=500)
    assert bench.app.question is None
    with pytest.raises(errors.NotConfirmed, match="pair anew"):
        host.ask("own")


def test_digits_that_differ_are_taken_off_the_screen(bench: Bench) -> None:
    host = Host(bench).connect()
    host.digits()
    host.ask("cancel")
    assert bench.app.question is None
    with pytest.raises(errors.NotConfirmed):
        host.ask("own")


def test_the_nonce_must_be_the_one_that_was_committed_to(bench: Bench) -> None:
    host = Host(bench).connect()
    with pytest.raises(errors.ChannelFailed, match="committed"):
        host.ask("reveal", nonce=bytes(32))
    own = os.urandom(32)
    host.ask("pair", commitment=channel.commitment(own))
    with pytest.raises(errors.ChannelFailed, match="committed"):
        host.ask("reveal", nonce=bytes(32))
    with pytest.raises(errors.ChannelFailed, match="committed"):
        host.ask("reveal", nonce=own)  # one attempt for one commitment
    host.digits()
    with pytest.raises(errors.ChannelFailed, match="committed"):
        host.ask("reveal", nonce=own)  # nor are digits shown twice for one
    with pytest.raises(errors.NotConfirmed):
        host.ask("own")
    assert bench.vault.owner == b""


def test_nobody_in_the_middle_can_try_nonces_until_the_digits_agree(bench: Bench) -> None:
    """With the token's nonce he knows the digits, before anything is shown: in any session, few are told."""
    told = 0
    for private in (DESK, ATTACKER, OTHER):
        host = Host(bench, private).connect()
        for _ in range(3):
            try:
                host.ask("pair", commitment=bytes(32))
                told += 1
            except errors.NotConfirmed as error:
                assert "wait a minute" in str(error)
    assert told == 5
    bench.run(messages.PAIR_MS, step=1000)
    host.digits()
    assert host.press("own") == {}
    assert bench.vault.owner == public(OTHER)


class Middle:
    """Somebody on the cable: a token to the desk, a desk to the token, with keys of his own."""

    def __init__(self, bench: Bench) -> None:
        self.outer = Host(bench, ATTACKER).connect()  # his channel to the token
        self.private = ATTACKER

    def meet(self, desk: Host) -> None:
        """Shake hands with the desk in the token's place."""
        begin = channel.prologue(messages.PROTOCOL, desk.nonce, "E0C9125B0D9B0C2F")
        shake, own = desk.handshake(), noise.Handshake(PRIMITIVES, False, begin, self.private)
        noise.run(own.read(noise.run(shake.write())))
        noise.run(shake.read(noise.run(own.write())))
        noise.run(own.read(noise.run(shake.write())))
        desk.adopt(*channel.established(shake))
        self.inner = channel.established(own)[0]


def test_somebody_in_the_middle_is_found_by_the_digits(bench: Bench) -> None:
    """He passes everything on as it is, which is the best he can do: the digits agree once in a million."""
    agreed = 0
    for _ in range(40):
        desk, middle = Host(bench), Middle(bench)
        middle.meet(desk)
        own = os.urandom(32)
        other = middle.outer.ask("pair", commitment=channel.commitment(own))["nonce"]
        middle.outer.ask("reveal", nonce=own)
        agreed += channel.digits(desk.channel.hash, own, other) == bench.app.question.first
        assert desk.channel.hash == middle.inner.hash != middle.outer.channel.hash
        bench.run(messages.PAIR_MS // 4, step=1000)
    assert not agreed


def test_somebody_in_the_middle_who_chooses_his_own_nonces_is_found_too(bench: Bench) -> None:
    """He is bound to a nonce on either side before he knows the one that he needs."""
    desk, middle = Host(bench), Middle(bench)
    middle.meet(desk)
    shown = middle.outer.digits()
    desk_nonce = os.urandom(32)
    answer = os.urandom(32)  # told before `desk_nonce` is: the desk has only committed itself
    assert channel.digits(desk.channel.hash, desk_nonce, answer) != shown
    # Had the desk told its nonce at once, a search for `answer` would have succeeded:
    tries = 0
    while channel.digits(desk.channel.hash, desk_nonce, answer)[:3] != shown[:3]:
        answer, tries = os.urandom(32), tries + 1
        assert tries < 100_000


def test_a_token_that_has_an_owner_is_paired_with_nobody_else(owned: Bench) -> None:
    stranger = Host(owned, OTHER).connect()
    for name, values in (("pair", {"commitment": bytes(32)}), ("reveal", {"nonce": bytes(32)}), ("own", {})):
        with pytest.raises(errors.HasOwner):
            stranger.ask(name, **values)
    with pytest.raises(errors.NotOwner):
        stranger.ask("release")
    assert owned.vault.owner == public(DESK)


def test_the_owner_compares_digits_again_and_stays_the_owner(owned: Bench) -> None:
    host = Host(owned).connect()
    assert owned.app.dispatcher.question is None
    assert host.digits() == owned.app.question.first
    assert host.press("own") == {}
    assert owned.vault.owner == public(DESK)


def test_an_owner_that_comes_while_another_pairs_stays_the_owner(bench: Bench) -> None:
    host = Host(bench, OTHER).connect()
    host.digits()
    host.give(host.sealed("own"))
    bench.vault.set_owner(public(DESK))
    bench.press("confirm")
    assert host.statuses(host.heard()) == [errors.HasOwner.status]
    assert bench.vault.owner == public(DESK)


def test_a_released_token_obeys_nobody_and_keeps_its_accounts(owned: Bench) -> None:
    host = Host(owned).connect()
    host.ask("set_sync_key", key=public(SYNC), present=True)
    host.give(host.sealed("release"))
    assert owned.app.question.kind == "release"
    assert owned.vault.owner
    owned.press("confirm")
    assert host.statuses(host.heard()) == [messages.OK]
    assert (owned.vault.owner, owned.vault.sync_keys, len(owned.vault)) == (b"", (), 1)
    with pytest.raises(errors.NotOwner, match="no owner"):
        host.ask("list", start=0)
    with pytest.raises(errors.NotOwner):
        Host(owned, SYNC).connect().ask("set_time", utc=1_900_000_000, at=owned.ms)
    other = Host(owned, OTHER).connect()
    other.digits()
    other.press("own")
    assert other.ask("list", start=0)["total"] == 1


def test_a_token_changes_hands_by_a_press(owned: Bench) -> None:
    host = Host(owned).connect()
    host.ask("set_sync_key", key=public(SYNC), present=True)
    host.give(host.sealed("transfer", key=public(OTHER)), 500)
    assert owned.app.question == ("transfer", seals.fingerprint(public(OTHER)), "")
    assert owned.vault.owner == public(DESK)
    owned.press("confirm")
    assert host.statuses(host.heard()) == [messages.OK]
    with pytest.raises(errors.NotOwner, match="another desk"):
        host.ask("list", start=0)
    new = Host(owned, OTHER).connect()
    assert new.ask("list", start=0)["total"] == 1
    assert new.ask("sync_keys")["keys"] == []  # whom the last owner trusted, this one does not know
    assert new.digits() == owned.app.question.first
    new.press("own")


def test_a_transfer_without_a_press_is_none(owned: Bench) -> None:
    host = Host(owned).connect()
    assert host.statuses(host.give(host.sealed("transfer", key=public(OTHER)), 500)) == [1]
    owned.run(messages.CONFIRM_MS + 100)
    assert host.statuses(host.heard()) == [errors.NotConfirmed.status]
    assert owned.vault.owner == public(DESK)


@pytest.mark.parametrize("name", ["transfer", "set_sync_key"])
def test_no_key_is_taken_that_nobody_could_shake_hands_with(owned: Bench, name: str) -> None:
    host = Host(owned).connect()
    values = {"present": True} if name == "set_sync_key" else {}
    for key in (bytes(32), b"\x01" + bytes(31)):
        with pytest.raises(errors.BadValue, match="small order"):
            host.ask(name, key=key, **values)
    assert (owned.vault.owner, owned.vault.sync_keys) == (public(DESK), ())
    assert owned.app.question is None


def test_sync_keys_are_listed_added_once_and_removed(owned: Bench) -> None:
    host = Host(owned).connect()
    keys = [public(bytes([number]) * 32) for number in range(5)]
    for key in keys[:4] + keys[:1]:
        host.ask("set_sync_key", key=key, present=True)
    assert {item["key"] for item in host.ask("sync_keys")["keys"]} == set(keys[:4])
    with pytest.raises(errors.StoreFull):
        host.ask("set_sync_key", key=keys[4], present=True)
    host.ask("set_sync_key", key=keys[2], present=False)
    host.ask("set_sync_key", key=keys[4], present=True)
    assert {item["key"] for item in host.ask("sync_keys")["keys"]} == {*keys[:2], *keys[3:]}


def test_no_two_handshakes_have_one_hash(bench: Bench) -> None:
    hashes = set()
    for _ in range(20):
        hashes.add(Host(bench).connect().channel.hash)
    assert len(hashes) == 20


def test_nothing_of_a_pairing_helps_whoever_listens(bench: Bench) -> None:
    host = Host(bench)
    passed = b""
    give = host.give

    def tap(payload: bytes, ms: int = 0) -> list[bytes]:
        nonlocal passed
        answers = give(payload, ms)
        passed += frame.encode(payload) + b"".join(answers)
        return answers

    host.give = tap  # type: ignore[method-assign]
    host.connect()
    digits = host.digits()
    host.press("own")
    assert digits.encode() not in passed
    for secret in (public(DESK), bench.vault.identity_public, host.channel.hash, host.secret):
        assert secret not in passed
