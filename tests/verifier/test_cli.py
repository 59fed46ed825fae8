"""The command: what is said, in text and JSON, with which exit status, and what is never said."""

import json
import os
import pty
import re
import subprocess
import sys
from base64 import b32encode, b64encode

import pytest
from click.testing import CliRunner

from host_verify.cli import cli

from .parts import NOON, SECRET, account, code_at, code_of

BASE32 = b32encode(SECRET).decode()
URI = f"otpauth://totp/ACME:anna%40example.com?secret={BASE32}&issuer=ACME"
TOKEN = account()


class Desk:
    """Runs the command on a store of its own and checks what holds for every run."""

    def __init__(self, folder):
        self.path = folder / "data" / "verifier.db"
        self.options = ["--store", f"sqlite:///{self.path}"]
        self.environment = {"COLUMNS": "80"}

    def run(self, *arguments, given="", status=0, options=()):
        command = [*self.options, *options, *arguments]
        result = CliRunner().invoke(cli, command, input=given, env=self.environment, prog_name="host-verify")
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        for secret in (BASE32, SECRET.decode()):
            assert secret not in result.output
        return result

    def json(self, *arguments, **more):
        result = self.run(*arguments, options=["--json"], **more)
        assert result.stderr == ""
        return json.loads(result.stdout)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def anna(desk):
    desk.run("init")
    desk.id = desk.json("token", "add", "--user", "anna", given=URI)["token"]["id"]
    return desk


def test_a_code_is_accepted_once(anna):
    code = code_at(TOKEN, NOON)
    accepted = anna.json("check", "anna", "--at", str(NOON), given=f"{code}\n")
    assert accepted == {
        "accepted": True, "reason": "accepted", "user": "anna", "token": anna.id, "factor": "hardware_totp",
        "shift": 0, "offset": accepted["offset"], "retry_after": None,
    }  # fmt: skip
    refused = anna.json("check", "anna", "--at", str(NOON), given=code[:3] + " " + code[3:], status=1)
    assert (refused["accepted"], refused["reason"]) == (False, "replayed")
    said = anna.run("check", "anna", "--at", str(NOON + 30), given=code_at(TOKEN, NOON + 30)).stdout
    assert said == f"Accepted: anna by token {anna.id}\n"


@pytest.mark.parametrize(
    "given", [b"12345", b"abcdef", b"", b"\xff" * 6, "\uff11" * 6, b"123456\n123456\n", b"+123456"]
)
def test_what_is_no_code_is_refused_with_its_reason(anna, given):
    assert anna.json("check", "anna", given=given, status=1)["reason"] == "malformed"
    assert anna.run("check", "anna", given=given, status=1).stdout.startswith("Refused: that is no code")


def test_refusals_say_what_to_do_next(anna):
    at = ["--at", str(NOON)]
    assert "no user of that name" in anna.run("check", "eve", *at, given="123456", status=1).stdout
    for _ in range(3):
        assert "the code is wrong" in anna.run("check", "anna", *at, given="000000", status=1).stdout
    assert "Try again in 15 s" in anna.run("check", "anna", *at, given="000000", status=1).stdout
    anna.run("token", "suspend", anna.id)
    said = anna.run("check", "anna", *at, given="000000", status=1).stdout
    assert f"host-verify token enable {anna.id}" in said
    anna.run("token", "revoke", anna.id)
    assert "revoked" in anna.run("check", "anna", *at, given="000000", status=1).stdout
    assert "for good" in anna.run("token", "enable", anna.id, status=1).stderr


def test_a_lost_token_is_brought_back_by_two_codes(anna):
    codes = "\n".join(code_at(TOKEN, NOON + ahead) for ahead in (5000, 5030))
    assert anna.json("resync", "anna", "--at", str(NOON), given=codes)["reason"] == "accepted"
    assert anna.json("resync", "anna", "--at", str(NOON), given=codes, status=1)["reason"] == "replayed"
    assert anna.json("token", "show", anna.id)["token"]["clock"]["offset"] == pytest.approx(5015, abs=30)
    far = "\n".join(code_at(TOKEN, NOON + ahead) for ahead in (25_000, 25_030))
    assert "6 h 57 min fast" in anna.run("resync", "anna", "--at", str(NOON), given=far, status=1).stdout
    for given in ("", "123456", "1\n2\n3\n"):
        assert "two consecutive codes" in anna.run("resync", "anna", given=given, status=2).stderr


def test_tokens_are_listed_and_shown(anna):
    uri = "otpauth://hotp/b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA&counter=7"
    anna.run("token", "add", "--user", "bob [red]", "--serial", "A-1", "-", given=uri)
    listed = anna.json("token", "list")["tokens"]
    assert {(token["user"], token["kind"], token["status"]) for token in listed} == {
        ("anna", "totp", "active"),
        ("bob [red]", "hotp", "active"),
    }
    assert [token["id"] for token in anna.json("token", "list", "--user", "anna")["tokens"]] == [anna.id]
    text = anna.run("token", "list").stdout
    assert "bob [red]" in text
    assert max(map(len, text.splitlines())) <= 80
    card = anna.run("token", "show", anna.id).stdout
    assert "TOTP, SHA1, 6 digits, every 30 s" in card
    assert anna.json("token", "list", "--user", "eve") == {"tokens": []}
    assert "host-verify token add" in anna.run("token", "list", "--user", "eve").stdout


