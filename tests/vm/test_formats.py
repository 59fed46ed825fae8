"""Base32, otpauth, CBOR, frames, messages and accounts: a board's interpreters against others' codecs.

Where no oracle says what a refusal is called, CPython's outcome of the same case is the measure.
"""

from __future__ import annotations

import base64
import itertools
import random
import zlib
from urllib.parse import quote

import cbor2
import pytest
from cobs import cobs
from tokencore import messages
from tokencore.frame import MAX_PAYLOAD

from tests.vm.interpreters import Case, Interpreter
from tests.vm.test_otp import check

# What a sloppy decoder takes for UTF-8: surrogates, overlong forms, beyond Unicode, cut short, a lone byte.
BAD_UTF8 = [
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x8a", b"\xc1\x81", b"\xe0\x80\xaf", b"\xf0\x82\x82\xac"),
    *(b"\xf4\x90\x80\x80", b"\xf7\xbf\xbf\xbf", b"\xf8\x88\x80\x80\x80", b"\xff", b"\x80", b"\xbf"),
    *(b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc3A", b"\xe2\x82A", b"A\xc3"),
]
GOOD_UTF8 = [
    "",
    "alice",
    "é",
    "€",
    "😀",
    "\x7f",
    "\x80",
    "\u07ff",
    "\u0800",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U00010000",
    "\U0010ffff",
]


def alike(board_vm: Interpreter, cpython: Interpreter, cases: list[Case]) -> list:
    """Return the outcomes of `cases` on a board's interpreter; they must be CPython's."""
    got, expected = board_vm.run(cases), cpython.run(cases)
    assert [(case, a, b) for case, a, b in zip(cases, got, expected, strict=True) if a != b] == []
    return got


def test_base32(board_vm: Interpreter, cpython: Interpreter) -> None:
    rng = random.Random(4648)
    pairs: list[tuple[Case, object]] = []
    for size in range(129):
        data = rng.randbytes(size)
        text = base64.b32encode(data).decode()
        bare = text.rstrip("=")
        grouped = " ".join(bare[i : i + 4] for i in range(0, len(bare), 4)).lower()
        pairs.append((("base32 encode", data), bare))
        pairs += [(("base32 decode", form), data) for form in (text, bare, grouped)]
    check(board_vm, pairs)
    bad = [
        "A",
        "ABC",
        "ABCDEF",
        "A1",
        "AB=",
        "AB=====",
        "AB======C",
        "ÀB",
        "A\0",
        "AB=======",
        "1",
        "=",
        "\u017fB",
    ]
    outcomes = alike(board_vm, cpython, [("base32 decode", text) for text in bad])
    assert {outcome[0] for outcome in outcomes} == {"BadValue"}


def account(**changes: object) -> dict:
    values = {"issuer": "ACME", "name": "alice", "kind": "totp", "algorithm": "SHA1", "digits": 6}
    return {**values, "period": 30, "t0": 0, "counter": 0, "secret": b"12345678901234567890", **changes}


LIMITS = {
    "digits": [5, 6, 8, 9, True, "6", None, 1 << 70],
    "period": [0, 1, 3600, 3601, -1],
    "t0": [0, (1 << 32) - 1, 1 << 32],
    "counter": [0, (1 << 64) - 1, 1 << 64, -1],
    "secret": [b"", b"s", b"s" * 128, b"s" * 129, "text", bytearray(b"ok")],
    "name": [
        "",
        "n" * 64,
        "n" * 65,
        "é" * 32,
        "é" * 33,
        "😀" * 16,
        "😀" * 17,
        "a\x1b",
        "a\x7f",
        "a\x85",
        b"a",
        5,
    ],
    "issuer": ["", "i" * 64, "i" * 65, "\n", "\x9f", "\xa0", None],
    "kind": ["totp", "hotp", "TOTP", 0, ""],
    "algorithm": ["SHA1", "SHA256", "SHA512", "MD5", "sha1", 1],
}


def test_the_limits_of_an_account(board_vm: Interpreter, cpython: Interpreter) -> None:
    cases = [("account", account(**{field: value})) for field in LIMITS for value in LIMITS[field]]
    outcomes = alike(board_vm, cpython, cases)
    for (_, values), (kind, value) in zip(cases, outcomes, strict=True):
        if kind == "ok":
            assert value[0] == value[2] == [values[field] for field in (*account(),)]
            assert "12345" not in value[3]
        else:
            assert kind == "BadValue"
            assert value.split(":")[0] in LIMITS
    assert sum(kind == "ok" for kind, _ in outcomes) == 22


def test_otpauth(board_vm: Interpreter, cpython: Interpreter) -> None:
    rng = random.Random(6238)
    good = [
        "secret=ABCDEFGH",
        "issuer=ACME",
        "counter=5",
        "digits=8",
        "period=60",
        "algorithm=sha-256",
        "t0=7",
    ]
    good += ["image=x", "digits=08", "SECRET=abcd%20efgh", "period=3600"]
    bad = [
        "secret=A1",
        "digits=9",
        "x=1",
        "issuer=",
        "counter=-1",
        "%",
        "%4",
        "issuer=%ED%A0%80",
        "issuer=%E9",
    ]
    uris = []
    for _ in range(600):
        path = rng.choice(["totp/", "hotp/"]) + rng.choice(
            ["alice", "ACME:alice", "%C3%A9", "é", "a%2", "", "a+b"]
        )
        query = [*rng.sample(good, rng.randint(1, 5)), *rng.sample(bad, rng.choice([0, 0, 1]))]
        uris.append(f"otpauth://{path}?{'&'.join(query)}{rng.choice(['', '', '#end'])}")
    label = quote("Größe & Co:älice+work@example.com")
    for kind in ("totp", "hotp"):
        uris.append(
            f"otpauth://{kind}/{label}?secret=ABCDEFGH&counter={(1 << 64) - 1}&period=3600&t0=4294967295"
        )
    uris += [f"otpauth://totp/a?secret=ABCDEFGH&digits={digits}" for digits in ("٦", "6.0", "1" * 21, "")]
    outcomes = alike(board_vm, cpython, [("otpauth parse", uri) for uri in uris])
    assert sum(kind == "ok" for kind, _ in outcomes) >= 50
    assert len({value.split(":")[0] for kind, value in outcomes if kind != "ok"}) >= 8
    kinds = [account(kind=kind, counter=7, t0=9, name="Größe 1", issuer="Ä&B") for kind in ("totp", "hotp")]
    alike(board_vm, cpython, [("otpauth build", values) for values in kinds])


def random_value(rng: random.Random, depth: int) -> object:
    pick = rng.randrange(8 if depth else 5)
    if pick == 0:
        return rng.choice([1, -1]) * rng.getrandbits(rng.randint(1, 63))
    if pick == 1:
        return rng.randbytes(rng.choice([0, 1, 23, 24, 255, 256, 300]))
    if pick == 2:
        return "".join(rng.choices("aé€😀\0", k=rng.randint(0, 30)))
    if pick == 3:
        return rng.random() < 0.5
    if pick == 4:
        return rng.choice(
            [0, 23, 24, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1, -(1 << 64)]
        )
    if pick < 7:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return {
        rng.getrandbits(rng.randint(1, 33)): random_value(rng, depth - 1) for _ in range(rng.randint(0, 4))
    }


def test_cbor(board_vm: Interpreter, cpython: Interpreter) -> None:
    rng = random.Random(8949)
    values = [random_value(rng, 5) for _ in range(300)]
    encoded = [cbor2.dumps(value, canonical=True) for value in values]
    check(board_vm, [(("cbor encode", value), data) for value, data in zip(values, encoded, strict=True)])
    check(board_vm, [(("cbor decode", data), value) for value, data in zip(values, encoded, strict=True)])
    damaged = [mutated(rng, rng.choice(encoded)) for _ in range(1500)]
    damaged += [rng.randbytes(rng.randint(0, 40)) for _ in range(500)]
    damaged += [b"\x81" * depth + b"\x00" for depth in (5, 6, 7, 60, 1000)]
    damaged += [b"\x9b" + b"\xff" * 8, b"\xbb" + b"\x7f" * 8, b"\x5b" + b"\xff" * 8, b"\x1b" + bytes(8)]
    outcomes = alike(board_vm, cpython, [("cbor decode", data) for data in damaged])
    assert {kind for kind, _ in outcomes} == {"ok", "BadMessage"}


def mutated(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out) + 1)
        out[at : at + rng.choice([0, 1])] = rng.randbytes(rng.choice([0, 1, 1]))
    return bytes(out)


