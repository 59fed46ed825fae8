"""Encrypted PSKC out: read by python-pskc and pskctool, and in again; and many tokens at once."""

import io
import os
import shutil
import stat
import subprocess

import pskc as python_pskc
import pytest
from tokencore import otpauth

from host_verify.errors import NotDone
from host_verify.seeds import container, pskc

from . import many
from .importing import Command
from .parts import NOON, account, code_at, code_of, open_store

PASSWORD = "correct horse battery"
ACCOUNTS = [
    account(issuer="A & B <c>", name="anna"),
    account(secret=b"b" * 32, kind="hotp", counter=2**63 - 5, digits=8, algorithm="SHA256", name="böb"),
    account(secret=bytes(range(64)), algorithm="SHA512", period=60, digits=7, name="zoë, the \"third\""),
]  # fmt: skip
GIVEN = [
    container.Given(f"{index:08x}", one, ("anna", "a=b, c", "")[index], ("S1", "S & 2", None)[index])
    for index, one in enumerate(ACCOUNTS)
]


@pytest.fixture
def command(tmp_path):
    made = Command(tmp_path)
    made.secrets = [PASSWORD, *[one.secret.hex() for one in ACCOUNTS]]
    return made


def written(key):
    return b"".join(container.write(GIVEN, key))


class Known:
    def __init__(self, text):
        self.text = text

    def password(self, what):
        return self.text

    def key(self, what):
        return bytes.fromhex(self.text)


SHARED = (container.shared(bytes(range(16))), bytes(range(16)).hex())
DERIVED = (container.of_password(PASSWORD, 1000), PASSWORD)


@pytest.mark.parametrize(("key", "text"), [SHARED, DERIVED], ids=["key", "password"])
def test_what_is_written_is_read_again_as_it_was(key, text):
    found, problems = pskc.read(written(key), Known(text))
    assert problems == []
    for seed, given in zip(found, GIVEN, strict=True):
        assert otpauth.build(seed.account) == otpauth.build(given.account)
        assert (seed.user, seed.serial) == (given.user, given.serial)


@pytest.mark.parametrize(("key", "text"), [SHARED, DERIVED], ids=["key", "password"])
def test_python_pskc_opens_it_and_finds_the_macs_right(key, text):
    document = python_pskc.PSKC(io.BytesIO(written(key)))
    if key is DERIVED[0]:
        document.encryption.derive_key(text)
    else:
        document.encryption.key = bytes.fromhex(text)
    for found, given in zip(document.keys, GIVEN, strict=True):
        one = given.account
        assert found.check()
        assert (found.secret, found.serial, found.response_length) == (one.secret, given.serial, one.digits)
        assert (found.issuer or "", found.friendly_name) == (one.issuer, one.name)
        assert found.counter == (one.counter if one.kind == "hotp" else None)
        assert found.time_interval == (one.period if one.kind == "totp" else None)


@pytest.mark.parametrize("algorithm", ["aes128-cbc", "aes256-cbc", "kw-aes128", "kw-aes256"])
@pytest.mark.parametrize("by", ["key", "password"])
def test_what_python_pskc_writes_is_read(algorithm, by):
    document = python_pskc.PSKC()
    for given in GIVEN:
        one = given.account
        device = document.add_device(serial=given.serial, manufacturer="M")
        key = device.add_key(
            id=given.id, algorithm=f"urn:ietf:params:xml:ns:keyprov:pskc:{one.kind}", secret=one.secret,
            response_length=one.digits, response_encoding="DECIMAL", issuer=one.issuer or None,
            friendly_name=one.name, algorithm_suite=f"HMAC-{one.algorithm}",
        )  # fmt: skip
        if one.kind == "hotp":
            key.counter = one.counter
        else:
            key.time_interval = one.period
    # Key wrap takes whole blocks of 8 bytes, which the numbers are not.
    fields = ["secret"] if algorithm.startswith("kw") else ["secret", "counter", "time_interval"]
    if by == "key":
        shared = bytes(range(32 if "256" in algorithm else 16))
        document.encryption.setup_preshared_key(key=shared, algorithm=algorithm, fields=fields)
        text = shared.hex()
    else:
        text = PASSWORD
        document.encryption.setup_pbkdf2(
            PASSWORD, algorithm=algorithm, iterations=1000, prf="hmac-sha256", fields=fields
        )
    out = io.BytesIO()
    document.write(out)
    found, problems = pskc.read(out.getvalue(), Known(text))
    assert problems == []
    for seed, given in zip(found, GIVEN, strict=True):
        one = given.account
        assert (seed.account.secret, seed.account.algorithm) == (one.secret, one.algorithm)
        assert (seed.account.counter, seed.account.period) == (one.counter, one.period)


