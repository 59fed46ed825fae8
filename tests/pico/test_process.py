"""`fobsim run --engine pico` as users run it: its port, its commands, and a restart on the same folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tokencore.account import Account

from boards.simulator.pico import drive
from provisioner import Token
from tests.e2e.fob import Fob, run

PATIENT = (120.0, 120.0)  # seconds of the host's clock; the token's passes some 20 times slower
ACCOUNT = Account(b"12345678901234567890", "first", "Example", kind="hotp")


def _until(done: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.mark.timeout(1800)
def test_token_is_served_and_its_folder_kept(uf2: Path, tmp_path: Path) -> None:
    folder = tmp_path / "token"
    with Fob(folder, "--engine", "pico", "--uf2", str(uf2)) as fob:
        assert fob.line["board"] == "raspberry_pi_pico"
        _until(lambda: "No accounts" in fob.screen()[1])
        with Token.open(fob.port, PATIENT) as token:
            assert token.serial == fob.line["serial"]
            assert token.add(ACCOUNT) == 0
        _until(lambda: "for the next code" in fob.screen()[1])
        fob.press("confirm")
        _until(lambda: "755 224" in fob.screen()[1])
        refused = run("fobsim", "clock", "--state", str(folder), "--advance", "60")
        assert refused.returncode == 3
        assert "cpython" in refused.stderr
        assert json.loads(run("fobsim", "clock", "--state", str(folder)).stdout)["utc"] > 0
        assert run("fobsim", "stop", "--state", str(folder)).returncode == 0
        told = fob.process.communicate(timeout=30)[1]
    assert "on USB with interfaces 02/02 0a/00" in told
    assert " 08/" not in told  # no mass storage

    with Fob(folder, "--engine", "pico", "--uf2", str(uf2)) as fob:
        _until(lambda: "for the next code" in fob.screen()[1])
        with Token.open(fob.port, PATIENT) as token:
            (account,) = token.accounts()
        assert (account.issuer, account.name, account.counter) == ("Example", "first", 1)
    flash = (folder / "flash.bin").read_bytes()
    assert (folder / "flash.bin").stat().st_mode & 0o077 == 0
    assert b"boot.py output:" in drive.read(flash[4096:], "boot_out.txt")

    other = run("fobsim", "run", "--state", str(folder))
    assert other.returncode == 3
    assert "use another folder" in other.stderr
