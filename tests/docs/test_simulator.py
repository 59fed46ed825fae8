"""docs/simulator.md: its commands are run on one token, and it names every option and fault."""

from __future__ import annotations

from pathlib import Path

from boards.simulator.cli import main
from boards.simulator.hardware import FAULTS
from tests.docs.pages import ROOT, commands, run
from tests.e2e.fob import Fob

PAGE = "docs/simulator.md"


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    start, *others = commands(PAGE)
    with Fob(tmp_path / start.removeprefix("fobsim run --state ")) as fob:
        for command in others:
            assert run(command, tmp_path).startswith("{")
        assert fob.process.wait(10) == 0
    assert (tmp_path / "build/screen.png").exists()


def test_every_option_and_fault_is_on_the_page() -> None:
    text = (ROOT / PAGE).read_text()
    for command in main.commands.values():
        for parameter in command.params:
            for option in parameter.opts:
                assert option in text
    for fault in FAULTS:
        assert f"`{fault}`" in text
