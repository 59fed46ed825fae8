"""The command line: every command with and without --json, and every way to fail."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner, Result
from tokencore import errors, messages
from tokencore.messages import LANGUAGES, LAYOUTS
from tokenfw import handlers

from provisioner.cli import main
from tests.desk.line import LineToken

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Example:alice?secret={SECRET}&issuer=Example"
HOTP = f"otpauth://hotp/Door:door?secret={SECRET}&issuer=Door&counter=7"


def run(
    *arguments: str, given: str | bytes = "", status: int = 0, env: dict[str, str] | None = None
) -> Result:
    result = CliRunner(env={"FOBSMITH_PORT": None, "FOBSMITH_SEARCH": None, **(env or {})}).invoke(
        main, arguments, input=given
    )
    assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
    return result


@pytest.fixture
def desk(line: LineToken):
    def call(*arguments: str, **more: Any) -> Result:
        return run("--port", line.port, *arguments, **more)

    return call


@pytest.fixture
def as_json(line: LineToken):
    def call(*arguments: str, **more: Any) -> Any:
        return json.loads(run("--port", line.port, "--json", *arguments, **more).stdout)

    return call


def test_the_life_of_accounts_in_text(line, desk, tmp_path: Path) -> None:
    seed = tmp_path / "seed.txt"
    seed.write_text(URI + "\n")
    assert desk("accounts").stdout == "0 of 100 [....................]\n"
    assert desk("add", str(seed)).stdout == "Added Example:alice at position 1\n"
    assert desk("add", "-", given=HOTP).stdout == "Added Door:door at position 2\n"
    assert desk("add", "--name", "bare", given=SECRET).stdout == "Added bare at position 3\n"
    assert desk("rename", "bare", "Bank:bob").stdout == "Renamed bare to Bank:bob\n"
    assert desk("move", "Bank", "1").stdout == "Moved Bank:bob to position 1\n"
    assert desk("remove", "alice").stdout == "Removed Example:alice\n"
    listed = desk("accounts").stdout
    assert [row.split() for row in listed.splitlines()] == [
        ["#", "Issuer", "Name", "Codes", "Step/counter", "Types"],
        ["1", "Bank", "bob", "totp", "6", "SHA1", "30", "s", "code"],
        ["2", "Door", "door", "hotp", "6", "SHA1", "next", "7", "code"],
        ["2", "of", "100", "[#...................]"],
    ]
    assert "Accounts:       2 of 100" in desk("info").stdout
    serial = line.app.identity.serial
    assert desk("wipe", given=serial + "\n").stdout == f"Wiped token {serial}: 2 accounts are gone\n"
    assert len(line.vault) == 0


def test_the_life_of_accounts_in_json(line, as_json) -> None:
    serial = line.app.identity.serial
    alice = {"issuer": "Example", "name": "alice"}
    labels = ("--issuer", "Bank", "--name", "bob")
    options = ("--algorithm", "sha512", "--digits", "8", "--period", "60", "--t0", "9")
    assert as_json("add", given=URI) == alice | {"position": 1}
    assert as_json("add", *labels, *options, given=SECRET.lower()) == {
        "issuer": "Bank",
        "name": "bob",
        "position": 2,
    }
    assert as_json("move", "alice", "2") == alice | {"position": 2}
    assert as_json("rename", "Bank:bob", ":carol") == {
        "before": {"issuer": "Bank", "name": "bob"},
        "issuer": "",
        "name": "carol",
    }
    listed = as_json("accounts")
    assert (listed["total"], listed["capacity"]) == (2, 100)
    assert listed["accounts"][0] == {
        "position": 1,
        "issuer": "",
        "name": "carol",
        "kind": "totp",
        "algorithm": "SHA512",
        "digits": 8,
        "period": 60,
        "t0": 9,
        "counter": 0,
        "typing": "code",
    }
    assert as_json("remove", "carol") == {"removed": {"issuer": "", "name": "carol"}}
    info = as_json("info")
    assert (info["serial"], info["accounts"], info["capacity"], info["clock"]) == (serial, 1, 100, "ok")
    assert info["port"] == line.port
    assert as_json("wipe", given=serial) == {"wiped": serial, "accounts": 1}
    found = {port["device"]: port for port in as_json("ports")["ports"]}
    assert (found[line.port]["state"], found[line.port]["token_serial"]) == ("token", serial)


def test_what_is_typed_and_in_which_layout(line, desk, as_json) -> None:
    desk("add", "-", given=URI)
    desk("add", "-", given=HOTP)
    assert desk("typing", "alice", "Enter").stdout == "Types for Example:alice: code, Enter\n"
    assert as_json("typing", "#2", "off") == {"issuer": "Door", "name": "door", "typing": "off"}
    assert [account["typing"] for account in as_json("accounts")["accounts"]] == ["enter", "off"]
    assert [row.split()[-1] for row in desk("accounts").stdout.splitlines()[1:3]] == ["Enter", "nothing"]
    for arguments, answer in (
        ((), {"layout": "us", "language": "en"}),
        (("--layout", "FR"), {"layout": "fr", "language": "en"}),
        (("--language", "es"), {"layout": "fr", "language": "es"}),
        (("--layout", "modhex", "--language", "de"), {"layout": "modhex", "language": "de"}),
        ((), {"layout": "modhex", "language": "de"}),
    ):
        assert as_json("settings", *arguments) == answer
    assert (line.vault.layout, line.vault.language) == ("modhex", "de")
    assert desk("settings", "--layout", "ch").stdout.splitlines() == [
        "Keyboard layout: ch (Swiss)",
        "Language:        de (German)",
    ]


def test_each_setting_has_a_name_for_people(desk) -> None:
    for option, choices in (("--layout", LAYOUTS), ("--language", LANGUAGES)):
        for choice in choices:
            assert re.search(rf": +{choice} \(\w.+\)\n", desk("settings", option, choice).stdout)


def test_older_firmware_is_told_of(desk, monkeypatch) -> None:
    for module, names in (("about", "hello info status"), ("accounts", "list add")):
        monkeypatch.setitem(handlers.MODULES, module, names)
    desk("add", "-", given=URI)
    for arguments in (("settings",), ("settings", "--layout", "de"), ("typing", "alice", "off")):
        assert "Update the token's firmware" in desk(*arguments, status=1).stderr


def test_code_says_on_stderr_that_a_press_is_awaited(line, desk, as_json) -> None:
    desk("add", given=HOTP)
    hotp = pyotp.HOTP(SECRET)
    threading.Timer(0.5, line.press).start()
    text = desk("code", "Door")
    assert (text.stdout, text.stderr) == (f"{hotp.at(7)}\n", "Press confirm on the token within 15 s\n")
    threading.Timer(0.5, line.press).start()
    result = run("--port", line.port, "--json", "code", "Door")
    assert json.loads(result.stdout) == {
        "issuer": "Door",
        "name": "door",
        "code": hotp.at(8),
        "utc": None,
        "counter": 8,
    }
    assert json.loads(result.stderr) == {"press_awaited": {"seconds": 15}}


def test_sync_prints_the_offset_before_and_after() -> None:
    with LineToken(lost=True) as line:
        done = json.loads(run("--port", line.port, "--json", "sync").stdout)
        assert (done["before"]["clock"], done["before"]["offset_ms"]) == ("not set", None)
        assert abs(done["after"]["offset_ms"]) < 30
        before, after, utc, *learned = run("--port", line.port, "sync").stdout.splitlines()
    assert before.startswith("Offset before: ")
    assert after.startswith("Offset after:  ")
    assert "±" in before + after
    assert utc.endswith(" UTC")
    titles = [line.partition(":")[0] for line in learned[:-1]]
    assert titles == ["Clock's rate", "Sure within"]
    # 7.25 ppm and the year's ageing of a chip of which nothing is known yet, over 90 days.
    assert 56 < float(learned[-1].removeprefix("In 90 days it may be off by ").removesuffix(" s")) < 60
    assert done["bound_in_90_days"] == pytest.approx(58_000, abs=2000)
    assert 5 <= done["after"]["bound_ms"] < 100


class TestRefused:
    """Exit 1: the token said no."""

    @pytest.fixture(autouse=True)
    def filled(self, desk) -> None:
        desk("add", given=URI)

    @pytest.mark.parametrize(
        ("arguments", "given", "kind"),
        [
            (("add",), URI, "AccountExists"),
            (("remove", "nobody"), "", "NoSuchAccount"),
            (("rename", "nobody", "x"), "", "NoSuchAccount"),
            (("code", "nobody"), "", "NoSuchAccount"),
            (("typing", "nobody", "off"), "", "NoSuchAccount"),
            (("move", "alice", "2"), "", "BadValue"),
            (("wipe",), "E0C9125B0D9B0C2E\n", "BadValue"),
            (("wipe",), "\n", "BadValue"),
        ],
    )
    def test_refusals_are_told_as_json_and_as_text(self, line, desk, as_json, arguments, given, kind) -> None:
        error = as_json(*arguments, given=given, status=1)["error"]
        assert (error["kind"], error["exit"]) == (kind, 1)
        assert error["status"] == getattr(errors, kind).status
        text = desk(*arguments, given=given, status=1)
        assert text.stdout == ""
        assert text.stderr.startswith(f"Error: {error['message']}\n")
        assert error["advice"] in text.stderr
        assert len(line.vault) == 1

    def test_a_duplicate_gets_advice(self, as_json) -> None:
        assert "--name" in as_json("add", given=URI, status=1)["error"]["advice"]

    def test_a_full_token_says_so(self) -> None:
        with LineToken(capacity=7) as line:
            for number in range(7):
                run("--port", line.port, "add", "--name", str(number), given=SECRET)
            full = run("--port", line.port, "--json", "add", given=URI, status=1)
            assert json.loads(full.stdout)["error"]["kind"] == "StoreFull"
            assert "7 of 7 [####################]" in run("--port", line.port, "info").stdout

    def test_a_code_without_a_clock(self) -> None:
        with LineToken(lost=True) as line:
            run("--port", line.port, "add", given=URI)
            refused = run("--port", line.port, "code", "alice", status=1)
            assert "provisioner sync" in refused.stderr


class TestWrongUse:
    """Exit 2: nothing was sent that would change the token."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("unheard-of",),
            ("accounts", "--bogus"),
            ("remove",),
            ("move", "alice", "0"),
            ("move", "alice", "second"),
            ("typing", "alice"),
            ("typing", "alice", "on"),
            ("settings", "--layout", "dvorak"),
            ("settings", "--language", "fr"),
            ("settings", "de"),
            ("add", "--digits", "six"),
            ("add", "--kind", "motp"),
            ("accounts", "--json"),
            ("add", "one", "two"),
            ("add", "/no/such/file"),
            ("add", "/tmp"),
            ("add", "--digits", "5", "--name", "n"),
            ("add",),
            ("rename", "alice", "x" * 65),
        ],
    )
    def test_wrong_use_is_told_as_json_and_as_text(self, line, desk, as_json, arguments) -> None:
        desk("add", given=URI)
        error = as_json(*arguments, given=SECRET, status=2)["error"]
        assert error["exit"] == 2
        if "--json" not in arguments:
            text = desk(*arguments, given=SECRET, status=2)
            assert text.stderr.startswith("Error: ")
            assert text.stdout == ""
        assert len(line.vault) == 1

    def test_an_ambiguous_name_lists_the_candidates(self, line, desk, as_json) -> None:
        for issuer in ("One", "Two"):
            desk("add", "--issuer", issuer, "--name", "same", given=SECRET)
        error = as_json("remove", "same", status=2)["error"]
        assert (error["kind"], error["candidates"]) == ("Ambiguous", ["One:same", "Two:same"])
        text = desk("remove", "same", status=2).stderr
        assert "  One:same\n  Two:same\n" in text
        assert len(line.vault) == 2

    def test_two_tokens_without_port_are_listed(self) -> None:
        with LineToken(serial="AA") as one, LineToken(serial="BB") as two:
            search = {"FOBSMITH_SEARCH": f"{one.port} {two.port}"}
            text = run("info", env=search, status=2).stderr
            assert "AA" in text
            assert "BB" in text
            error = json.loads(run("--json", "info", env=search, status=2).stdout)["error"]
            assert len(error["candidates"]) == 2


