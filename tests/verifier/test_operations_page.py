"""docs/operations.md: its commands run in the order in which they stand, and its numbers are the policy's."""

import json
import shlex
from pathlib import Path

from click.testing import CliRunner

from host_verify.cli import cli
from host_verify.hsm import key_of
from host_verify.policy import Policy
from tests.docs.pages import ROOT, commands

PAGE = (ROOT / "docs/operations.md").read_text()


def run(arguments):
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, (arguments, result.output)
    return result.stdout


def test_the_commands_do_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST_VERIFY_STORE", "sqlite:///verifier.db")
    monkeypatch.setenv("HOST_VERIFY_KEY_FILE", "verifier.key")
    run(["init"])
    shown = commands("docs/operations.md")
    for command in shown:
        name, *arguments = shlex.split(command.replace("/srv/", f"{tmp_path}/"))
        assert name == "host-verify"
        if "ID" in arguments:
            (old, _) = json.loads(run(["--json", "master", "list"]))["keys"]
            arguments[arguments.index("ID")] = old["id"]
        if "restore" in arguments:
            key = Path("verifier.key").read_bytes()
        run(arguments)
    assert len(shown) == 10
    assert Path("restored/verifier.db").exists()
    # After it was rotated, the backup's key is no more in the file.
    assert Path("verifier.key").read_bytes() != key
    left = json.loads(run(["--json", "--key-file", "next.key", "master", "list"]))["keys"]
    assert [(each["kind"], each["in_use"]) for each in left] == [("software", True)]


def test_the_uris_of_the_page_are_understood():
    uris = [word for line in PAGE.splitlines() for word in line.split("'") if word.startswith("pkcs11:")]
    assert len(uris) == 2
    for uri in uris:
        assert str(key_of(uri).pin_file) == "/etc/fobsmith/pin"


def test_the_pages_number_is_the_policys():
    assert Policy().notice_window * 30 == 5 * 60
    assert "the next five minutes or so" in PAGE