def test_text_is_strict_utf8(board_vm: Interpreter) -> None:
    good = [text.encode() for text in GOOD_UTF8]
    pairs = [(("cbor decode", bytes([0x60 + len(data)]) + data), data.decode()) for data in good]
    check(board_vm, pairs)
    outcomes = board_vm.run([("cbor decode", bytes([0x60 + len(data)]) + data) for data in BAD_UTF8])
    assert outcomes == [("BadMessage", "a text is not UTF-8")] * len(BAD_UTF8)


def framed(payload: bytes) -> bytes:
    return b"\0" + cobs.encode(payload + zlib.crc32(payload).to_bytes(4, "little")) + b"\0"


def test_frames(board_vm: Interpreter) -> None:
    rng = random.Random(1999)
    sizes = [0, 1, 2, 248, 249, 250, 251, 252, 253, 254, 255, 256, 502, 503, 504, 505, 508, 509, 1023, 1024]
    fillings = [b"\0", b"\x01", b"\xff", b"\0\x01", b"\x01" * 254 + b"\0"]
    payloads = [(filling * size)[:size] for size in sizes for filling in fillings]
    payloads += [rng.randbytes(rng.randint(0, MAX_PAYLOAD)) for _ in range(60)]
    check(board_vm, [(("frame encode", payload), framed(payload)) for payload in payloads])
    check(board_vm, [(("frames", [framed(payload)]), ([payload], 0)) for payload in payloads])


