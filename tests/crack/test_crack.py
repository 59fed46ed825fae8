"""The tool against tokens of the simulator: it finds what is to be found, and tells no seed unasked."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tokencore.account import Account
from tokencore.base32 import encode
from tokencore.errors import WrongPin
from tokencore.otp import hotp
from tokencore.seals import fingerprint

from boards.simulator.port import plug_in
from tests.crack import guessing
from tests.crack.image import NothingFound, search
from tests.pico.bench import Fob
from tests.simulator.parts import UTC, Bench, library

SECRET = b"a seed worth something"
FIRMWARE = """
import microcontroller
from tokencore.account import Account
from tokenfw.hardware import crypto, drive
from tokenfw.secret import Secret
from tokenfw.vault import Vault

vault = Vault(drive.DriveFile(drive.STORE), Secret(microcontroller.nvm), crypto.BoardPrimitives(), 12)
vault.add(Account(%r, "alice", "ACME", "hotp", counter=41))
vault.take_counter(0)
vault.set_clock_floor(1790000000)
%s
say("done")
"""
SET_PIN = "for _ in vault.set_pin(%r): pass"


def token(folder: Path, then: str = "") -> Path:
    """Return the flash image of a token of the simulator that has an account, after something else."""
    if not (folder / "firmware").exists():
        library(folder, "[cd]r*.py")
    bench = Bench(folder, FIRMWARE % (SECRET, then))
    assert bench.run() == [["done"]], bench.console.getvalue()
    bench.simulator.close()
    return folder / "flash.bin"


def crack(image: Path, *options: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.crack", str(image), "--seconds", "0.2", "--cores", "1", *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_without_a_pin_the_image_is_all_that_it_takes(tmp_path: Path) -> None:
    image = token(tmp_path)
    found = crack(image)
    assert "There is no PIN: the image is all that it takes." in found
    assert "ACME" in found and "alice" in found and hotp(SECRET, 42) in found
    assert "2026-09-21 14:13:20 UTC" in found, "when the clock was last set"
    assert encode(SECRET) not in found
    assert encode(SECRET) in crack(image, "--show-seeds")


def test_a_token_as_its_desk_has_made_it_is_read_from_its_flash(tmp_path: Path) -> None:
    simulator, port = plug_in(UTC, flash_path=tmp_path / "flash.bin")
    fob = Fob(simulator, port._link, lambda: simulator.run(0.001))
    with fob.connected():
        fob.pair()
        fob.token.add(Account(SECRET, "alice", "ACME", "hotp", counter=42))
        fob.token.set_pin("0427", "9999")
        fob.token.lock()
        with pytest.raises(WrongPin):
            fob.token.unlock("1111")
        fob.token.unlock("0427")
    simulator.close()
    found = crack(tmp_path / "flash.bin", "--try", "digits=4")
    assert fingerprint(fob.desk.public) in found
    assert "The PIN is 0427" in found and hotp(SECRET, 42) in found


def test_a_pin_of_digits_is_found(tmp_path: Path) -> None:
    image = token(tmp_path, SET_PIN % b"0427")
    found = crack(image, "--try", "digits=4")
    assert "A PIN together with an image of the flash is lost" in found
    assert "digits only, PBKDF2-HMAC-SHA256 of 2000 rounds" in found
    assert "500 tried" in found, "whole chunks of 250, the second with it"
    assert "The PIN is 0427" in found and hotp(SECRET, 42) in found
    assert encode(SECRET) not in found
    before = found[: found.index("The PIN is")]
    assert hotp(SECRET, 42) not in before and "alice" not in before


def test_a_passphrase_is_found_only_in_a_list_that_has_it(tmp_path: Path) -> None:
    image = token(tmp_path, SET_PIN % b"correct horse battery staple")
    words = tmp_path / "words.txt"
    words.write_text("incorrect horse\npassword1\n")
    assert "None of them is the PIN." in crack(image, "--try", f"words={words}", status=1)
    words.write_text("incorrect horse\ncorrect horse battery staple\n")
    found = crack(image, "--try", f"words={words}")
    assert "with other characters than digits" in found
    assert "The PIN is correct horse battery staple" in found


def test_a_pin_that_was_changed_and_a_time_without_one_leave_nothing(tmp_path: Path) -> None:
    image = token(tmp_path, f"{SET_PIN % b'1111'}\n{SET_PIN % b'a passphrase'}")
    found = search(image.read_bytes())
    assert found.accounts() is None, "the slot of the time without a PIN"
    assert guessing.search(found, [b"1111"], 1) == (None, 1)
    assert guessing.search(found, [b"a passphrase"], 1)[0] == b"a passphrase"


def test_a_wiped_token_gives_nothing(tmp_path: Path) -> None:
    image = token(tmp_path, "old = bytes(microcontroller.nvm[:])\nvault.wipe()").read_bytes()
    found = search(image)
    assert found.accounts() == [] and found.count == 0
    assert found.settings["clock_floor"] == 0


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    image = token(tmp_path).read_bytes()
    at = image.index(b"KEY1")
    for wrong, words in (
        (b"", "there is no store"),
        (image[: len(image) // 64], "there is no store"),
        (image[:at] + bytes(40) + image[at + 40 :], "the secret is not"),
        (image[: at + 4] + bytes(4) + image[at + 8 :], "the secret is not"),
    ):
        with pytest.raises(NothingFound, match=words):
            search(wrong)
    other = tmp_path / "other"
    other.mkdir()
    stranger = token(other).read_bytes()
    place = stranger.index(b"KEY1")
    with pytest.raises(NothingFound, match="of two tokens"):
        search(image[:at] + stranger[place : place + 40] + image[at + 40 :])
    short = tmp_path / "short.bin"
    short.write_bytes(b"nothing")
    assert "picotool save -a" in crack(short, status=1)
    pinned = tmp_path / "pinned"
    pinned.mkdir()
    refused = crack(token(pinned, SET_PIN % b"1234"), "--try", "luck", status=2)
    assert "use digits=4 or words=FILE" in refused


def test_times_are_those_of_the_rates() -> None:
    assert guessing.gpu_rate(999) == 8_865_700
    assert guessing.gpu_rate(1998) == 8_865_700 / 2
    for seconds, text in (
        (0.2, "under a second"),
        (2, "2 seconds"),
        (90, "1.5 minutes"),
        (86_400 * 3, "3 days"),
        (31_557_600 * 1234, "1,234 years"),
    ):
        assert guessing.duration(seconds) == text


def test_the_measured_rate_is_that_of_this_machine(tmp_path: Path) -> None:
    found = search(token(tmp_path, SET_PIN % b"1234").read_bytes())
    begun = time.monotonic()
    rate = guessing.measured(found, 0.5, 1)
    assert time.monotonic() - begun < 20
    begun, (pin, tried) = time.monotonic(), guessing.search(found, guessing.digits(4), 1)
    assert pin == b"1234"
    assert 0.2 < rate / (tried / (time.monotonic() - begun)) < 20
