"""What a person at a terminal sees, types and interrupts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

import pytest
from rich.cells import cell_len
from tokencore.account import Account

from tests.desk.line import LineToken
from tests.desk.terminal import BIN, COLUMNS, Terminal

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NAMES = ["alice@example.com", "界" * 21, "N" * 64, "e\u0301" * 21, "two words"]
ISSUERS = [
    "Example",
    "銀行" * 10,
    "A very long issuer's name, with spaces, of sixty-four bytes.",
    "",
    "[red]",
]


def plain(shown: str) -> list[str]:
    """Return the lines without the sequences that the program itself sends to the terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "").split("\n")


def test_a_hundred_accounts_with_long_names_fit_into_80_columns(line) -> None:
    for number in range(100):
        kind = "hotp" if number % 7 == 0 else "totp"
        name, issuer = NAMES[number % 5], ISSUERS[number // 5 % 5]
        name = name[: len(name) - 3] + f"{number:02}"
        line.vault.add(Account(b"x" * 20, name, issuer, kind=kind, counter=2**64 - 1, t0=2**32 - 1))
    with Terminal("provisioner", "--port", line.port, "accounts") as terminal:
        assert terminal.finish() == 0
    lines = plain(terminal.shown)
    assert not [one for one in lines if cell_len(one) > COLUMNS]
    numbers = [one.split()[0] for one in lines if re.match(r" {0,2}\d+  ", one)]
    assert numbers == [str(number) for number in range(1, 101)]
    whole = "".join(lines).replace(" ", "")
    assert whole.count("界" * 4) >= 20
    assert whole.count(str(2**64 - 1)) == 15
    assert lines[-2] == "100 of 100 [####################]"


def test_a_secret_typed_at_the_prompt_is_not_shown(line) -> None:
    with Terminal("provisioner", "--port", line.port, "add", "--name", "alice") as terminal:
        terminal.wait_for("hidden")
        terminal.type(SECRET + "\n")
        assert terminal.finish() == 0
    assert "Added alice at position 1" in terminal.shown
    assert SECRET[:6] not in terminal.shown
    assert len(line.vault) == 1


def test_an_end_of_input_at_the_prompt_is_no_seed(line) -> None:
    with Terminal("provisioner", "--port", line.port, "add", "--name", "alice") as terminal:
        terminal.wait_for("hidden")
        terminal.type("\x04")
        assert terminal.finish() == 2
    assert len(line.vault) == 0


@pytest.mark.parametrize(("typed", "status", "left"), [("right", 0, 0), ("E0C9", 1, 1)])
def test_wipe_wants_the_serial_number(line, typed: str, status: int, left: int) -> None:
    line.vault.add(Account(b"x", "alice"))
    serial = line.app.identity.serial
    with Terminal("provisioner", "--port", line.port, "wipe") as terminal:
        terminal.wait_for("Type its serial number")
        assert serial in terminal.shown
        terminal.type((serial if typed == "right" else typed) + "\n")
        assert terminal.finish() == status
    assert len(line.vault) == left


def test_a_press_is_counted_down(line) -> None:
    line.vault.add(Account(b"x", "alice"))
    with Terminal("provisioner", "--port", line.port, "code", "alice") as terminal:
        terminal.wait_for("Press confirm on the token")
        terminal.wait_for("14 s")
        terminal.wait_for("13 s")
        line.press()
        assert terminal.finish() == 0
    assert re.fullmatch(r"\d{6}", plain(terminal.shown)[-2])


def test_ctrl_c_takes_the_question_off_the_tokens_screen(line) -> None:
    line.vault.add(Account(b"x", "alice"))
    with Terminal("provisioner", "--port", line.port, "code", "alice") as terminal:
        terminal.wait_for("Press confirm on the token")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.finish() == 130
    assert "Traceback" not in terminal.shown
    assert line.app.dispatcher.question is None


def test_a_quick_command_shows_no_bar(line) -> None:
    with Terminal("provisioner", "--port", line.port, "accounts") as terminal:
        terminal.finish()
    assert "Reading" not in terminal.shown


def test_a_hostile_token_sends_no_sequence_to_the_terminal() -> None:
    serial = "\x1b]0;x\x07\x1b[2J\x9b1m"
    with LineToken(serial=serial) as line, Terminal("provisioner", "--port", line.port, "info") as terminal:
        assert terminal.finish() == 0
    assert r"\x1b]0;x\x07\x1b[2J\x9b1m" in terminal.shown
    assert not {"\x07", "\x9b"} & set(terminal.shown)
    assert "\x1b]" not in terminal.shown
    assert "\x1b[2J" not in terminal.shown


def test_a_terminal_of_few_characters_gets_escapes(line) -> None:
    line.vault.add(Account(b"x", "界", "é"))
    env = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    with Terminal("provisioner", "--port", line.port, "accounts", env=env) as terminal:
        assert terminal.finish() == 0
    assert r"\u754c" in terminal.shown


def test_a_reader_that_goes_away_is_no_traceback(line) -> None:
    read, write = os.pipe()
    os.close(read)
    start = time.monotonic()
    done = subprocess.run(
        [BIN / "provisioner", "--port", line.port, "accounts"],
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert b"Traceback" not in done.stderr
    assert done.returncode
    assert time.monotonic() - start < 5