@pytest.mark.skipif(not shutil.which("pskctool"), reason="pskctool is not installed")
@pytest.mark.parametrize("key", [SHARED[0], DERIVED[0]], ids=["key", "password"])
def test_pskctool_reads_it_and_finds_it_valid(key, tmp_path):
    file = tmp_path / "out.xml"
    file.write_bytes(written(key))
    said = subprocess.run(["pskctool", "--info", file], capture_output=True, text=True, check=True).stdout
    for given in GIVEN:
        assert f"Id: {given.id}" in said
        assert f"FriendlyName: {given.account.name}" in said
    assert "Response Format Length: 8" in said
    valid = subprocess.run(["pskctool", "--validate", file], capture_output=True, text=True, check=False)
    assert valid.stdout.strip() == "OK"


def test_a_token_that_pskc_cannot_say_is_named():
    given = container.Given("abcd", account(t0=5), "", None)
    with pytest.raises(NotDone, match="token abcd counts time from 5"):
        list(container.write([given], SHARED[0]))
    given = container.Given("abcd", account(kind="hotp", counter=2**63), "", None)
    with pytest.raises(NotDone, match="token abcd has a counter beyond"):
        list(container.write([given], SHARED[0]))
    for key in (b"", bytes(15), bytes(32)):
        with pytest.raises(NotDone, match="AES-128 needs 16"):
            container.shared(key)


def test_from_one_verifier_to_another_with_counters_and_users(command, tmp_path, monkeypatch):
    monkeypatch.setattr(container, "ROUNDS", 1000)
    monkeypatch.setattr(container.of_password, "__defaults__", (1000,))
    hotp = account(secret=b"h" * 20, kind="hotp", name="bob")
    for user, one in (("anna", account()), ("bob", hotp), ("gone", account(secret=b"g" * 20))):
        token = command.json(
            "token", "add", "--user", user, "--serial", f"S-{user}", given=otpauth.build(one)
        )
    command.run("token", "revoke", token["token"]["id"])
    for counter in range(3):
        command.code("bob", code_of(hotp, counter))
    file = tmp_path / "out.xml"
    said = command.run("export", file, "--pskc", given=f"{PASSWORD}\n").stdout
    assert "holds 2 tokens" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.strip(".").startswith("out")] == ["out.xml"]
    before = file.read_bytes()
    assert "exists already" in command.run("export", file, "--pskc", given=f"{PASSWORD}\n", status=1).stderr
    assert file.read_bytes() == before
    entry = command.json("audit", "show")["entries"][-1]
    assert (entry["action"], entry["reason"].partition(" to PSKC")[0]) == ("export", "2 tokens")
    (tmp_path / "other").mkdir()
    other = Command(tmp_path / "other")
    other.run("import", file, given=f"{PASSWORD}\n")
    assert other.code("anna", code_at(account(), NOON)) == "accepted"
    assert other.code("bob", code_of(hotp, 2), status=1) == "replayed"
    assert other.code("bob", code_of(hotp, 3)) == "accepted"


def _no_links(_source, _target):
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.parametrize("link", [os.link, _no_links], ids=["disk", "stick without links"])
def test_an_export_of_one_user_under_a_key(command, tmp_path, monkeypatch, link):
    monkeypatch.setattr(os, "link", link)
    for user in ("anna", "bob"):
        uri = otpauth.build(account(secret=user.encode() * 4))
        command.run("token", "add", "--user", user, given=uri)
    file = tmp_path / "out.xml"
    arguments = ["export", file, "--pskc", "--user", "bob", "--pre-shared-key"]
    assert "32 hex digits" in command.run(*arguments, given="00\n", status=1).stderr
    assert not file.exists()
    command.run(*arguments, given="00" * 16)
    (seed,), _ = pskc.read(file.read_bytes(), Known("00" * 16))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (seed.user, seed.account.secret) == ("bob", b"bob" * 4)
    assert "--pskc" in command.run("export", file, status=2).stderr


def test_many_tokens_are_imported_quickly(command):
    """100,000 take half a minute here (python -m tests.verifier.many); the test takes 2,000."""
    with open_store(command.path) as store:
        reading, storing, added = many.timed(store, many.encrypted(2000))
        assert added == 2000
        # 60 s for 100,000 would be 1.2 s: a machine that is busy may take four times that.
        assert reading + storing < 5
