"""Enrolment and backup on a board's interpreters: what they seal is opened here."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from tokencore import messages, otpauth, seals

from provisioner.recipient import Recipient
from tests.firmware.parts import SERIAL
from tests.vm.interpreters import WHOLE_HEAP_64, Case, Interpreter
from tests.vm.test_formats import account

MICROPYTHON_HEAP = WHOLE_HEAP_64
UTC = 1_800_000_000
PRIVATE = bytes(range(1, 33))
KEY = X25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
# In a heap this small the question may have to wait for memory: it is read before it is answered.
PRESSED: list[Case] = [("run", 1000), ("press", "confirm"), ("run", 100)]
SEAL = {"contribution": bytes(32), "key": KEY}


def asked(name: str, algorithm: str) -> dict:
    """The fields of an account to enrol."""
    fields = account(issuer="ACME", name=name, algorithm=algorithm)
    return {field: value for field, value in fields.items() if field != "secret"} | SEAL


def test_a_board_seals_what_the_verifier_and_the_recovery_key_open(board_vm: Interpreter) -> None:
    path = board_vm.drive_file()
    steps: list[Case] = [("start", path, UTC, False, 100)]
    for name, algorithm in (("anna", "SHA1"), ("bob", "SHA256")):
        steps += [("send", "enroll", asked(name, algorithm)), *PRESSED]
    steps += [("send", "backup", {"key": KEY}), *PRESSED]
    steps += [("send", "backup_page", {"index": index}) for index in (0, 1, 1)]
    outcomes = board_vm.run(steps)
    os.remove(path)
    assert [outcome for outcome in outcomes if outcome[0] != "ok"] == []
    told = [fields for _, value in outcomes for _, status, fields in value[0] if status == messages.OK]
    first, second, begun, *pages = told
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    private = X25519PrivateKey.from_private_bytes(PRIVATE)
    info = seals.enrol_info(SERIAL)
    uris = [suite.decrypt(answer[1] + answer[2], private, info).decode() for answer in (first, second)]
    drawn = [otpauth.parse(uri) for uri in uris]
    assert [(one.name, len(one.secret)) for one in drawn] == [("anna", 20), ("bob", 32)]
    assert begun[2] == 2
    recipient = Recipient(PRIVATE, begun[1], seals.backup_info(SERIAL, 2))
    assert [recipient.open(b"", page[1]).decode() for page in pages[:2]] == uris
    assert pages[2] == pages[1]