def test_frames_in_pieces_noise_and_over_long(board_vm: Interpreter, cpython: Interpreter) -> None:
    rng = random.Random(254)
    cases: list[Case] = []
    for _ in range(150):
        parts = [framed(rng.randbytes(rng.randint(0, 300))) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.5:
            parts.insert(rng.randrange(len(parts) + 1), rng.randbytes(rng.randint(0, 400)))
        stream = b"".join(parts)
        if rng.random() < 0.3:
            stream = mutated(rng, stream)
        cuts = sorted(rng.randrange(len(stream) + 1) for _ in range(rng.randint(0, 6)))
        edges = [0, *cuts, len(stream)]
        cases.append(("frames", [stream[a:b] for a, b in itertools.pairwise(edges)]))
    good = framed(b"the next one")
    cases.append(("frames", [good], b"\x01" * 500, 400))
    cases.append(("frames", [b"\0" + b"\xff" * 1034 + good, good]))
    cases += [("frames", [b"\0" + bytes([code]) + b"ab\0" + good]) for code in (1, 2, 3, 4, 255)]
    outcomes = alike(board_vm, cpython, cases)
    assert all(value[0][-1:] == [b"the next one"] for _, value in outcomes[-7:])
    assert outcomes[-7][1] == ([b"the next one"], 1)


def value_of(field: messages.Field, rng: random.Random, top: bool) -> object:
    if isinstance(field.kind, tuple):
        if isinstance(field.kind[0], str):
            return rng.choice(field.kind)
        return [{inner.name: value_of(inner, rng, top) for inner in field.kind} for _ in range(2)]
    if field.kind == "int":
        return field.high if top else rng.randint(field.low, field.high)
    if field.kind == "bool":
        return top
    size = field.high if top else rng.randint(field.low, field.high)
    return rng.randbytes(size) if field.kind == "bytes" else "é" * (size // 2) + "e" * (size % 2)


@pytest.mark.parametrize("direction", ["request", "response"])
def test_every_message_of_the_table(board_vm: Interpreter, cpython: Interpreter, direction: str) -> None:
    rng = random.Random(13)
    cases = []
    for command in messages.COMMANDS:
        fields = getattr(command, direction)
        for attempt in range(4):
            values = {field.name: value_of(field, rng, attempt == 0) for field in fields}
            cases.append((direction, rng.getrandbits(32), command.name, values))
        for field in fields:  # each one left out, and each one beyond its limits
            rest = {name: value for name, value in values.items() if name != field.name}
            cases.append((direction, 1, command.name, rest))
            if field.kind == "int":
                cases.append((direction, 1, command.name, {**rest, field.name: field.high + 1}))
            elif field.kind == "text":
                cases.append((direction, 1, command.name, {**rest, field.name: "x" * (field.high + 1)}))
    outcomes = alike(board_vm, cpython, cases)
    assert {kind for kind, _ in outcomes} == {"ok", "BadValue"}
    encoded = [value[0] for kind, value in outcomes if kind == "ok"]
    assert all(cbor2.dumps(cbor2.loads(data), canonical=True) == data for data in encoded)
    if direction == "request":
        damaged = [mutated(rng, rng.choice(encoded)) for _ in range(1000)]
        outcomes = alike(board_vm, cpython, [("read request", data) for data in damaged])
        assert {kind for kind, _ in outcomes} == {"ok", "BadMessage", "BadValue"}


def test_a_board_file(board_vm: Interpreter, cpython: Interpreter) -> None:
    texts = [
        'id = "pico"\n# remark\n\n[i2c]\nscl = "GP1"\nfrequency = 400_000\naddress = 0x3c'
        '\n[b]\nx = ["a", "b",]\ny = true',
        "x",
        "x = maybe",
        'x = "a',
        'x = "a\\n"',
        "[a]\nx = [1, 2]\ny = []",
    ]
    outcomes = alike(board_vm, cpython, [("board file", text) for text in texts])
    assert [kind for kind, _ in outcomes] == [
        "ok",
        "ValueError",
        "ValueError",
        "ValueError",
        "ValueError",
        "ok",
    ]