class TestNoToken:
    """Exit 3: no token or connection lost."""

    def test_without_any_token(self) -> None:
        error = json.loads(run("--json", "info", status=3).stdout)["error"]
        assert error["kind"] == "NoToken"
        assert "provisioner ports" in run("info", status=3).stderr

    def test_a_port_that_is_not_there(self) -> None:
        error = json.loads(run("--port", "/dev/ttyACM99", "--json", "info", status=3).stdout)["error"]
        assert error["kind"] == "PortMissing"

    def test_a_token_that_vanishes(self, line, as_json) -> None:
        def unplug(message: bytes) -> bytes:
            if line.asked()[-1] == "add":
                line.vanish()
            return message

        line.answer = unplug
        error = as_json("add", given=URI, status=3)["error"]
        assert (error["kind"], error["uncertain"]) == ("LinkLost", True)


def test_one_token_found_is_taken(line) -> None:
    found = json.loads(run("--json", "info", env={"FOBSMITH_SEARCH": line.port}).stdout)
    assert found["port"] == line.port
    assert json.loads(run("--json", "--search", line.port, "info").stdout)["port"] == line.port


def test_the_port_may_come_from_the_environment(line) -> None:
    assert json.loads(run("--json", "info", env={"FOBSMITH_PORT": line.port}).stdout)["port"] == line.port


