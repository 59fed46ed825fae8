"""The sealed vault on a board's interpreters: what they store opens on a host, and a PIN is kept alike."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from tokencore.noise import run
from tokenfw.vault import Vault

from provisioner.primitives import HostPrimitives
from tests.firmware.media import RamMedium, RamSecret
from tests.vm.interpreters import Case, Interpreter

PIN, WIPE_PIN, OWNER = b"246813", b"000000", bytes(range(32))


def test_stretching_a_pin(board_vm: Interpreter) -> None:
    rng = random.Random(8018)
    cases: list[Case] = []
    for length, rounds in ((0, 1), (4, 2), (6, 41), (63, 42), (64, 81), (65, 300), (128, 1000)):
        cases.append(("vault stretch", rng.randbytes(length), rng.randbytes(16), rounds))
    for case, (kind, outcome) in zip(cases, board_vm.run(cases), strict=True):
        _, pin, salt, rounds = case
        assert kind == "ok"
        assert outcome == [hashlib.pbkdf2_hmac("sha256", pin, salt, rounds), -(-(rounds - 1) // 40)]


def test_a_vault_with_a_pin(board_vm: Interpreter) -> None:
    path = board_vm.drive_file()
    secrets = {f"näme{number}": bytes([number]) * 20 for number in range(12)}
    cases: list[Case] = [("vault start", path, 12)]
    cases += [("vault add", name, secret) for name, secret in secrets.items()]
    cases += [
        *(("vault call", "take_counter", 3), ("vault call", "take_counter", 3)),
        *(("vault call", "remove", 0), ("vault call", "move", 0, 10), ("vault call", "rename", 0, "", "new")),
        *(("vault call", "set_typing", 1, "enter"), ("vault call", "set_owner", OWNER)),
        *(("vault call", "set_clock_floor", 0xFFFFFFFF, [-1, 2, 1 << 40]), ("vault accounts",)),
        *(("vault call", "set_pin", PIN, WIPE_PIN), ("vault start", path, 12), ("vault accounts",)),
        *(("vault call", "take_counter", 3), ("vault call", "unlock", b"123456", 0)),
        *(("vault call", "unlock", b"123", 0), ("vault start", path, 12), ("vault call", "unlock", PIN, 0)),
        *(("vault accounts",), ("vault told",), ("vault nvm", path)),
    ]
    outcomes = dict(enumerate(board_vm.run(cases)))
    first = 1 + len(secrets)
    expected = [("Größe", name, secret, 0, "code") for name, secret in secrets.items()]
    expected[3] = (*expected[3][:3], 2, "code")
    del expected[0]
    expected.append(expected.pop(0))
    record = [OWNER, (-1, 2, 1 << 40)]
    assert outcomes[0] == ("ok", ["", False, 0, [False, False, False, 10], 32, b"", ()])
    listed = outcomes[first + 8][1]
    expected[0] = ("", "new", *expected[0][2:])
    expected[1] = (*expected[1][:4], "enter")
    assert listed == expected
    assert outcomes[first + 10] == ("ok", ["", True, 0, [True, True, True, 10], 32, *record])
    assert outcomes[first + 11] == ("ok", [])
    assert outcomes[first + 12][0] == "Locked"
    assert outcomes[first + 13] == ("ok", False)
    assert outcomes[first + 14][0] == "BadValue"
    assert outcomes[first + 15] == ("ok", ["", True, 0, [True, True, True, 9], 32, *record])
    assert outcomes[first + 16] == ("ok", True)
    assert outcomes[first + 17] == ("ok", expected)
    assert outcomes[first + 18] == ("ok", ["", False, 11, [True, True, True, 10], 32, *record])
    # A host reads the same out of the same bytes, and a board what a host has written.
    nvm = outcomes[first + 19][1]
    medium, secret = RamMedium(Path(path).read_bytes()), RamSecret(nvm)
    vault = Vault(medium, secret, HostPrimitives(), 12)
    assert vault.locked and run(vault.unlock(PIN, 0))
    accounts = [vault.account(position) for position in range(len(vault))]
    assert [(a.issuer, a.name, a.secret, a.counter, a.typing) for a in accounts] == expected


def test_the_wipe_pin_and_the_tenth_failure(board_vm: Interpreter) -> None:
    path = board_vm.drive_file()
    cases: list[Case] = [("vault start", path, 12)]
    for ending in ("wipe PIN", "ten"):
        cases += [("vault add", "a", bytes(20)), ("vault call", "set_pin", PIN, WIPE_PIN)]
        cases += [("vault call", "lock")]
        if ending == "ten":
            cases += [("vault call", "unlock", b"999999", 10_000_000 * number) for number in range(10)]
        else:
            cases += [("vault call", "unlock", WIPE_PIN, 0)]
        cases += [("vault told",)]
    outcomes = board_vm.run([*cases, ("vault start", path, 12)])
    assert {kind for kind, _ in outcomes} == {"ok"}
    empty = ["", False, 0, [False, False, False, 10], 32, b"", ()]
    assert [value for _, value in outcomes if isinstance(value, list) and value == empty] == [empty] * 4