def test_names_cannot_act_on_the_terminal(anna):
    uri = f"otpauth://totp/%E2%80%AEevil?secret={BASE32[:-1]}A"
    found = anna.json("token", "add", "--user", "bob", given=uri)["token"]
    for command in (["token", "list"], ["token", "show", found["id"]]):
        said = anna.run(*command).stdout
        assert "\u202e" not in said
        assert "\\u202eevil" in said


def test_init_makes_a_store_and_a_key_for_the_owner_alone_and_never_twice(desk):
    made = desk.json("init")
    assert made == {"store": str(desk.path), "key": f"{desk.path}.key", "key_made": True}
    assert [file.stat().st_mode & 0o777 for file in sorted(desk.path.parent.iterdir())] == [0o600, 0o600]
    before = [file.read_bytes() for file in sorted(desk.path.parent.iterdir())]
    assert "exists already" in desk.run("init", status=1).stderr
    assert [file.read_bytes() for file in sorted(desk.path.parent.iterdir())] == before


def test_a_key_that_is_there_is_used_and_kept(desk):
    desk.run("init")
    key = desk.path.with_name("verifier.db.key").read_text()
    desk.path.unlink()
    assert desk.json("init")["key_made"] is False
    assert desk.path.with_name("verifier.db.key").read_text() == key


@pytest.mark.parametrize("form", [bytes.hex, lambda key: b64encode(key).decode()])
def test_the_key_may_come_from_the_environment(desk, form):
    desk.environment["FOB_KEY"] = form(bytes(range(32)))
    desk.options += ["--key-env", "FOB_KEY"]
    assert desk.json("init")["key"] == "the variable FOB_KEY"
    desk.run("token", "add", "--user", "anna", given=URI)
    assert desk.json("check", "anna", "--at", str(NOON), given=code_at(TOKEN, NOON))["accepted"]
    assert [file.name for file in desk.path.parent.iterdir()] == ["verifier.db"]
    desk.environment["FOB_KEY"] = "00" * 32
    assert "another key" in desk.run("token", "list", status=3).stderr
    for bad in ("", "00" * 31, "00" * 33, "zz" * 32, "é"):
        desk.environment["FOB_KEY"] = bad
        assert "FOB_KEY" in desk.run("token", "list", status=3).stderr


def test_a_key_file_that_others_may_read_is_refused(anna):
    key = anna.path.with_name("verifier.db.key")
    for mode in (0o640, 0o604, 0o660):
        key.chmod(mode)
        assert "chmod 600" in anna.run("token", "list", status=3).stderr
    key.chmod(0o600)
    key.write_text("no key")
    assert "holds no key" in anna.run("token", "list", status=3).stderr
    key.unlink()
    assert "is missing" in anna.run("token", "list", status=3).stderr
    assert not key.exists()


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("", "uri"),
        ("http://x", "uri"),
        (f"otpauth://motp/x?secret={BASE32}", "type"),
        ("otpauth://totp/x", "secret"),
        ("otpauth://totp/x?secret=1", "secret"),
        (f"otpauth://totp/x?secret={BASE32}&digits=9", "digits"),
        (f"otpauth://totp/x?secret={BASE32}&period=0", "period"),
        (f"otpauth://hotp/x?secret={BASE32}", "counter"),
        (f"otpauth://totp/x?secret={BASE32}&algorithm=MD5", "algorithm"),
        (f"otpauth://totp/x%FF?secret={BASE32}", "label"),
    ],
)
def test_a_malformed_uri_is_refused_by_its_field_and_nothing_is_added(anna, uri, said):
    assert anna.run("token", "add", "--user", "bob", given=uri, status=2).stderr.startswith(
        f"Error: {said}: "
    )
    assert anna.json("token", "add", "--user", "bob", given=uri, status=2)["error"]["exit"] == 2
    assert len(anna.json("token", "list")["tokens"]) == 1


def test_a_uri_is_read_from_a_file(desk, tmp_path):
    desk.run("init")
    (tmp_path / "uri").write_text(URI + "\r\n")
    desk.run("token", "add", "--user", "anna", str(tmp_path / "uri"))
    assert (
        "No such file" in desk.run("token", "add", "--user", "anna", str(tmp_path / "none"), status=2).stderr
    )
    (tmp_path / "uri").write_bytes(b"x" * 5000)
    assert (
        "more than 4096 bytes"
        in desk.run("token", "add", "--user", "x", str(tmp_path / "uri"), status=2).stderr
    )
    (tmp_path / "uri").write_bytes(b"\xff\xfe")
    assert "uri: " in desk.run("token", "add", "--user", "x", str(tmp_path / "uri"), status=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "add", "--user", "anna", URI],
        ["token", "add", "--user", "anna", BASE32],
        ["check", "anna", "123456"],
    ],
)
def test_secrets_given_as_arguments_are_refused_and_not_repeated(anna, arguments):
    assert "123456" not in anna.run(*arguments, status=2).stderr