EVIL = "a\x1b[31m\x1b]0;t\x07\x7f\x9b\u202e\u2028[red]"


def rewrite(line: LineToken, command: str) -> None:
    """Let the token say EVIL in every text of `command`'s answer, where a good token cannot."""

    def spoil(value: object) -> object:
        if isinstance(value, str):
            return EVIL if len(value) != 6 else value
        if isinstance(value, list):
            return [spoil(item) for item in value]
        return {key: spoil(item) for key, item in value.items()} if isinstance(value, dict) else value

    def answer(message: bytes) -> bytes:
        sequence, status, packed = messages.decode_response(message)
        if line.asked()[-1] == command:
            packed = spoil(packed)
        return messages.cbor.encode([sequence, status, packed])

    line.answer = answer


@pytest.mark.parametrize(
    ("command", "arguments", "status", "shown_in_text"),
    [
        ("list", ("accounts",), 0, True),
        ("list", ("remove", "nobody"), 1, False),
        ("list", ("remove", EVIL), 2, True),
        ("info", ("info",), 0, True),
        ("hello", ("ports",), 0, True),
        ("hello", ("info",), 1, True),
        ("add", ("add",), 1, True),
        ("wipe", ("wipe",), 1, True),
    ],
)
@pytest.mark.parametrize("option", [(), ("--json",)], ids=["text", "json"])
def test_nothing_that_acts_on_a_terminal_comes_out(
    line, desk, command, arguments, status, shown_in_text, option
) -> None:
    desk("add", "--issuer", "x", given=URI)
    desk("add", "--issuer", "x", "--name", "b", given=URI)
    desk("add", given=URI)
    rewrite(line, command)
    given = "another serial number" if command == "wipe" else URI
    result = desk(*option, *arguments, given=given, status=status)
    shown = result.stdout + result.stderr
    assert shown.strip()
    assert not [one for one in shown if (not one.isprintable() and one != "\n")]
    if not option and shown_in_text:
        assert "\\x1b" in shown
        assert "[red]" in shown.replace("\n", "").replace(" ", "")


def test_completion_offers_commands_and_choices() -> None:
    def complete(words: str) -> list[str]:
        env = {"_PROVISIONER_COMPLETE": "bash_complete", "COMP_WORDS": words}
        count = len(words.split()) - (not words.endswith(" "))
        result = run(env=env | {"COMP_CWORD": str(count)})
        return [line.split(",")[1] for line in result.stdout.splitlines()]

    assert complete("provisioner re") == ["recovery", "release", "remove", "rename", "restore"]
    assert complete("provisioner add --kind ") == ["totp", "hotp"]
    assert "--port" in complete("provisioner --")
    assert "_provisioner_completion" in run(env={"_PROVISIONER_COMPLETE": "bash_source"}).stdout


@pytest.mark.parametrize("command", [*sorted(main.commands), None])
def test_help_fits_into_80_columns(command: str | None) -> None:
    text = run(*[command] if command else [], "--help").stdout
    assert max(map(len, text.splitlines())) <= 80
