"""An owner's life on CircuitPython's own image: enrolment, a PIN, a restart, and a session taken up again."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from tokencore import messages, otpauth, seals
from tokencore.account import Account
from tokencore.errors import Locked, WrongPin

from boards.compiling import Compiler
from provisioner import sync
from provisioner.primitives import HostPrimitives
from provisioner.recipient import Recipient
from tests.pico.bench import emulated

UTC = 1_800_000_000
PIN = "246813"
SEED = 20  # bytes that the token draws for SHA-1
RESUMED_NS = 500_000_000  # what a session may take that is taken up again, and its first answer


@pytest.mark.timeout(3000)
def test_owner_enrols_locks_and_comes_back(
    uf2: Path, compiler: Compiler | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pico = emulated(uf2, UTC, tmp_path, compiler)
    assert pico.until(lambda: "No owner yet" in pico.texts())
    pico.connect(monkeypatch)
    pico.pair()
    sync.synchronise(pico.token, pico.now_ns)

    primitives = HostPrimitives()
    private = primitives.random(32)
    fields = messages.account_fields(Account(b"none", issuer="Bank", name="alice"))
    with pico.pressing("New account?"):
        answer = pico.token.enroll(fields, primitives.random(32), primitives.public(private))
    info = seals.enrol_info(pico.token.serial)
    uri = Recipient(private, answer["enc"], info).open(b"", answer["sealed"]).decode()
    drawn = otpauth.parse(uri)
    assert (drawn.issuer, drawn.name, len(drawn.secret)) == ("Bank", "alice", SEED)
    code = pico.code("Bank", "alice")
    assert code.code == pyotp.parse_uri(uri).at(code.utc)

    pico.token.set_pin(PIN)
    pico.token.lock()
    assert pico.until(lambda: "Locked" in pico.texts())
    with pytest.raises(Locked):
        pico.token.accounts()
    with pytest.raises(WrongPin):
        pico.token.unlock("246814")
    pico.token.unlock(PIN)
    assert [account.name for account in pico.token.accounts()] == ["alice"]

    begin_ns = pico.now_ns()
    pico.connect(monkeypatch)  # a second session, taken up by the secret of the first
    assert pico.token.status().role == "owner"
    assert pico.now_ns() - begin_ns < RESUMED_NS
    pico.simulator._chip.restart()  # type: ignore[union-attr]
    assert pico.until(lambda: pico.simulator.host.connected)  # type: ignore[union-attr]
    assert pico.until(lambda: "Locked" in pico.texts())
    pico.connect(monkeypatch)
    status = pico.token.status()
    assert (status.locked, status.tries) == (True, 10)
    pico.token.unlock(PIN)
    assert pico.code("Bank", "alice").code == pyotp.parse_uri(uri).at(pico.now_ns() // 10**9)
