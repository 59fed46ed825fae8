"""The page for the desk: every command in it is run, in order, on one simulated token."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from provisioner.cli import main
from tests.docs.pages import ROOT, commands, run
from tests.e2e.fob import Fob

PAGE = (ROOT / "docs/provisioner.md").read_text()
COMMANDS = commands("docs/provisioner.md")
FLASHING = (ROOT / "docs/flashing.md").read_text()
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
FILES = {
    "alice.txt": f"otpauth://totp/Example:alice?secret={SECRET}&issuer=Example\n",
    "bob.txt": f"otpauth://totp/Example:bob?secret={SECRET}&issuer=Example\n",
    "secret.txt": "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
}


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    answered = threading.Event()

    with Fob(tmp_path / "token") as fob:

        def press_when_asked() -> None:
            while not answered.wait(0.1):
                if "Send code?" in fob.screen()[1]:
                    fob.press("confirm")

        presser = threading.Thread(target=press_when_asked)
        presser.start()
        try:
            for command in COMMANDS:
                given = fob.line["serial"] if command.endswith("wipe") else ""
                told = run(command, tmp_path, given, FOBSMITH_PORT=fob.port)
                if command.endswith("code alice"):
                    assert re.fullmatch(r"\d{6}\n", told)
        finally:
            answered.set()
            presser.join()


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    shown = COMMANDS + commands("docs/flashing.md")
    assert [command for command in shown if re.search(rf"provisioner (--json )?{name}\b", command)]
    for parameter in main.commands[name].params:
        for option in parameter.opts:
            assert (
                not option.startswith("--") or f"`{option}`" in PAGE + FLASHING or f"{name} {option}`" in PAGE
            )
