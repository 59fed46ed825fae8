"""One-time passwords on a board's interpreters: the RFCs' vectors, and random cases against hmac."""

from __future__ import annotations

import hmac
import json
import random
from pathlib import Path

from tests.vm.interpreters import Case, Interpreter

VECTORS = Path(__file__).parents[1] / "vectors"
BLOCKS = (1, 19, 20, 21, 55, 63, 64, 65, 111, 112, 127, 128)  # secrets about the edges of hash blocks
ALGORITHMS = ("SHA1", "SHA256", "SHA512")
COUNTERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
TIMES = (0, 59, 946684800, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def by_hmac(secret: bytes, counter: int, digits: int, algorithm: str) -> str:
    """RFC 4226 section 5.3, written with the standard library."""
    mac = hmac.digest(secret, counter.to_bytes(8, "big"), algorithm)
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 10**digits:0{digits}d}"


def hotp_cases(rng: random.Random, count: int) -> list[tuple[Case, str]]:
    found = []
    for number in range(count):
        secret = rng.randbytes(BLOCKS[number] if number < len(BLOCKS) else rng.randint(1, 128))
        counter = COUNTERS[number] if number < len(COUNTERS) else rng.getrandbits(rng.randint(1, 64))
        digits, algorithm = rng.randint(6, 8), ALGORITHMS[number % 3]
        case = ("hotp", secret, counter, digits, algorithm)
        found.append((case, by_hmac(secret, counter, digits, algorithm)))
    return found


def totp_cases(rng: random.Random, count: int) -> list[tuple[Case, str]]:
    found = []
    for number in range(count):
        secret = rng.randbytes(rng.randint(1, 128))
        utc = TIMES[number] if number < len(TIMES) else rng.randrange(1 << 32)
        t0 = rng.choice([0, rng.randint(0, utc)])
        period, digits, algorithm = rng.randint(1, 3600), rng.randint(6, 8), ALGORITHMS[number % 3]
        case = ("totp", secret, utc, digits, period, t0, algorithm)
        found.append((case, by_hmac(secret, (utc - t0) // period, digits, algorithm)))
    return found


def check(board_vm: Interpreter, pairs: list[tuple[Case, object]]) -> None:
    outcomes = board_vm.run(case for case, _ in pairs)
    wrong = [(*pair, got) for pair, got in zip(pairs, outcomes, strict=True) if got != ("ok", pair[1])]
    assert wrong == []


def test_the_vectors_of_rfc_4226(board_vm: Interpreter) -> None:
    data = json.loads((VECTORS / "rfc4226_hotp.json").read_text())
    secret = bytes.fromhex(data["secret_hex"])
    pairs: list[tuple[Case, object]] = []
    for vector in data["vectors"]:
        mac = bytes.fromhex(vector["hmac_sha1"])
        pairs += [
            (("hmac", "SHA1", secret, vector["counter"].to_bytes(8, "big")), mac),
            (("truncate", mac), vector["truncated_dec"]),
            (("hotp", secret, vector["counter"], data["digits"], data["algorithm"]), vector["code6"]),
        ]
    assert len(pairs) == 30
    check(board_vm, pairs)


def test_the_vectors_of_rfc_6238(board_vm: Interpreter) -> None:
    vectors = json.loads((VECTORS / "rfc6238_totp.json").read_text())["vectors"]
    fields = ("time", "digits", "step", "t0", "algorithm")
    pairs = [
        (("totp", bytes.fromhex(v["secret_hex"]), *[v[field] for field in fields]), v["code"])
        for v in vectors
    ]
    assert len(pairs) == 18
    check(board_vm, pairs)


def test_random_secrets_counters_and_times(board_vm: Interpreter) -> None:
    rng = random.Random(4226)
    check(board_vm, hotp_cases(rng, 1000) + totp_cases(rng, 1000))


def test_macs_of_long_keys_and_messages(board_vm: Interpreter) -> None:
    rng = random.Random(2104)
    pairs = []
    for number in range(120):
        algorithm = ALGORITHMS[number % 3]
        key, message = rng.randbytes(rng.randint(0, 300)), rng.randbytes(rng.randint(0, 400))
        pairs.append((("hmac", algorithm, key, message), hmac.digest(key, message, algorithm)))
    check(board_vm, pairs)


def test_what_has_no_code_is_refused(board_vm: Interpreter, cpython: Interpreter) -> None:
    cases = [
        ("hotp", b"secret", 1 << 64),
        ("hotp", b"secret", -1),
        ("hotp", b"secret", 0, 6, "MD5"),
        ("totp", b"secret", 29, 6, 30, 30),
    ]
    outcomes = board_vm.run(cases)
    assert [outcome[0] for outcome in outcomes] == ["ValueError"] * 4
    assert outcomes == cpython.run(cases)
