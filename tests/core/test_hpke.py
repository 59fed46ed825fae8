"""HPKE against RFC 9180's vectors, pyhpke and cryptography's hpke."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from tokencore import hpke
from tokencore.errors import BadValue, ChannelFailed
from tokencore.noise import run

from provisioner.primitives import HostPrimitives
from provisioner.recipient import Recipient
from tests.core import published
from tests.core.board_crypto import board_primitives
from tests.core.test_x25519 import SMALL_ORDER

if TYPE_CHECKING:
    from tokencore.primitives import Primitives

HOST = HostPrimitives()
PRIVATE = bytes(range(32))
PUBLIC = HOST.public(PRIVATE)
INFO = b"what for"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
MAKERS: list[Callable[[str], Primitives]] = [HostPrimitives, board_primitives]


@pytest.mark.parametrize("maker", MAKERS)
def test_rfc_9180_appendix_a_2_1(maker: Callable[[str], Primitives]) -> None:
    vector = published.hpke()
    info, ephemeral, public_ephemeral, private, public, enc = [
        bytes.fromhex(vector[name]) for name in ("info", "skEm", "pkEm", "skRm", "pkRm", "enc")
    ]
    sender = run(hpke.sender(maker("AESGCM"), public, info, (ephemeral, public_ephemeral)))
    assert sender.enc == enc
    assert sender._context.key.hex() == vector["key"]
    assert sender._context.nonce(0).hex() == vector["base_nonce"]
    recipient = Recipient(private, enc, info)
    assert len(vector["encryptions"]) == 257
    for message in vector["encryptions"]:
        ad, plain, sealed = [bytes.fromhex(message[name]) for name in ("aad", "pt", "ct")]
        assert sender.seal(ad, plain) == sealed
        assert recipient.open(ad, sealed) == plain


@pytest.mark.parametrize("cipher", ["AESGCM", "ChaChaPoly"])
def test_pyhpke_opens_the_messages_of_a_board(cipher: str) -> None:
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
    sender = run(hpke.sender(board_primitives(cipher), PUBLIC, INFO))
    key = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(PRIVATE))
    context = suite.create_recipient_context(sender.enc, key, INFO)
    for text in (b"", b"first", b"second" * 30):
        assert context.open(sender.seal(b"ad", text), b"ad") == text


def test_cryptography_opens_the_first_message_of_a_board() -> None:
    sender = run(hpke.sender(board_primitives("AESGCM"), PUBLIC, INFO))
    sealed = sender.enc + sender.seal(b"", b"text")
    assert SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(PRIVATE), INFO) == b"text"


def test_a_recipient_opens_what_cryptography_and_pyhpke_seal() -> None:
    sealed = SUITE.encrypt(b"text", X25519PrivateKey.from_private_bytes(PRIVATE).public_key(), INFO)
    assert Recipient(PRIVATE, sealed[:32], INFO).open(b"", sealed[32:]) == b"text"
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
    public = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(PRIVATE).public_key())
    enc, context = suite.create_sender_context(public, INFO)
    recipient = Recipient(PRIVATE, enc, INFO)
    for text in (b"one", b"two", b"three"):
        assert recipient.open(b"ad", context.seal(text, b"ad")) == text


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=100)), min_size=1, max_size=6), st.data()
)
def test_each_message_opens_in_its_place_only(texts: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    sender = run(hpke.sender(HOST, PUBLIC, INFO))
    recipient = Recipient(PRIVATE, sender.enc, INFO)
    sealed = [sender.seal(ad, text) for ad, text in texts]
    for number in data.draw(st.permutations(range(len(texts)))):
        ad, text = texts[number]
        assert recipient.open_at(number, ad, sealed[number]) == text
        assert sender.seal_at(number, ad, text) == sealed[number]
        with pytest.raises(ChannelFailed):
            recipient.open_at(number + 1, ad, sealed[number])


def test_nothing_opens_that_is_changed_or_for_another_key_or_use() -> None:
    sender = run(hpke.sender(HOST, PUBLIC, INFO))
    sealed = sender.seal(b"ad", b"text")
    whole = sender.enc + sealed
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ChannelFailed):
            Recipient(PRIVATE, bytes(changed[:32]), INFO).open(b"ad", bytes(changed[32:]))
    for length in range(len(sealed)):
        with pytest.raises(ChannelFailed):
            Recipient(PRIVATE, sender.enc, INFO).open(b"ad", sealed[:length])
    for private, info, ad in ((bytes(32), INFO, b"ad"), (PRIVATE, b"", b"ad"), (PRIVATE, INFO, b"")):
        with pytest.raises(ChannelFailed):
            Recipient(private, sender.enc, info).open(ad, sealed)


def test_a_message_that_does_not_open_leaves_the_next_number_as_it_was() -> None:
    sender = run(hpke.sender(HOST, PUBLIC, INFO))
    recipient = Recipient(PRIVATE, sender.enc, INFO)
    with pytest.raises(ChannelFailed):
        recipient.open(b"", bytes(40))
    assert recipient.open(b"", sender.seal(b"", b"text")) == b"text"


@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
def test_a_public_key_of_small_order_is_refused(point: bytes) -> None:
    with pytest.raises(BadValue, match="small order"):
        run(hpke.sender(board_primitives("AESGCM"), point, INFO))
    with pytest.raises(BadValue, match="small order"):
        Recipient(PRIVATE, point, INFO)


def test_sequence_numbers_end_where_nonces_do() -> None:
    sender = run(hpke.sender(HOST, PUBLIC, INFO))
    recipient = Recipient(PRIVATE, sender.enc, INFO)
    last = 2**96 - 2
    assert recipient.open_at(last, b"", sender.seal_at(last, b"", b"text")) == b"text"
    for number in (-1, last + 1):
        with pytest.raises(ValueError, match="sequence number"):
            sender.seal_at(number, b"", b"text")


def test_a_sender_yields_before_each_x25519() -> None:
    assert len(list(hpke.sender(HOST, PUBLIC, INFO))) == 2
    assert len(list(hpke.sender(HOST, PUBLIC, INFO, (PRIVATE, PUBLIC)))) == 1
