"""docs/admin.md: its commands run in the order in which they stand, and its numbers are the program's."""

import json
import shlex

from click.testing import CliRunner
from tokencore import otpauth

from host_verify import operator_sessions, operators
from host_verify.cli import cli
from host_verify.web.admin import throttle
from host_verify.web.admin.rendering import HEADERS
from tests.docs.pages import ROOT, commands

from .parts import account

WORDS = " ".join((ROOT / "docs/admin.md").read_text().split())
PASSWORD = "correct horse battery\n"


def run(*words, given=""):
    result = CliRunner().invoke(cli, words, input=given)
    assert result.exit_code == 0, (words, result.output)
    assert PASSWORD.strip() not in result.output
    return result.output


def test_the_commands_do_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run("init")
    for name in ("quentin", "petra"):
        run("token", "add", "--user", name, "-", given=otpauth.build(account(secret=name.encode() * 4)))
    for command in commands("docs/admin.md"):
        name, *words = shlex.split(command)
        assert name == "host-verify"
        run(*words, given=PASSWORD if words[1] in ("add", "password") else "")
    told = json.loads(run("--json", "operator", "list"))["operators"]
    assert [(each["name"], each["scope"], each["revoked"] is None) for each in told] == [
        ("petra", "admin", True),
        ("quentin", "helpdesk", False),
    ]
    assert "petra" in run("operator", "list")


def test_a_password_that_is_too_short_is_told_by_its_length_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run("init")
    result = CliRunner().invoke(cli, ["operator", "add", "--scope", "admin", "petra"], input="elevenchars\n")
    assert result.exit_code == 2
    assert "at least 12 characters" in result.output
    assert "elevenchars" not in result.output


def test_the_numbers_are_the_programs():
    assert f"of at least {operators.SHORTEST} characters" in WORDS
    assert f"after {operator_sessions.IDLE // 60} minutes without a request" in WORDS
    assert f"after {operator_sessions.LONGEST // 3600} hours in any case" in WORDS
    assert throttle.MOST == 5
    assert f"While five wrong passwords lie within the last {throttle.SECONDS // 60} minutes" in WORDS
    assert "default-src 'none'" in WORDS
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_the_pictures_are_there():
    for page in ("fleet", "token", "logins"):
        for width in ("desktop", "phone"):
            for scheme in ("light", "dark"):
                file = ROOT / f"docs/admin/{page}-{width}-{scheme}.png"
                assert file.read_bytes().startswith(b"\x89PNG")
