"""docs/fleet.md: its command runs, its numbers are the rules', its pictures are there."""

import re

from click.testing import CliRunner

from host_verify import drift, windows
from host_verify.cli import cli
from host_verify.fleet import odds
from host_verify.policy import Policy
from tests.docs.pages import ROOT, commands
from tests.verifier.parts import MASTER, new_store

PAGE = (ROOT / "docs/fleet.md").read_text()


def test_the_numbers_are_the_rules():
    policy, text = Policy(), " ".join(PAGE.split())
    assert policy.window == 1
    assert "up to one step ago" in text
    assert windows._SURE == 4
    assert (
        f"never below {windows._LEAST:.0f} s, and never above that and {policy.silence_window} steps" in text
    )
    assert f"within {policy.notice_window} steps of where the token's clock is expected" in text
    assert windows._CONFIRMED_WITHIN == 600
    assert "within ten minutes" in text
    assert f"({policy.max_offset // 3600} hours, {policy.max_rate} ppm)" in text
    assert f"{odds(1, 6) * 1e6:.4f} in a million" in text
    assert f"{drift.READING:.0f} s after it was read" in text


def test_the_commands_run(tmp_path):
    environment = {"HOST_VERIFY_STORE": f"sqlite:///{new_store(tmp_path)}", "KEY": MASTER.hex()}
    found = commands("docs/fleet.md")
    assert found
    for command in found:
        arguments = command.removeprefix("host-verify ").split()
        result = CliRunner().invoke(cli, ["--key-env", "KEY", *arguments], env=environment)
        assert result.exit_code == 0, result.output


def test_the_pictures_and_pages_that_are_named_are_there():
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
