"""The firmware on CircuitPython's own image: accounts, clock, codes and pictures, in the token's own time."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pyotp
import pytest
from tokencore.account import Account

from boards.compiling import Compiler
from boards.simulator.port import plug_in
from provisioner import sync
from tests.pico.bench import Fob, emulated

UTC = 1_800_000_000  # 2027-01-15 08:00:00
SECRET = b"12345678901234567890"
ACCOUNTS = [
    Account(SECRET, "one", "Example", digits=8),
    Account(SECRET[:12] + SECRET, "two", "Example", algorithm="SHA256"),
    Account(SECRET * 3 + b"1234", "three", "Example", algorithm="SHA512"),
    Account(SECRET, "count", "Example", kind="hotp"),
]
CLOSED = [2, 10, 3]  # classes of USB interfaces: the data port and the keyboard
_HASHES = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}


def _oracle(account: Account, factor: int) -> str:
    """Return what pyotp says for a time step or a counter."""
    secret = base64.b32encode(account.secret).decode()
    return pyotp.HOTP(secret, digits=account.digits, digest=_HASHES[account.algorithm]).at(factor)


def _other() -> Fob:
    """Return a token of the cpython engine, plugged in at the same time."""
    simulator, port = plug_in(UTC)
    return Fob(simulator, port._link, lambda: simulator.run(0.01))


def _settle(fob: Fob, text: str) -> None:
    assert fob.until(lambda: any(text in shown for shown in fob.texts())), fob.texts()


def _kinds(fob: Fob) -> list[int]:
    """Return the classes of the interfaces that the USB host has found."""
    return [part.kind for part in fob.simulator.host.interfaces]  # type: ignore[union-attr]


def _restart(fob: Fob) -> None:
    """Restart the token as microcontroller.reset() does, and wait until it is on USB again."""
    fob.simulator._chip.restart()  # type: ignore[union-attr]
    assert fob.until(lambda: fob.simulator.host.connected)  # type: ignore[union-attr]


@pytest.mark.timeout(1800)
def test_whole_life_on_the_real_interpreter(
    uf2: Path, compiler: Compiler | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pico, other = emulated(uf2, UTC, tmp_path, compiler), _other()
    for fob in (pico, other):
        _settle(fob, "No owner yet")
    assert pico.picture() == other.picture()
    assert _kinds(pico) == CLOSED
    assert b"raspberry_pi_pico" in pico.simulator.file("boot_out.txt")  # type: ignore[union-attr]

    for fob in (pico, other):
        fob.connect(monkeypatch)
        fob.pair()
        _settle(fob, "No accounts")
        for position, account in enumerate(ACCOUNTS):
            assert fob.token.add(account) == position
        _settle(fob, "for the next code")
        _settle(fob, "count")
    assert pico.picture() == other.picture()

    pico.connect(monkeypatch)
    assert pico.token.info().board == "raspberry_pi_pico"
    found = [(account.name, account.algorithm, account.kind) for account in pico.token.accounts()]
    assert found == [(account.name, account.algorithm, account.kind) for account in ACCOUNTS]

    with pico.pressing("Set the clock?"):
        done = sync.synchronise(pico.token, pico.now_ns)
    assert done.before.clock == "not set"
    assert done.after.offset_ns is not None
    assert abs(done.after.offset_ns) < 50_000_000
    # The chip counts whole seconds: one of the two may just have passed into the next.
    assert abs(pico.simulator.rtc.utc() - pico.now_ns() // 10**9) <= 1

    for account in ACCOUNTS:
        code = pico.code(account.issuer, account.name)
        factor = code.counter if account.kind == "hotp" else code.utc // account.period
        assert code.code == _oracle(account, factor)
        if account.kind == "totp":
            assert abs(code.utc - pico.now_ns() // 10**9) <= 2
        else:
            assert code.counter == 0
    _settle(pico, "755 224")  # RFC 4226's first code, on the screen

    other.connect(monkeypatch)
    assert other.code("Example", "count").code == "755224"
    _settle(other, "755 224")
    assert pico.until(lambda: "Send code?" not in pico.texts())
    # Their bars have begun at different moments; and one of them may still be at drawing.
    assert other.until(lambda: other.texts() == pico.texts()), (other.texts(), pico.texts())

    pico.simulator.press("previous", 80)
    _settle(pico, "three")
    assert pico.until(lambda: len([text for text in pico.texts() if text.replace(" ", "").isdigit()]) > 0)

    _restart(pico)
    _settle(pico, "one")
    assert _kinds(pico) == CLOSED
    pico.connect(monkeypatch)
    assert len(pico.token.accounts()) == len(ACCOUNTS)
