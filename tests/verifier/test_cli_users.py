"""The commands of users and lost tokens: what they print, and that no PIN is an argument or is shown."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from tokencore import otpauth

from host_verify.cli import cli
from host_verify.cli_input import End

from .parts import MASTER, account, code_of, new_store

TOKEN = account(kind="hotp")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("FOB_KEY", MASTER.hex())
    options = ["--store", f"sqlite:///{new_store(tmp_path)}", "--key-env", "FOB_KEY"]

    def run(*words, given="", exit_code=0):
        result = CliRunner().invoke(cli, [*options, *words], input=given)
        assert result.exit_code == exit_code, result.output
        assert "4711" not in result.output
        return result.output

    run("token", "add", "--user", "anna", given=otpauth.build(TOKEN))
    return run


def test_a_user_gets_a_pin_and_types_it_before_the_code(run):
    assert "Set the PIN of anna" in run("user", "pin", "anna", given="4711\n")
    assert "since 20" in run("user", "show", "anna")
    assert "the PIN in front of the code is wrong" in run(
        "check", "anna", given=code_of(TOKEN, 0), exit_code=1
    )
    assert "Accepted: anna" in run("check", "anna", given=f"4711 {code_of(TOKEN, 0)}")
    assert "Dropped the PIN of anna" in run("user", "pin", "anna", "--drop")
    assert "Accepted: anna" in run("check", "anna", given=code_of(TOKEN, 1))
    assert "guessed first" in run("user", "pin", "anna", given="3333", exit_code=2)
    assert "an argument too many" in run("user", "pin", "anna", "4711", exit_code=2)
    assert "no user has that name" in run("user", "pin", "nobody", given="4711", exit_code=1)


def test_users_are_listed_locked_and_removed(run):
    run("user", "add", "zo\u00eb")
    assert [each["name"] for each in json.loads(run("--json", "user", "list"))["users"]] == [
        "anna",
        "zo\u00eb",
    ]
    run("user", "lock", "anna")
    refused = run("check", "anna", given=code_of(TOKEN, 0), exit_code=1)
    assert "host-verify user unlock anna" in refused
    run("user", "unlock", "anna")
    assert "has tokens" in run("user", "remove", "anna", exit_code=1)
    assert "Removed user zo\u00eb" in run("user", "remove", "zo\u00eb")


def test_a_lost_token_gives_its_codes_once(run):
    (token,) = json.loads(run("--json", "token", "list"))["tokens"]
    until = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    codes = re.findall("^[0-9A-Z]{5}-[0-9A-Z]{5}$", run("token", "lost", token["id"], "--until", until), re.M)
    assert len(codes) == 10
    assert "a code in place of token" in run("check", "anna", given=codes[0])
    assert "used before" in run("check", "anna", given=codes[0], exit_code=1)
    assert "the token is lost" in run("check", "anna", given=code_of(TOKEN, 0), exit_code=1)
    told = json.loads(run("--json", "token", "lost", token["id"], "--until", until, "--codes", "3"))
    assert (len(told["codes"]), told["token"]["status"]) == (3, "lost")
    said = run("token", "history", token["id"], "--last", "9")
    assert "lost" in said
    assert not any(code in said for code in (*codes, *told["codes"]))
    assert "at most 90 days" in run("token", "lost", token["id"], "--until", "2099-01-01", exit_code=2)
    assert "active" in run("token", "found", token["id"])
    assert "nobody's now" in run("token", "unassign", token["id"])


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2030-12-24", datetime(2030, 12, 25, tzinfo=UTC)),
        ("2030-12-24T18:00:00", datetime(2030, 12, 24, 18, tzinfo=UTC)),
        ("2030-12-24T18:00:00Z", datetime(2030, 12, 24, 18, tzinfo=UTC)),
        ("2030-12-24T18:00:00+02:00", datetime(2030, 12, 24, 16, tzinfo=UTC)),
    ],
)
def test_an_end_is_the_end_of_a_day_or_an_instant(text, end):
    assert End().convert(text, None, None) == int(end.timestamp())
