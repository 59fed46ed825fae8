"""A board's primitives and the desk's are the same functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencore.errors import BadValue, ChannelFailed

from provisioner.primitives import HostPrimitives
from tests.core.board_crypto import board_primitives
from tests.core.test_x25519 import SMALL_ORDER

if TYPE_CHECKING:
    from tokencore.primitives import Primitives

CIPHERS = ["AESGCM", "ChaChaPoly"]
BOARDS = {cipher: board_primitives(cipher) for cipher in CIPHERS}
KEYS, TEXTS = st.binary(min_size=32, max_size=32), st.binary(max_size=150)
NONCES = st.integers(0, 2**64 - 1)


def pair(cipher: str) -> tuple[Primitives, Primitives]:
    return BOARDS[cipher], HostPrimitives(cipher)


@pytest.mark.parametrize("cipher", CIPHERS)
@settings(max_examples=40)
@given(key=KEYS, nonce=NONCES, ad=TEXTS, plain=TEXTS)
def test_both_seal_and_open_the_same(cipher: str, key: bytes, nonce: int, ad: bytes, plain: bytes) -> None:
    board, host = pair(cipher)
    sealed = board.seal(key, nonce, ad, plain)
    assert sealed == host.seal(key, nonce, ad, plain)
    for primitives in (board, host):
        assert primitives.open(key, nonce, ad, sealed) == plain
        for wrong in (
            (key, nonce ^ 1, ad, sealed),
            (key, nonce, ad + b"x", sealed),
            (key, nonce, ad, sealed[1:]),
        ):
            with pytest.raises(ChannelFailed, match="not authentic"):
                primitives.open(*wrong)


@pytest.mark.parametrize("cipher", CIPHERS)
@settings(max_examples=40)
@given(key=KEYS, nonce=st.binary(min_size=12, max_size=12), data=TEXTS)
def test_both_have_the_same_stream(cipher: str, key: bytes, nonce: bytes, data: bytes) -> None:
    board, host = pair(cipher)
    start = b"\x01\x02\x03\x04" + nonce
    streamed = board.stream(key, start, data)
    assert streamed == host.stream(key, start, data)
    assert board.stream(key, start, streamed) == data
    assert host.stream(key, start, data[:5]) == streamed[:5]


@pytest.mark.parametrize("cipher", CIPHERS)
def test_keys_agree_and_are_refused_alike(cipher: str) -> None:
    board, host = pair(cipher)
    one, other = board.random(32), host.random(32)
    assert board.public(one) == host.public(one)
    assert board.dh(one, host.public(other)) == host.dh(other, board.public(one))
    for wrong in [*SMALL_ORDER, b"", bytes(31), b"\x09" + bytes(32)]:
        texts = [refusal(primitives.dh, one, wrong) for primitives in (board, host)]
        assert texts[0] == texts[1]
        assert texts[0].startswith("public key: ")


def refusal(function: Callable[..., Any], *arguments: bytes) -> str:
    with pytest.raises(BadValue) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_random_bytes_are_as_many_as_asked_for_and_never_the_same(cipher: str) -> None:
    for primitives in pair(cipher):
        drawn = {primitives.random(32) for _ in range(50)}
        assert (len(drawn), {len(key) for key in drawn}, primitives.random(0)) == (50, {32}, b"")


def test_a_cipher_that_noise_does_not_have_here_is_refused() -> None:
    with pytest.raises(BadValue, match="cipher: must be AESGCM or ChaChaPoly"):
        HostPrimitives("AESCCM")
