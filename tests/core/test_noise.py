"""Noise handshakes: published vectors, two other implementations, and what must not come through."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from dissononce.cipher.aesgcm import AESGCMCipher
from dissononce.cipher.chachapoly import ChaChaPolyCipher
from dissononce.dh.x25519.x25519 import X25519DH, PrivateKey
from dissononce.hash.sha256 import SHA256Hash
from dissononce.processing.handshakepatterns.interactive.XX import XXHandshakePattern
from dissononce.processing.impl.cipherstate import CipherState as OtherCipherState
from dissononce.processing.impl.handshakestate import HandshakeState
from dissononce.processing.impl.symmetricstate import SymmetricState
from hypothesis import given, settings
from hypothesis import strategies as st
from noise.connection import Keypair, NoiseConnection
from tokencore import cipherstate, noise, x25519
from tokencore.errors import BadValue, ChannelFailed
from tokencore.noise import Handshake, run

from provisioner.primitives import HostPrimitives
from tests.core import published
from tests.core.board_crypto import board_primitives
from tests.core.test_x25519 import SMALL_ORDER

if TYPE_CHECKING:
    from tokencore.primitives import Primitives

# Patterns that the suite does not use, to show that the rules of the framework are followed, not one pattern.
OTHERS = {"NN": "e;e,ee", "NX": "e;e,ee,s,es", "XN": "e;e,ee;s,se", "IX": "e,s;e,ee,se,s,es"}
CIPHERS = ["AESGCM", "ChaChaPoly"]
MAKERS: list[Callable[[str], Primitives]] = [HostPrimitives, board_primitives]
PROLOGUE = b"prologue"
TOKEN, DESK = bytes(range(32)), bytes(range(32, 64))


def sides(primitives: Primitives, **wrong: Any) -> tuple[Handshake, Handshake]:
    """Return an initiator and a responder of XX; `wrong` is what the responder has otherwise."""
    desk = Handshake(primitives, True, PROLOGUE, DESK)
    return desk, Handshake(primitives, False, **{"prologue": PROLOGUE, "static_private": TOKEN, **wrong})


def finish(one: Handshake, other: Handshake) -> None:
    """Exchange all messages; each side has the other's static key, and the same hash, thereafter."""
    writer, reader = one, other
    while not one.finished:
        assert run(reader.read(run(writer.write(b"payload")))) == b"payload"
        writer, reader = reader, writer
    assert one.hash == other.hash
    assert other.finished


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("vector", published.noise(), ids=lambda v: f"{v['source']}-{v['protocol_name']}")
def test_published_vectors(
    vector: dict[str, Any], maker: Callable[[str], Primitives], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, tokens in OTHERS.items():
        monkeypatch.setitem(noise.PATTERNS, name, tokens)
    _, pattern, _, cipher, _ = vector["protocol_name"].split("_")
    primitives = maker(cipher)

    def side(role: str) -> Handshake:
        prologue, static, ephemeral = [
            bytes.fromhex(vector.get(f"{role}_{name}", "")) for name in ("prologue", "static", "ephemeral")
        ]
        pair = ephemeral, primitives.public(ephemeral)
        return Handshake(primitives, role == "init", prologue, static, pattern, ephemeral=pair)

    writer, reader = side("init"), side("resp")
    messages = [
        [bytes.fromhex(message[name]) for name in ("payload", "ciphertext")] for message in vector["messages"]
    ]
    while not writer.finished:
        payload, expected = messages.pop(0)
        assert run(writer.write(payload)) == expected
        assert run(reader.read(expected)) == payload
        writer, reader = reader, writer
    assert writer.hash == reader.hash
    assert writer.hash.hex() == vector.get("handshake_hash", writer.hash.hex())
    for handshake in (writer, reader):
        others = "resp_static" if handshake._initiator else "init_static"
        static = bytes.fromhex(vector.get(others, ""))
        assert handshake.remote == (primitives.public(static) if static else b"")
    (send, receive), (others_send, others_receive) = writer.split(), reader.split()
    turns = itertools.cycle([(send, others_receive), (others_send, receive)])
    for (payload, expected), (sender, receiver) in zip(messages, turns, strict=False):
        nonce, sealed = sender.seal(b"", payload)
        assert sealed == expected
        assert receiver.open(nonce, b"", sealed) == payload


def talk(ours: Handshake, encrypt: Callable[[bytes], bytes], decrypt: Callable[[bytes], bytes]) -> None:
    """Exchange messages with another implementation after the handshake."""
    send, receive = ours.split()
    for number, text in enumerate((b"", b"one", b"two" * 100)):
        nonce, sealed = send.seal(b"", text)
        assert (nonce, bytes(decrypt(sealed))) == (number, text)
        assert receive.open(number, b"", bytes(encrypt(text))) == text


@pytest.mark.parametrize("initiator", [True, False])
@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_handshake_with_noiseprotocol(
    maker: Callable[[str], Primitives], cipher: str, initiator: bool
) -> None:
    primitives = maker(cipher)
    ours = Handshake(primitives, initiator, PROLOGUE, DESK)
    theirs = NoiseConnection.from_name(f"Noise_XX_25519_{cipher}_SHA256".encode())
    theirs.set_as_responder() if initiator else theirs.set_as_initiator()
    theirs.set_prologue(PROLOGUE)
    theirs.set_keypair_from_private_bytes(Keypair.STATIC, TOKEN)
    theirs.start_handshake()
    for number in range(3):
        if initiator == (number % 2 == 0):
            assert theirs.read_message(run(ours.write(b"from us"))) == b"from us"
        else:
            assert run(ours.read(bytes(theirs.write_message(b"from them")))) == b"from them"
    assert (ours.hash, ours.remote) == (theirs.get_handshake_hash(), primitives.public(TOKEN))
    talk(ours, theirs.encrypt, theirs.decrypt)


@pytest.mark.parametrize("initiator", [True, False])
@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_handshake_with_dissononce(
    maker: Callable[[str], Primitives], cipher: str, initiator: bool
) -> None:
    primitives = maker(cipher)
    ours = Handshake(primitives, initiator, PROLOGUE, DESK)
    other = AESGCMCipher() if cipher == "AESGCM" else ChaChaPolyCipher()
    theirs = HandshakeState(SymmetricState(OtherCipherState(other), SHA256Hash()), X25519DH())
    static = X25519DH().generate_keypair(PrivateKey(TOKEN))
    theirs.initialize(XXHandshakePattern(), not initiator, PROLOGUE, s=static)
    states = None
    for number in range(3):
        if initiator == (number % 2 == 0):
            payload = bytearray()
            states = theirs.read_message(run(ours.write(b"from us")), payload)
            assert payload == b"from us"
        else:
            message = bytearray()
            states = theirs.write_message(b"from them", message)
            assert run(ours.read(bytes(message))) == b"from them"
    assert states is not None
    assert (ours.hash, ours.remote) == (
        theirs.symmetricstate.get_handshake_hash(),
        primitives.public(TOKEN),
    )
    send, receive = (states[1], states[0]) if initiator else (states[0], states[1])
    talk(ours, lambda text: send.encrypt_with_ad(b"", text), lambda text: receive.decrypt_with_ad(b"", text))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_board_and_a_desk_shake_hands(cipher: str) -> None:
    board = board_primitives(cipher)
    desk = Handshake(HostPrimitives(cipher), True, PROLOGUE, DESK)
    token = Handshake(
        board, False, PROLOGUE, TOKEN, static_public=board.public(TOKEN), ephemeral=x25519.draw(board)
    )
    finish(desk, token)
    assert (desk.remote, token.remote) == (board.public(TOKEN), board.public(DESK))
    (send, _), (_, receive) = desk.split(), token.split()
    assert receive.open(*_sealed(send)) == b"text"


def _sealed(state: cipherstate.CipherState) -> tuple[int, bytes, bytes]:
    nonce, sealed = state.seal(b"ad", b"text")
    return nonce, b"ad", sealed


# What a token may have done beforehand, and how many X25519 are then left for each message.
@pytest.mark.parametrize(
    ("drawn", "expected", "left"),
    [
        (False, False, [0, 4, 1]),
        (True, False, [0, 2, 1]),
        (True, DESK, [0, 2, 0]),
        (True, bytes(32), [0, 2, 1]),
        (False, DESK, [0, 4, 1]),
    ],
)
def test_a_handshake_yields_before_each_x25519(drawn: bool, expected: bytes, left: list[int]) -> None:
    primitives = Counting()
    pair = x25519.draw(primitives)
    others = primitives.public(expected) if expected else b""
    token = Handshake(
        primitives,
        False,
        PROLOGUE,
        TOKEN,
        static_public=primitives.public(TOKEN) if drawn else b"",
        ephemeral=pair if drawn else None,
        expected=(others, primitives.dh(pair[0], others)) if expected else None,
    )
    desk = Handshake(HostPrimitives(), True, PROLOGUE, DESK)
    yields = []

    def counted(generator: Any) -> bytes:
        primitives.count = 0
        yields.append(0)
        while True:
            try:
                next(generator)
            except StopIteration as end:
                assert primitives.count == yields[-1]
                message: bytes = end.value
                return message
            assert primitives.count == yields[-1]
            yields[-1] += 1

    counted(token.read(run(desk.write())))
    run(desk.read(counted(token.write())))
    counted(token.read(run(desk.write())))
    assert yields == left
    assert (token.hash, token.remote) == (desk.hash, primitives.public(DESK))


def test_a_secret_that_is_not_that_of_the_expected_key_fails() -> None:
    pair = x25519.draw(HostPrimitives())
    expected = HostPrimitives().public(DESK), bytes(32)
    desk, token = sides(HostPrimitives(), ephemeral=pair, expected=expected)
    run(token.read(run(desk.write())))
    run(desk.read(run(token.write())))
    with pytest.raises(ChannelFailed):
        run(token.read(run(desk.write())))


class Counting(HostPrimitives):
    """Counts the X25519s."""

    count = 0

    def public(self, private: bytes) -> bytes:
        self.count += 1
        return super().public(private)

    def dh(self, private: bytes, public: bytes) -> bytes:
        self.count += 1
        return super().dh(private, public)


def third_messages() -> tuple[Handshake, bytes]:
    """Return a responder that waits for the third message, and that message."""
    desk, token = sides(HostPrimitives())
    run(token.read(run(desk.write())))
    run(desk.read(run(token.write(b"payload"))))
    return token, run(desk.write(b"payload"))


def test_a_message_with_any_bit_changed_is_refused() -> None:
    for number, length in ((1, 32 + 48 + 16), (2, 48 + 16)):
        for bit in range(8 * length):
            desk, token = sides(HostPrimitives())
            reader, message = token, run(desk.write())
            if number == 1:
                run(token.read(message))
                reader, message = desk, run(token.write())
            else:
                reader, message = third_messages()
            changed = bytearray(message)
            changed[bit // 8] ^= 1 << bit % 8
            # The top bit of a public key does not count for X25519, but it does for the handshake hash.
            with pytest.raises(ChannelFailed):
                run(reader.read(bytes(changed)))
            with pytest.raises(ChannelFailed, match="begin a new one"):
                run(reader.read(message))
            with pytest.raises(ChannelFailed, match="not finished"):
                reader.split()


def test_a_change_of_the_first_message_shows_in_the_second() -> None:
    for bit in range(256):
        desk, token = sides(HostPrimitives())
        changed = bytearray(run(desk.write()))
        changed[bit // 8] ^= 1 << bit % 8
        run(token.read(bytes(changed)))
        with pytest.raises(ChannelFailed):
            run(desk.read(run(token.write())))


def test_a_message_cut_short_or_lengthened_is_refused() -> None:
    for length in range(32):
        with pytest.raises(ChannelFailed, match="too short"):
            run(sides(HostPrimitives())[1].read(bytes(length)))
    for length in itertools.chain(range(32 + 48 + 16), [32 + 48 + 17]):
        desk, token = sides(HostPrimitives())
        run(token.read(run(desk.write())))
        with pytest.raises(ChannelFailed):
            run(desk.read((run(token.write()) + b"\0")[:length]))
    for length in itertools.chain(range(48 + 16 + 7), [48 + 16 + 8]):
        token, message = third_messages()
        with pytest.raises(ChannelFailed):
            run(token.read((message + b"\0")[:length]))


@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
@pytest.mark.parametrize("maker", MAKERS)
def test_a_public_key_of_small_order_is_refused(maker: Callable[[str], Primitives], point: bytes) -> None:
    _, token = sides(maker("AESGCM"))
    run(token.read(point))
    with pytest.raises(BadValue, match="small order"):
        run(token.write())
    with pytest.raises(ChannelFailed, match="begin a new one"):
        run(token.write())


@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
def test_a_static_key_of_small_order_is_refused(point: bytes) -> None:
    token = sides(HostPrimitives())[1]
    desk = Handshake(HostPrimitives(), True, PROLOGUE, DESK, static_public=point)
    run(token.read(run(desk.write())))
    run(desk.read(run(token.write())))
    with pytest.raises(BadValue, match="small order"):
        run(token.read(run(desk.write())))


@pytest.mark.parametrize(
    "wrong", [{"prologue": b"another"}, {"static_public": HostPrimitives().public(DESK)}]
)
def test_another_prologue_or_a_key_that_is_not_ones_own_is_noticed(wrong: dict[str, bytes]) -> None:
    desk, token = sides(HostPrimitives(), **wrong)
    run(token.read(run(desk.write())))
    with pytest.raises(ChannelFailed):
        run(desk.read(run(token.write())))


def test_messages_of_another_handshake_are_refused() -> None:
    token, _ = third_messages()
    _, replayed = third_messages()
    with pytest.raises(ChannelFailed):
        run(token.read(replayed))
    desk, token = sides(HostPrimitives())
    run(token.read(run(desk.write())))
    second = run(token.write())
    other, _ = sides(HostPrimitives())
    run(other.write())
    with pytest.raises(ChannelFailed):
        run(other.read(second))


def test_a_message_out_of_turn_is_refused() -> None:
    desk, token = sides(HostPrimitives())
    for generator in (desk.read(bytes(96)), token.write()):
        with pytest.raises(ChannelFailed, match="not the time"):
            run(generator)
    first = run(desk.write())
    with pytest.raises(ChannelFailed, match="not the time"):
        run(desk.write())
    run(token.read(first))
    with pytest.raises(ChannelFailed, match="not the time"):
        run(token.read(first))
    run(desk.read(run(token.write())))
    run(token.read(run(desk.write())))
    for side in (desk, token):
        for generator in (side.write(), side.read(first)):
            with pytest.raises(ChannelFailed, match="not the time"):
                run(generator)


def test_a_handshake_that_is_left_in_the_middle_of_a_message_stays_there() -> None:
    desk, token = sides(HostPrimitives())
    run(token.read(run(desk.write())))
    next(token.write())
    with pytest.raises(ChannelFailed, match="not the time"):
        run(token.write())


@pytest.mark.parametrize("nonces", [3, 2**32, cipherstate.NONCES])
def test_nonces_end_where_the_wire_or_noise_ends_them(nonces: int) -> None:
    desk, token = sides(HostPrimitives())
    finish(desk, token)
    (send, _), (_, receive) = desk.split(nonces), token.split(nonces)
    send.nonce = nonces - 1
    last, sealed = send.seal(b"", b"the last one")
    assert (last, receive.open(last, b"", sealed)) == (nonces - 1, b"the last one")
    for _ in range(2):
        with pytest.raises(ChannelFailed, match="used up: connect again"):
            send.seal(b"", b"one more")
    for nonce in (nonces, -1):
        with pytest.raises(ChannelFailed, match="a nonce that no message has"):
            receive.open(nonce, b"", sealed)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=50), st.binary(max_size=50)), max_size=12), st.data()
)
def test_messages_may_be_lost_but_open_only_where_they_belong(
    texts: list[tuple[bool, bytes, bytes]], data: st.DataObject
) -> None:
    desk, token = sides(HostPrimitives())
    finish(desk, token)
    states = dict(zip((True, False), zip(desk.split(), reversed(token.split()), strict=True), strict=True))
    sent = [(way, *states[way][0].seal(ad, text), ad, text) for way, ad, text in texts]
    for way, nonce, sealed, ad, text in data.draw(st.permutations(sent)):
        receive, backwards = states[way][1], states[not way][1]
        assert receive.open(nonce, ad, sealed) == text
        for wrong in ((nonce + 1, ad, sealed), (nonce, ad + b"x", sealed), (nonce, ad, sealed[:-1])):
            with pytest.raises(ChannelFailed):
                receive.open(*wrong)
        with pytest.raises(ChannelFailed):
            backwards.open(nonce, ad, sealed)
