"""HOTP and TOTP against the RFCs' vectors and against three implementations by others."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import shutil
import subprocess
from base64 import b32encode
from pathlib import Path

import pyotp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor import hotp as twofactor
from hypothesis import given
from hypothesis import strategies as st
from tokencore import otp
from tokencore.account import MAX_TIME
from tokencore.sha512 import sha512

VECTORS = Path(__file__).parents[1] / "vectors"
HOTP = json.loads((VECTORS / "rfc4226_hotp.json").read_text())
TOTP = json.loads((VECTORS / "rfc6238_totp.json").read_text())["vectors"]
HASHES = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256, "SHA512": hashes.SHA512}


@pytest.mark.parametrize("vector", HOTP["vectors"], ids=lambda vector: str(vector["counter"]))
def test_rfc_4226_appendix_d(vector: dict) -> None:
    secret = bytes.fromhex(HOTP["secret_hex"])
    mac = otp.hmac_digest("SHA1", secret, otp.moving_factor(vector["counter"]))
    assert mac.hex() == vector["hmac_sha1"]
    assert otp.truncate(mac) == vector["truncated_dec"] == int(vector["truncated_hex"], 16)
    assert otp.hotp(secret, vector["counter"]) == vector["code6"]


@pytest.mark.parametrize("vector", TOTP, ids=lambda vector: f"{vector['algorithm']}-{vector['time']}")
def test_rfc_6238_appendix_b(vector: dict) -> None:
    step = otp.time_step(vector["time"], vector["step"], vector["t0"])
    assert step == int(vector["counter_hex"], 16)
    secret = bytes.fromhex(vector["secret_hex"])
    code = otp.totp(
        secret, vector["time"], vector["digits"], vector["step"], vector["t0"], vector["algorithm"]
    )
    assert code == vector["code"]


def host_hmac(algorithm: str, key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, algorithm)


def pyca_hotp(secret: bytes, counter: int, digits: int, algorithm: str) -> str:
    hotp = twofactor.HOTP(secret, digits, HASHES[algorithm](), enforce_key_length=False)
    return hotp.generate(counter).decode()


def random_cases(count: int, seed: int) -> list[tuple]:
    rng = random.Random(seed)
    cases = []
    for _ in range(count):
        period = rng.choice((1, 15, 30, 60, 3600, rng.randint(1, 3600)))
        t0 = rng.choice((0, 0, rng.randint(0, 2**31)))
        utc = rng.choice((t0, MAX_TIME, rng.randint(t0, MAX_TIME)))
        algorithm, digits = rng.choice(otp.ALGORITHMS), rng.randint(6, 8)
        cases.append((rng.randbytes(rng.randint(1, 128)), utc, digits, period, t0, algorithm))
    return cases


@pytest.mark.parametrize("part", range(4))
def test_100000_random_cases_equal_cryptography(part: int) -> None:
    rng = random.Random(part)
    for secret, utc, digits, period, t0, algorithm in random_cases(25_000, part):
        step = (utc - t0) // period
        expected = pyca_hotp(secret, step, digits, algorithm)
        # The device's own HMAC where hashlib is underneath it; its SHA-512 in Python has a test below.
        own = otp.hmac_digest if algorithm != "SHA512" else host_hmac
        assert otp.totp(secret, utc, digits, period, t0, algorithm, own) == expected
        counter = rng.choice((0, otp.MAX_COUNTER, rng.getrandbits(32), rng.getrandbits(64)))
        expected = pyca_hotp(secret, counter, digits, algorithm)
        assert otp.hotp(secret, counter, digits, algorithm, own) == expected


def test_2000_random_cases_with_the_devices_own_sha512() -> None:
    for secret, utc, digits, period, t0, _ in random_cases(2_000, 512):
        expected = pyca_hotp(secret, (utc - t0) // period, digits, "SHA512")
        assert otp.totp(secret, utc, digits, period, t0, "SHA512") == expected


@given(st.binary(min_size=14, max_size=128), st.integers(0, otp.MAX_COUNTER), st.integers(6, 8))
def test_any_counter_gives_pyotps_code(secret: bytes, counter: int, digits: int) -> None:
    theirs = pyotp.HOTP(b32encode(secret).decode(), digits=digits)
    assert otp.hotp(secret, counter, digits) == theirs.at(counter)


@pytest.mark.skipif(shutil.which("oathtool") is None, reason="oathtool is not installed (Debian: oathtool)")
def test_300_random_cases_equal_oathtool() -> None:
    for secret, utc, digits, period, t0, algorithm in random_cases(300, 300):
        mode = f"--totp={algorithm.lower()}"
        arguments = [mode, f"-d{digits}", f"-s{period}s", f"-S@{t0}", f"-N@{utc}", secret.hex()]
        done = subprocess.run(["oathtool", *arguments], capture_output=True, text=True, check=True)
        assert otp.totp(secret, utc, digits, period, t0, algorithm) == done.stdout.strip(), arguments[:-1]


@pytest.mark.parametrize("length", [*range(260), 1000, 1023, 1024])
def test_sha512_at_every_length_about_its_blocks(length: int) -> None:
    message = bytes(n * 7 & 0xFF for n in range(length))
    assert sha512(b"", message) == hashlib.sha512(message).digest()
    block = bytes(128)
    assert sha512(sha512.prepare(block), message) == hashlib.sha512(block + message).digest()


@given(
    st.sampled_from(otp.ALGORITHMS), st.binary(max_size=300), st.lists(st.binary(max_size=200), max_size=3)
)
def test_a_prepared_key_gives_the_hosts_macs(algorithm: str, key: bytes, messages: list[bytes]) -> None:
    prepared = otp.HmacKey(algorithm, key)
    for message in messages:
        assert prepared.digest(message) == host_hmac(algorithm, key, message)
    assert len(key) < 8 or key.hex() not in repr(prepared)


@pytest.mark.parametrize("counter", [-1, 1 << 64])
def test_a_counter_has_64_bits(counter: int) -> None:
    with pytest.raises(ValueError, match=r"0 to 2\*\*64 - 1"):
        otp.hotp(b"secret", counter)


def test_what_is_not_said_is_what_most_issuers_use() -> None:
    assert otp.totp(b"12345678901234567890", 59) == "287082" == otp.hotp(b"12345678901234567890", 1)
    assert [otp.time_step(utc) for utc in (0, 29, 30, 59, 60)] == [0, 0, 1, 1, 2]


def test_a_time_before_t0_is_refused() -> None:
    with pytest.raises(ValueError, match="T0"):
        otp.time_step(99, 30, 100)
    assert otp.time_step(100, 30, 100) == 0


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="SHA1, SHA256 or SHA512"):
        otp.HmacKey("MD5", b"secret")
