"""`fobsim run --engine pico` as users run it: its port, its commands, and a restart on the same folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tokencore.account import Account

from boards.simulator.pico import drive
from provisioner import Token, desk_key
from provisioner.model import Progress
from tests.desk.keys import key_file, made_key
from tests.desk.line import no_passphrase
from tests.e2e.fob import Fob, run

__all__ = ["key_file", "made_key"]

PATIENT = (120.0, 120.0)  # seconds of the host's clock; the token's passes some 20 times slower
ACCOUNT = Account(b"12345678901234567890", "first", "Example", kind="hotp")


def _until(done: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.5)


def pair(fob: Fob, token: Token) -> None:
    """Make the desk the owner, however slow the token is."""
    pressed: list[bool] = []

    def digits() -> list[str]:
        shown = (text.replace(" ", "") for text in fob.screen()[1])
        return [text for text in shown if len(text) == 6 and text.isdigit()]

    def compare() -> str:
        _until(lambda: bool(digits()))
        return digits()[0]

    def finger(_progress: Progress) -> None:
        if not pressed and "Same digits there?" in fob.screen()[1]:
            pressed.append(True)
            time.sleep(0.6)  # as somebody who reads it first; a slow token takes longer to take it
            fob.press("confirm")

    token.pair(int(time.time()), compare, report=finger)


@pytest.mark.timeout(1800)
def test_token_is_served_and_its_folder_kept(uf2: Path, tmp_path: Path, key_file: Path) -> None:
    folder = tmp_path / "token"
    key = desk_key.load(key_file, no_passphrase)
    with Fob(folder, "--engine", "pico", "--uf2", str(uf2), paired=False) as fob:
        assert fob.line["board"] == "raspberry_pi_pico"
        _until(lambda: "No owner yet" in fob.screen()[1])
        with Token.open(fob.port, PATIENT, key) as token:
            pair(fob, token)
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
        with Token.open(fob.port, PATIENT, key) as token:
            (account,) = token.accounts()
        assert (account.issuer, account.name, account.counter) == ("Example", "first", 1)
    flash = (folder / "flash.bin").read_bytes()
    assert (folder / "flash.bin").stat().st_mode & 0o077 == 0
    assert b"boot.py output:" in drive.read(flash[4096:], "boot_out.txt")

    other = run("fobsim", "run", "--state", str(folder))
    assert other.returncode == 3
    assert "use another folder" in other.stderr
