"""What both ends of the channel compute: the bytes of version 2 as they are, and the laws of records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokencore import channel, errors, noise

from provisioner.primitives import HostPrimitives

GOLDEN = Path(__file__).parents[1] / "golden/channel.json"
KEYS = {name: bytes(range(at, at + 32)) for at, name in enumerate(("desk", "token", "desk e", "token e"), 1)}
NONCE = bytes(range(8))
DESK_NONCE, TOKEN_NONCE = bytes(range(40, 72)), bytes(range(80, 112))


def shaken(cipher: str) -> tuple[list[bytes], noise.Handshake, noise.Handshake]:
    """Return the messages of a handshake with known keys, and both ends of it."""
    primitives = HostPrimitives(cipher)
    begin = channel.prologue(2, NONCE, "A45591ECA10867D0")
    ends = []
    for name in ("desk", "token"):
        pair = KEYS[name + " e"], primitives.public(KEYS[name + " e"])
        ends.append(noise.Handshake(primitives, name == "desk", begin, KEYS[name], ephemeral=pair))
    passed = []
    for writer, reader in ((0, 1), (1, 0), (0, 1)):
        passed.append(noise.run(ends[writer].write()))
        noise.run(ends[reader].read(passed[-1]))
    return passed, ends[0], ends[1]


def told(cipher: str) -> dict[str, Any]:
    """Return everything that may not change, in hex."""
    primitives = HostPrimitives(cipher)
    passed, desk, token = shaken(cipher)
    (ours, secret), (theirs, other) = channel.established(desk), channel.established(token)
    assert secret == other
    begin = channel.prologue(2, NONCE, "A45591ECA10867D0")
    nonces = DESK_NONCE, TOKEN_NONCE
    resumed, following = channel.resumed(primitives, True, secret, begin, *nonces, b"")
    return {
        "cipher": cipher,
        "handshake": [message.hex() for message in passed],
        "hash": ours.hash.hex(),
        "records": [ours.seal(b"request").hex(), ours.seal(b"another").hex(), theirs.seal(b"answer").hex()],
        "resumption secret": secret.hex(),
        "resumption id": channel.resumption_id(secret).hex(),
        "desk's proof": channel.resumption_mac(secret, begin, DESK_NONCE).hex(),
        "token's proof": channel.resumption_mac(secret, begin, *nonces).hex(),
        "resumed hash": resumed.hash.hex(),
        "resumed record": resumed.seal(b"request").hex(),
        "next secret": following.hex(),
        "commitment": channel.commitment(DESK_NONCE).hex(),
        "digits": channel.digits(ours.hash, *nonces),
    }


@pytest.mark.parametrize("example", json.loads(GOLDEN.read_text()), ids=lambda example: example["cipher"])
def test_the_bytes_of_version_2_stay_as_they_are(example: dict[str, Any]) -> None:
    assert told(example["cipher"]) == example


def ends() -> tuple[channel.Channel, channel.Channel]:
    _, desk, token = shaken("AESGCM")
    return channel.established(desk)[0], channel.established(token)[0]


@given(st.lists(st.tuples(st.binary(max_size=200), st.booleans()), max_size=20))
def test_what_is_not_lost_arrives_once_and_in_order(sent: list[tuple[bytes, bool]]) -> None:
    desk, token = ends()
    for message, lost in sent:
        record = desk.seal(message)
        assert len(record) == len(message) + channel.OVERHEAD
        if not lost:
            assert token.open(record) == message
        assert lost or token.open(record) is None
        assert desk.open(record) is None


@given(st.permutations(range(6)))
def test_a_record_that_comes_after_a_later_one_is_refused(order: list[int]) -> None:
    desk, token = ends()
    records = [desk.seal(bytes([number])) for number in range(6)]
    latest = -1
    for number in order:
        assert (token.open(records[number]) is not None) == (number > latest)
        latest = max(latest, number)


def test_no_more_than_the_wires_nonces_are_used() -> None:
    desk, token = ends()
    desk._send.nonce = channel.NONCES - 1
    assert token.open(desk.seal(b"the last")) == b"the last"
    for _ in range(2):
        with pytest.raises(errors.ChannelFailed, match="used up"):
            desk.seal(b"one more")


def test_both_ends_of_a_resumption_agree_and_the_next_secret_is_another() -> None:
    primitives, begin, secret = HostPrimitives(), b"begin", bytes(32)
    for number in range(4):
        desk_nonce, token_nonce = bytes([number]) * 32, bytes([99 - number]) * 32
        made = [
            channel.resumed(primitives, is_desk, secret, begin, desk_nonce, token_nonce, b"key")
            for is_desk in (True, False)
        ]
        (desk, following), (token, other) = made
        assert following == other != secret
        assert desk.hash == token.hash
        assert token.open(desk.seal(b"to the token")) == b"to the token"
        assert desk.open(token.seal(b"to the desk")) == b"to the desk"
        secret = following


def test_the_proofs_of_desk_and_token_are_never_the_same() -> None:
    secret, begin = bytes(32), b""
    desk = channel.resumption_mac(secret, begin, DESK_NONCE)
    assert desk != channel.resumption_mac(secret, begin, DESK_NONCE, TOKEN_NONCE)
    # Nor is one nonce with a prologue that looks like the other nonce taken for both.
    assert channel.resumption_mac(secret, TOKEN_NONCE, DESK_NONCE) != channel.resumption_mac(
        secret, b"", DESK_NONCE, TOKEN_NONCE
    )


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_digits_are_six(first: bytes, second: bytes) -> None:
    digits = channel.digits(bytes(32), first, second)
    assert len(digits) == 6
    assert digits.isdecimal()
