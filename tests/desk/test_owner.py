"""The commands of an owner: what they do to the token, and what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokencore import seals

from provisioner import desk_key
from provisioner.cli import main
from provisioner.desk_key import DeskKey
from tests.desk.line import LineToken, no_passphrase
from tests.desk.tap import Digits
from tests.desk.terminal import Terminal
from tests.desk.test_cli import run

PIN = "471108"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    desk_key.init(tmp_path / "other.key")
    return tmp_path / "other.key"


def public(path: Path) -> bytes:
    return desk_key.look(path).public


def told(line: LineToken, *arguments: str, **more: Any) -> Any:
    return json.loads(run("--port", line.port, "--json", *arguments, **more).stdout)


def said(line: LineToken, *arguments: str, **more: Any) -> str:
    return run("--port", line.port, *arguments, **more).stdout


def test_a_new_token_is_paired_and_says_whose_it_is(key: DeskKey) -> None:
    with LineToken(paired=False, presses=True) as line:
        assert "nobody (provisioner pair" in said(line, "status")
        refused = run("--port", line.port, "accounts", status=1).stderr
        assert "has no owner yet" in refused and "provisioner pair" in refused
        paired = run("--port", line.port, "pair", given=Digits(line))
        assert paired.stdout == f"Paired: this desk owns token {line.app.identity.serial}\n"
        assert "shows six digits" in paired.stderr and "Press confirm" in paired.stderr
        assert "Owner:          this desk\n" in said(line, "status")
        shown = told(line, "desk", "show")
        assert shown["tokens"][0]["serial"] == line.app.identity.serial
        assert line.vault.owner == key.public


def test_wrong_digits_are_told_for_what_they_may_mean(key: DeskKey) -> None:
    with LineToken(paired=False) as line:
        refused = run("--port", line.port, "pair", given="000000\n", status=1).stderr
        assert "somebody may be in the middle" in refused and "another cable" in refused
        assert line.vault.owner == b""
        assert line.app.question is None
    assert key.known.all() == []


def test_the_pin_is_set_asked_for_and_cleared(line: LineToken) -> None:
    shown = said(line, "pin", "set", "--wipe-pin", "--auto-lock", "60", given=f"{PIN}\n0815\n")
    assert "10 tries are left" in shown and "another one erases everything" in shown
    assert "Locks itself:   after 60 s" in shown
    assert "Accounts are:   locked" in said(line, "lock")
    refused = run("--port", line.port, "accounts", status=1).stderr
    assert "provisioner unlock" in refused
    wrong = run("--port", line.port, "unlock", given="999999\n", status=1).stderr
    assert "9 more tries" in wrong and "999999" not in wrong
    assert told(line, "unlock", given=PIN + "\n")["locked"] is False
    cleared = told(line, "pin", "clear")
    assert (cleared["pin"], cleared["wipe_pin"]) == (False, False)


def test_after_some_wrong_pins_it_waits_and_says_so(line: LineToken) -> None:
    run("--port", line.port, "pin", "set", given=PIN)
    said(line, "lock")
    for _ in range(4):
        run("--port", line.port, "unlock", given="999999", status=1)
    waiting = told(line, "unlock", given=PIN, status=1)["error"]
    assert waiting["kind"] == "PinWait"
    assert "it waits" in said(line, "status")


@pytest.mark.parametrize("typed", ["", "123", "x" * 65, "\n", "\xff"])
def test_what_can_be_no_pin_is_refused_before_it_is_sent(line: LineToken, typed: str) -> None:
    given = typed.encode("latin-1")
    refused = run("--port", line.port, "pin", "set", given=given, status=2).stderr
    assert refused.startswith("Error: ") and len(refused.splitlines()) >= 1
    assert "set_pin" not in line.asked()


def test_accents_are_the_same_however_they_are_typed(line: LineToken) -> None:
    run("--port", line.port, "pin", "set", given="café crème".encode())
    said(line, "lock")
    assert told(line, "unlock", given="cafe\u0301 cre\u0300me".encode())["locked"] is False


def test_other_desks_may_set_the_clock_and_nothing_else(line: LineToken, other: Path) -> None:
    key = public(other)
    assert said(line, "sync-key", "list") == "No other desk may set the clock\n"
    assert told(line, "sync-key", "add", key.hex())["sync_keys"] == [
        {"fingerprint": seals.fingerprint(key), "key": key.hex()}
    ]
    assert "set the clock" in said(line, "--key", str(other), "status")
    refused = run("--port", line.port, "--key", str(other), "accounts", status=1).stderr
    assert "owned by another desk" in refused
    unknown = run("--port", line.port, "sync-key", "remove", "00" * 32, status=2).stderr
    assert "sync-key list" in unknown
    fingerprint = seals.fingerprint(key).replace(" ", "")
    assert said(line, "sync-key", "remove", fingerprint) == "No other desk may set the clock\n"
    assert line.vault.sync_keys == ()


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_what_is_no_public_key_is_refused(line: LineToken, text: str) -> None:
    for command in (("transfer",), ("sync-key", "add")):
        assert "64 hex digits" in run("--port", line.port, *command, text, status=2).stderr


def test_a_token_is_given_to_another_desk_and_released_by_it(line: LineToken, other: Path) -> None:
    line.presses = True
    key = public(other)
    given = run("--port", line.port, "transfer", key.hex())
    assert seals.fingerprint(key)[:9] in given.stderr
    assert line.vault.owner == key
    refused = run("--port", line.port, "accounts", status=1).stderr
    assert "provisioner status" in refused
    line.presses = False
    mine = run("--port", line.port, "--key", str(other), "accounts", status=1).stderr
    assert "nobody has compared" in mine
    line.presses = True
    run("--port", line.port, "--key", str(other), "pair", given=Digits(line))
    assert "its accounts are still there" in said(line, "--key", str(other), "release")
    assert line.vault.owner == b""


def test_digits_are_typed_at_a_prompt_in_80_columns() -> None:
    with (
        LineToken(paired=False, presses=True) as line,
        Terminal("provisioner", "--port", line.port, "pair") as terminal,
    ):
        terminal.wait_for("Type them here")
        digits = line.digits()
        terminal.type(f"{digits[:3]} {digits[3:]}\n")
        assert terminal.finish() == 0
        assert "Paired: this desk owns token" in terminal.shown


def test_a_pin_typed_at_the_prompt_is_not_shown(line: LineToken) -> None:
    with Terminal("provisioner", "--port", line.port, "pin", "set") as terminal:
        terminal.wait_for("New PIN or passphrase (hidden)")
        terminal.type(PIN + "\n")
        terminal.wait_for("The same again")
        terminal.type(PIN + "\n")
        assert terminal.finish() == 0
    assert PIN not in terminal.shown


def test_two_pins_that_differ_set_none(line: LineToken) -> None:
    with Terminal("provisioner", "--port", line.port, "pin", "set") as terminal:
        terminal.wait_for("New PIN or passphrase (hidden)")
        terminal.type(PIN + "\n")
        terminal.wait_for("The same again")
        terminal.type(PIN + "1\n")
        assert terminal.finish() == 2
    assert not line.vault.pin.is_set


def test_a_desk_key_under_a_passphrase_is_asked_for_it_first(tmp_path: Path) -> None:
    path = tmp_path / "guarded.key"
    made = run("--key", str(path), "desk", "init", "--passphrase", given="open sesame\n")
    assert "a passphrase" in made.stdout and "sesame" not in made.stdout + made.stderr + path.read_text()
    with LineToken(paired=False) as line:
        wrong = run("--port", line.port, "--key", str(path), "status", given="shut\n", status=2).stderr
        assert "does not open" in wrong and "shut" not in wrong
        assert (
            "nobody" in run("--port", line.port, "--key", str(path), "status", given="open sesame\n").stdout
        )


def test_without_a_desk_key_every_command_says_how_to_make_one(tmp_path: Path) -> None:
    with LineToken(paired=False) as line:
        for command in (("accounts",), ("add",), ("pair",), ("pin", "clear"), ("sync",), ("lock",)):
            none = str(tmp_path / "none")
            refused = run("--port", line.port, "--key", none, *command, given="x", status=2).stderr
            assert "there is no desk key yet" in refused and "provisioner desk init" in refused


def test_a_second_desk_key_is_not_made(key_file: Path) -> None:
    before = key_file.read_bytes()
    assert "never" not in run("desk", "init", status=2).stdout
    assert key_file.read_bytes() == before
    assert desk_key.load(key_file, no_passphrase).public == desk_key.look(key_file).public


@pytest.mark.parametrize(
    "words",
    [
        (group, below)
        for group in ("desk", "pin", "sync-key", "recovery")
        for below in sorted(main.commands[group].commands)
    ],
)  # type: ignore[attr-defined]
def test_help_of_the_commands_below_fits_into_80_columns(words: tuple[str, str]) -> None:
    assert max(map(len, run(*words, "--help").stdout.splitlines())) <= 80