@pytest.mark.parametrize(
    "command",
    ["check", "token show", "nonsense", "check anna --at now", "check anna --at -1", "token add --user="],
)
def test_wrong_use_has_status_2_and_is_json_where_asked_for(anna, command):
    arguments = command.split()
    assert anna.json(*arguments, given=URI, status=2)["error"]["exit"] == 2
    assert anna.run(*arguments, given=URI, status=2).stderr.startswith("Error: ")


def test_a_broken_store_has_status_3(anna):
    anna.path.write_bytes(anna.path.read_bytes()[:5000])
    assert "restore it" in anna.run("check", "anna", given="123456", status=3).stderr
    assert anna.json("token", "list", status=3)["error"]["exit"] == 3
    anna.path.unlink()
    assert "host-verify init" in anna.run("check", "anna", given="123456", status=3).stderr


def test_a_fault_of_the_program_shows_no_traceback(anna, monkeypatch):
    def fail(*_):
        raise RuntimeError(BASE32)

    monkeypatch.setattr("host_verify.service.verify", fail)
    assert "RuntimeError" in anna.run("check", "anna", given="123456", status=3).stderr


def test_other_urls_and_two_keys_are_wrong_use(desk):
    desk.options = ["--store", "mysql://host/db"]
    assert "sqlite:///PATH" in desk.run("init", status=2).stderr
    desk.options = ["--store", "postgresql://anna:hunter2@127.0.0.1:1/db"]
    said = desk.run("init", status=2).stderr
    assert "consider that password known" in said
    assert "hunter2" not in said
    desk.environment["HOST_VERIFY_STORE"] = desk.options[1]
    desk.options = ["--key-env", "FOB_KEY"]
    desk.environment["FOB_KEY"] = "00" * 32
    said = desk.run("init", status=3).stderr
    assert "postgresql://anna@127.0.0.1:1/db cannot be reached" in said
    assert "hunter2" not in said
    desk.options = ["--key-file", "a", "--key-env", "B"]
    assert "give one of" in desk.run("init", status=2).stderr


def test_api_keys_are_made_listed_and_revoked(anna):
    said = anna.run("apikey", "add", "--scope", "verify", "vpn").stdout
    key = said.split()[-1]
    assert re.fullmatch("fob_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", key)
    made = anna.json("apikey", "add", "--scope", "admin", "boss")
    listed = anna.json("apikey", "list")["keys"]
    assert {(each["name"], each["scope"], each["revoked"]) for each in listed} == {
        ("vpn", "verify", None),
        ("boss", "admin", None),
    }
    for output in (anna.run("apikey", "list").stdout, str(listed)):
        assert key not in output
        assert made["key"] not in output
    ended = anna.json("apikey", "revoke", made["id"])["key"]
    assert ended["revoked"] is not None
    assert anna.json("apikey", "revoke", made["id"])["key"] == ended
    assert "no API key has that id" in anna.run("apikey", "revoke", "ffffffff", status=1).stderr
    assert "name: " in anna.run("apikey", "add", "--scope", "verify", " ", status=2).stderr
    anna.run("apikey", "add", "--scope", "root", "x", status=2)


def at_a_terminal(desk, *arguments, types):
    """Run the installed command with a terminal; return its exit status and all that the terminal showed."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", "from host_verify.cli import main; main()", *desk.options, *arguments]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, close_fds=True)
    os.close(follower)
    shown = b""
    for line in types:
        while not shown.rstrip().endswith(b":"):
            shown += os.read(leader, 1024)
        os.write(leader, line.encode() + b"\n")
        shown += b"\n"
    try:
        while chunk := os.read(leader, 1024):
            shown += chunk
    except OSError:
        pass  # how Linux tells that the other end is closed
    os.close(leader)
    return process.wait(30), shown.decode()


def test_a_terminal_is_asked_and_the_uri_stays_hidden(desk):
    desk.run("init")
    status, shown = at_a_terminal(desk, "token", "add", "--user", "anna", types=[URI])
    assert (status, BASE32 in shown) == (0, False)
    status, shown = at_a_terminal(desk, "check", "anna", "--at", str(NOON), types=[code_at(TOKEN, NOON)])
    assert status == 0
    assert "Accepted: anna" in shown
    codes = [code_of(TOKEN, NOON // 30 + ahead) for ahead in (90, 91)]
    status, shown = at_a_terminal(desk, "resync", "anna", "--at", str(NOON), types=codes)
    assert status == 0
