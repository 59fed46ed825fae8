"""The report of the fleet's clocks over HTTP and by the command."""

import json
from pathlib import Path

from click.testing import CliRunner

from host_verify import render_fleet
from host_verify.apikeys import Scope
from host_verify.cli import cli
from host_verify.report import survey
from host_verify.service import add_token, verify

from .asking import TOKEN, Web
from .parts import MASTER, NOON, POLICY, account, code_at, new_store, open_store


def test_the_fleet_is_told_to_the_helpdesk_and_kept_for_a_minute(web: Web) -> None:
    web.ask("GET", "/v1/fleet", None, 401)
    web.ask("GET", "/v1/fleet", Scope.VERIFY, 403)
    first = web.ask("GET", "/v1/fleet", Scope.HELPDESK).json()
    assert (first["utc"], first["clocks"], first["unseen"], first["offset"]) == (NOON, 0, 1, None)
    assert first["codes"] == {"mean": 3.0, "tokens": {"3": 1}}
    assert 3e-6 < first["guess"]["most"] < 3.1e-6
    assert web.verify("anna", code_at(TOKEN, NOON))["accepted"]
    web.utc += 59
    assert web.ask("GET", "/v1/fleet", Scope.HELPDESK).json() == first
    web.utc += 1
    later = web.ask("GET", "/v1/fleet", Scope.HELPDESK).json()
    assert (later["utc"], later["clocks"], later["unseen"]) == (NOON + 60, 1, 0)


def test_the_command_tells_the_same(tmp_path: Path) -> None:
    path = new_store(tmp_path)
    with open_store(path) as store:
        add_token(store, "anna", None, TOKEN, NOON)
        add_token(store, "bob", None, account(secret=b"b" * 20), NOON)
        assert verify(store, "anna", code_at(TOKEN, NOON), NOON, POLICY).accepted
        wanted = render_fleet.data(survey(store, POLICY, NOON))
    command = ["--store", f"sqlite:///{path}", "--key-env", "KEY", "--json", "report", "--at", str(NOON)]
    found = CliRunner().invoke(cli, command, env={"KEY": MASTER.hex()})
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == wanted
    assert (wanted["clocks"], wanted["unseen"]) == (1, 1)
