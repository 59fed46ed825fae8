"""The token's cryptography on a board's interpreters, against published vectors and cryptography's."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tokencore.noise import Handshake, run

from boards.simulator import cpy_aesio
from provisioner.primitives import HostPrimitives
from provisioner.recipient import Recipient
from tests.core import published
from tests.core.test_x25519 import SMALL_ORDER
from tests.vm.interpreters import Case, Interpreter
from tests.vm.test_otp import check

P = 2**255 - 19
CIPHERS = ("AESGCM", "ChaChaPoly")
LENGTHS = (0, 1, 15, 16, 17, 63, 64, 65, 128, 200)  # about the edges of blocks


def test_x25519(board_vm: Interpreter) -> None:
    rng, host = random.Random(7748), HostPrimitives()
    pairs: list[tuple[Case, object]] = []
    for vector in published.records("asymmetric/X25519/rfc7748.txt"):
        scalar, point = bytes.fromhex(vector["input_scalar"]), bytes.fromhex(vector["input_u"])
        pairs.append((("crypto x25519", scalar, point), bytes.fromhex(vector["output_u"])))
    edges = [value.to_bytes(32, "little") for value in (2, 9, P - 2, P + 2, 2**254, 2**255 - 1)]
    for point in edges + [rng.randbytes(32) for _ in range(10)]:
        private = rng.randbytes(32)
        pairs.append((("crypto dh", private, point), host.dh(private, point)))
    pairs += [(("crypto x25519", bytes(32), point), bytes(32)) for point in SMALL_ORDER]
    for number in (0, 1, 2, P - 1, rng.randrange(P), rng.randrange(P)):
        pairs.append((("crypto inverse", number), pow(number, P - 2, P)))
    check(board_vm, pairs)


def test_keys_that_are_none_are_refused(board_vm: Interpreter) -> None:
    cases = [("crypto dh", b"\x55" * 32, point) for point in SMALL_ORDER]
    cases += [("crypto dh", bytes(32), bytes(31)), ("crypto dh", bytes(33), b"\x09" + bytes(31))]
    outcomes = board_vm.run(cases)
    small = "public key: a point of small order, which no honest key is"
    assert outcomes == [("BadValue", small)] * len(SMALL_ORDER) + [
        ("BadValue", "public key: must be 32 bytes"),
        ("BadValue", "private key: must be 32 bytes"),
    ]


@pytest.mark.parametrize("cipher", CIPHERS)
def test_sealing_and_opening(board_vm: Interpreter, cipher: str) -> None:
    rng, host = random.Random(38), HostPrimitives(cipher)
    pairs: list[tuple[Case, object]] = []
    wrong: list[Case] = []
    for length in LENGTHS:
        key, ad, plain = rng.randbytes(32), rng.randbytes(rng.randint(0, 20)), rng.randbytes(length)
        nonce = rng.choice([0, 1, 2**31, 2**64 - 2, rng.getrandbits(64)])
        sealed = host.seal(key, nonce, ad, plain)
        pairs.append((("crypto seal", cipher, key, nonce, ad, plain), sealed))
        pairs.append((("crypto open", cipher, key, nonce, ad, sealed), plain))
        at = rng.randrange(len(sealed))
        changed = sealed[:at] + bytes([sealed[at] ^ 1 << rng.randrange(8)]) + sealed[at + 1 :]
        for bad in (changed, sealed[:-1], sealed[1:], sealed + b"\0", b""):
            wrong.append(("crypto open", cipher, key, nonce, ad, bad))
        wrong.append(("crypto open", cipher, key, nonce ^ 1, ad, sealed))
        wrong.append(("crypto open", cipher, key, nonce, ad + b"\0", sealed))
    check(board_vm, pairs)
    outcomes = board_vm.run(wrong)
    assert outcomes == [("ChannelFailed", "the sealed bytes are not authentic")] * len(wrong)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_streams(board_vm: Interpreter, cipher: str) -> None:
    rng, host = random.Random(256), HostPrimitives(cipher)
    pairs: list[tuple[Case, object]] = []
    for length in LENGTHS:
        key, nonce, data = rng.randbytes(32), rng.randbytes(16), rng.randbytes(length)
        pairs.append((("crypto stream", cipher, key, nonce, data), host.stream(key, nonce, data)))
    if cipher == "AESGCM":
        end = b"\xff" * 16
        pairs.append(
            (("crypto stream", cipher, bytes(32), end, bytes(40)), host.stream(bytes(32), end, bytes(40)))
        )
    check(board_vm, pairs)


def test_key_derivation(board_vm: Interpreter) -> None:
    rng = random.Random(5869)
    pairs: list[tuple[Case, object]] = []
    for length in (1, 31, 32, 33, 64, 96, 1000):
        salt, ikm, info = [rng.randbytes(rng.randint(0, 80)) for _ in range(3)]
        expected = HKDF(hashes.SHA256(), length, salt, info).derive(ikm)
        pairs.append((("crypto hkdf", salt, ikm, info, length), expected))
    check(board_vm, pairs)


def test_published_handshakes(board_vm: Interpreter) -> None:
    vectors = [vector for vector in published.noise() if "_XX_" in vector["protocol_name"]]
    assert len(vectors) == 4
    pairs: list[tuple[Case, Any]] = []
    for vector in vectors:
        cipher = vector["protocol_name"].split("_")[3]
        primitives = HostPrimitives(cipher)
        messages = [
            (bytes.fromhex(message["payload"]), bytes.fromhex(message["ciphertext"]))
            for message in vector["messages"][:3]
        ]
        for role, other in (("init", "resp"), ("resp", "init")):
            prologue, static, ephemeral, others = [
                bytes.fromhex(vector[name])
                for name in (f"{role}_prologue", f"{role}_static", f"{role}_ephemeral", f"{other}_static")
            ]
            keys = [static, primitives.public(static), (ephemeral, primitives.public(ephemeral))]
            writes = [(number % 2 == 0) == (role == "init") for number in range(3)]
            steps = [(w, m[0] if w else m[1]) for w, m in zip(writes, messages, strict=True)]
            results = [m[1] if w else m[0] for w, m in zip(writes, messages, strict=True)]
            case = ("crypto noise", cipher, role == "init", prologue, keys, steps, [])
            pairs.append((case, (results, vector.get("handshake_hash"), primitives.public(others), [], 3)))
    outcomes = board_vm.run(case for case, _ in pairs)
    for (_, expected), (kind, value) in zip(pairs, outcomes, strict=True):
        assert kind == "ok"
        if expected[1] is not None:
            assert value[1].hex() == expected[1]
        assert (value[0], *value[2:]) == (expected[0], *expected[2:])


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_token_and_a_desk_talk(board_vm: Interpreter, cipher: str) -> None:
    host = HostPrimitives(cipher)
    token, ephemeral, desk_key = [random.Random(seed).randbytes(32) for seed in range(3)]
    keys = [token, host.public(token), (ephemeral, host.public(ephemeral))]
    desk = Handshake(host, True, b"prologue", desk_key)
    steps = [(False, run(desk.write())), (True, b"")]
    # The token's second message hangs on these keys only, so that it can be had from a desk's token.
    twin = Handshake(host, False, b"prologue", token, "XX", keys[1], keys[2])
    run(twin.read(steps[0][1]))
    run(desk.read(run(twin.write())))
    steps.append((False, run(desk.write())))
    texts = [b"", b"one", bytes(200)]
    case = ("crypto noise", cipher, False, b"prologue", keys, steps, texts)
    ((kind, value),) = board_vm.run([case])
    assert kind == "ok"
    assert (value[1], value[2], value[4]) == (desk.hash, host.public(desk_key), 3)
    receive = desk.split()[1]
    assert [receive.open(nonce, b"ad", sealed) for nonce, sealed in value[3]] == texts


def test_sealed_messages_to_one_recipient(board_vm: Interpreter) -> None:
    vector = published.hpke()
    info, private, pair_private, pair_public, public = [
        bytes.fromhex(vector[name]) for name in ("info", "skRm", "skEm", "pkEm", "pkRm")
    ]
    given = [[bytes.fromhex(m[name]) for name in ("aad", "pt", "ct")] for m in vector["encryptions"][:6]]
    texts = [(ad, plain) for ad, plain, _ in given]
    case = ("crypto hpke", (pair_private, pair_public), public, info, texts)
    check(board_vm, [(case, [pair_public, *(sealed for _, _, sealed in given)])])
    ((kind, value),) = board_vm.run([("crypto hpke", None, public, info, texts)])
    assert kind == "ok"
    recipient = Recipient(private, value[0], info)
    assert [recipient.open(ad, sealed) for (ad, _), sealed in zip(texts, value[1:], strict=True)] == [
        plain for _, plain in texts
    ]


def test_chance(board_vm: Interpreter) -> None:
    check(board_vm, [(("crypto drawn",), ({32}, 20))])


def test_the_simulated_aesio_is_the_boards(board_vm: Interpreter) -> None:
    rng = random.Random(197)
    cases: list[Case] = []
    modes = [cpy_aesio.MODE_CTR] if board_vm.name == "MicroPython" else [1, 2, 3, 6]
    for mode in modes:
        for length in (16, 24, 32, 31):
            for lengths in ([16], [0, 16, 16], [32, 16], [5, 20, 1], [15, 33]):
                pieces = [rng.randbytes(length) for length in lengths]
                iv = rng.choice([rng.randbytes(16), b"\xff" * 16, b"\xff" * 15 + b"\xfe", bytes(15)])
                for there in (True, False) if len(modes) > 1 else (True,):
                    cases.append(("crypto aes", rng.randbytes(length), mode, iv, pieces, there))
    if len(modes) == 1:  # the shim is for right calls only
        cases = [case for case in cases if len(case[1]) in (16, 32) and len(case[3]) == 16]
    outcomes = board_vm.run(cases)
    assert len(outcomes) > 8
    assert outcomes == [simulated(*case[1:]) for case in cases]


def simulated(key: bytes, mode: int, iv: bytes, pieces: list[bytes], there: bool) -> tuple[str, Any]:
    """Return the outcome that a case has with the simulator's module."""
    try:
        cipher = cpy_aesio.AES(key, mode, iv)
        results = []
        for piece in pieces:
            into = bytearray(len(piece))
            (cipher.encrypt_into if there else cipher.decrypt_into)(piece, into)
            results.append(bytes(into))
    except (ValueError, NotImplementedError) as error:
        return type(error).__name__, str(error)
    return "ok", results
