"""Enrolment on the token: what it draws, what it gives out, and that nothing leaves without a press."""

from __future__ import annotations

import hashlib
import hmac
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from tokencore import errors, messages, otpauth
from tokenfw import enrol

from tests.firmware.hosts import DESK, Host, public
from tests.firmware.parts import SERIAL, Bench

VERIFIER = X25519PrivateKey.generate()
KEY = VERIFIER.public_key().public_bytes_raw()
FIELDS = {
    "issuer": "ACME", "name": "anna", "kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30, "t0": 0,
    "counter": 0, "contribution": bytes(32), "key": KEY,
}  # fmt: skip
INFO = b"fobsmith enroll 1 " + SERIAL.encode()


@pytest.fixture
def host() -> Host:
    bench = Bench()
    bench.vault.set_owner(public(DESK))
    return Host(bench).connect()


def opened(answer: dict, info: bytes = INFO) -> str:
    """What is in the blob, by the package cryptography."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    return suite.decrypt(answer["enc"] + answer["sealed"], VERIFIER, info).decode()


@pytest.mark.parametrize(
    ("changes", "length"),
    [
        ({}, 20),
        ({"algorithm": "SHA256", "digits": 8, "period": 60}, 32),
        ({"algorithm": "SHA512"}, 64),
        ({"kind": "hotp", "counter": 2**40, "issuer": ""}, 20),
        ({"issuer": "é" * 32, "name": "ü" * 32, "algorithm": "SHA512", "t0": 4_000_000_000}, 64),
    ],
)
def test_the_verifier_opens_the_account_that_the_token_keeps(host, changes, length) -> None:
    answer = host.press("enroll", **(FIELDS | changes))
    account = otpauth.parse(opened(answer))
    kept = host.bench.vault.account(answer["position"])
    assert otpauth.build(kept) == otpauth.build(account)
    assert len(account.secret) == length
    asked = {name: getattr(account, name) for name in FIELDS if name not in ("contribution", "key")}
    assert asked == {name: value for name, value in (FIELDS | changes).items() if name in asked}


def test_another_hpke_opens_it_too(host) -> None:
    answer = host.press("enroll", **FIELDS)
    suite = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
    key = KEMKey.from_pyca_cryptography_key(VERIFIER)
    text = suite.create_recipient_context(answer["enc"], key, INFO).open(answer["sealed"])
    assert text.decode() == opened(answer)


def test_it_is_bound_to_the_token(host) -> None:
    answer = host.press("enroll", **FIELDS)
    with pytest.raises(Exception, match=r"^$"):
        opened(answer, b"fobsmith enroll 1 another")


def test_the_screen_says_which_account_and_which_key(host) -> None:
    host.give(host.sealed("enroll", **FIELDS))
    question = host.bench.app.question
    digits = hashlib.sha256(KEY).hexdigest()
    assert tuple(question) == ("enroll", "ACME: anna", f"{digits[:4]} {digits[4:8]}")


def test_nothing_is_drawn_and_nothing_leaves_without_a_press(host, monkeypatch) -> None:
    drawn: list[str] = []
    draw = enrol.seed
    monkeypatch.setattr(enrol, "seed", lambda *arguments: drawn.append("seed") or draw(*arguments))
    (awaited,) = host.give(host.sealed("enroll", **FIELDS))
    assert host.read(awaited)[1] == messages.PRESS_AWAITED
    host.bench.run(messages.CONFIRM_MS + 1000)
    (refused,) = host.heard()
    assert host.read(refused)[1] == errors.NotConfirmed.status
    assert (drawn, len(host.bench.vault)) == ([], 0)
    host.press("enroll", **FIELDS)
    assert (drawn, len(host.bench.vault)) == (["seed"], 1)


def test_one_press_gives_one_sealing(host) -> None:
    """The same request again, within the repeat rule, gives the same answer; a new one asks for a press."""
    request = host.sealed("enroll", **FIELDS)
    host.give(request)
    host.bench.press("confirm")
    host.bench.run(200)
    (first,) = host.heard()
    (again,) = host.give(request)
    assert again == first
    assert host.read(first)[1] == messages.OK
    other = FIELDS | {"name": "bob"}
    (awaited,) = host.give(host.sealed("enroll", **other))
    assert host.read(awaited)[1] == messages.PRESS_AWAITED
    assert len(host.bench.vault) == 1


def test_what_cannot_be_is_refused_before_a_press(host) -> None:
    host.press("enroll", **FIELDS)
    for changes, error in (
        ({}, errors.AccountExists),
        ({"name": ""}, errors.BadValue),
        ({"digits": 9}, errors.BadValue),
        ({"name": "x\n"}, errors.BadValue),
    ):
        values = FIELDS | {"name": "anna"} | changes
        with pytest.raises((error, errors.BadValue)) as caught:
            host.result("enroll", host.give(host.sealed("enroll", **values)))
        assert isinstance(caught.value, error)
        assert host.bench.app.question is None
    assert len(host.bench.vault) == 1


def test_a_full_token_says_so_before_a_press() -> None:
    bench = Bench(capacity=7)
    bench.vault.set_owner(public(DESK))
    host = Host(bench).connect()
    for number in range(7):
        host.press("enroll", **(FIELDS | {"name": f"n{number}"}))
    with pytest.raises(errors.StoreFull):
        host.ask("enroll", **FIELDS)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), bytes.fromhex("ec" + "ff" * 30 + "7f")])
def test_a_key_of_small_order_gets_nothing(host, key) -> None:
    with pytest.raises(errors.BadValue):
        host.press("enroll", **(FIELDS | {"key": key}))
    assert len(host.bench.vault) == 0


def test_only_the_owner_may_ask(host) -> None:
    stranger = Host(host.bench, os.urandom(32)).connect()
    with pytest.raises(errors.NotOwner):
        stranger.ask("enroll", **FIELDS)


def test_the_seed_needs_both_sides_chance() -> None:
    """HKDF-SHA256 (RFC 5869), computed here by hand: the host's part is the salt, the token's the key."""

    class Chance:
        def __init__(self, drawn: bytes) -> None:
            self.drawn = drawn

        def random(self, length: int) -> bytes:
            assert length == len(self.drawn) == 32
            return self.drawn

    def expected(contribution: bytes, drawn: bytes, length: int) -> bytes:
        prk = hmac.digest(contribution, drawn, "sha256")
        out = block = b""
        for number in (1, 2):
            block = hmac.digest(prk, block + b"fobsmith seed 1" + bytes([number]), "sha256")
            out += block
        return out[:length]

    host_part, token_part = os.urandom(32), os.urandom(32)
    for algorithm, length in (("SHA1", 20), ("SHA256", 32), ("SHA512", 64)):
        seed = enrol.seed(Chance(token_part), host_part, algorithm)
        assert seed == expected(host_part, token_part, length)
    seeds = {
        enrol.seed(Chance(token), desk, "SHA256")
        for token in (token_part, bytes(32))
        for desk in (host_part, bytes(32))
    }
    assert len(seeds) == 4


def test_the_screen_goes_on_between_the_two_multiplications(host) -> None:
    """Each X25519 takes a board half a second: no step of the application does both."""
    steps: list[int] = []
    primitives = host.bench.app.primitives
    counted = {"now": 0}
    for name in ("public", "dh"):
        real = getattr(primitives, name)

        def count(*arguments, real=real):
            counted["now"] += 1
            return real(*arguments)

        setattr(primitives, name, count)
    step = host.bench.app.step

    def watched(now_ms: int) -> int:
        counted["now"] = 0
        rest = step(now_ms)
        steps.append(counted["now"])
        return rest

    host.bench.app.step = watched
    host.press("enroll", **FIELDS)
    assert max(steps) == 1
    assert sum(steps) == 2
