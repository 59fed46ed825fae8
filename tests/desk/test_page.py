"""The page for the desk: every command in it is run, in order, on one simulated token."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from provisioner import desk_key
from provisioner.cli import main
from tests.docs.pages import ROOT, commands, run
from tests.e2e.fob import Fob

PAGE = (ROOT / "docs/provisioner.md").read_text()
COMMANDS = commands("docs/provisioner.md")
FLASHING = (ROOT / "docs/flashing.md").read_text()
# What the token asks; the question of a pairing is answered together with its digits.
ASKED = ("Send code?", "New account?", "Copy all accounts?", "Change the owner?", "Release this token?")
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
FILES = {
    "alice.txt": f"otpauth://totp/Example:alice?secret={SECRET}&issuer=Example\n",
    "bob.txt": f"otpauth://totp/Example:bob?secret={SECRET}&issuer=Example\n",
    "secret.txt": "gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n",
}


PIN, WIPE_PIN = "4711", "0815"


class Reader:
    """Somebody who follows the page with a new token in the hand."""

    def __init__(self, fob: Fob, folder: Path) -> None:
        self.fob, self.folder = fob, folder
        self.other = folder / "other.key"
        self.environment = {"FOBSMITH_PORT": fob.port, "OTHER": desk_key.init(self.other).public.hex()}
        self.environment["XDG_DATA_HOME"] = str(folder / "verifier")
        run("host-verify init", folder, **self.environment)

    def follow(self, command: str) -> str:
        """Carry out a command of the page and return what it printed."""
        if command.endswith("provisioner pair"):
            self.fob.pair()
            return ""
        if command.endswith("release"):
            # The page has just given the token to another desk, which pairs with it and gives it back.
            self.fob.pair(PROVISIONER_KEY=str(self.other))
            told = self.carry_out(command, PROVISIONER_KEY=str(self.other))
            self.fob.pair()
            return told
        told = self.carry_out(command)
        if command.endswith("wipe"):
            self.fob.pair()
        return told

    def carry_out(self, command: str, **more: str) -> str:
        given = {"wipe": self.fob.line["serial"], "pin": f"{PIN}\n{WIPE_PIN}\n", "unlock": f"{PIN}\n"}
        word = command.split()[1]
        return run(command, self.folder, given.get(word, ""), **self.environment | more)


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path, monkeypatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("PROVISIONER_KEY", str(tmp_path / "desk.key"))
    over = threading.Event()

    with Fob(tmp_path / "token", paired=False) as fob:

        def press_when_asked() -> None:
            while not over.wait(0.1):
                if any(text in ASKED for text in fob.screen()[1]):
                    fob.confirm()

        presser = threading.Thread(target=press_when_asked)
        presser.start()
        told = {}
        try:
            reader = Reader(fob, tmp_path)
            for command in COMMANDS:
                told[command] = reader.follow(command)
        finally:
            over.set()
            presser.join()
    assert re.fullmatch(r"\d{6}\n", told["provisioner code alice"])
    assert "erin" in (tmp_path / "enrolled.json").read_text()
    assert told["provisioner --json accounts"].startswith('{"accounts": []')


def parameters(command: click.Command) -> Iterator[tuple[str, click.Parameter]]:
    """Yield every option of a command and of those below it, with the words that they come after."""
    for parameter in command.params:
        yield command.name or "", parameter
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from parameters(below)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_and_option_is_on_the_page(name: str) -> None:
    shown = COMMANDS + commands("docs/flashing.md")
    command = main.commands[name]
    words = [f"{name} {below}" for below in command.commands] if isinstance(command, click.Group) else [name]
    for word in words:
        assert [line for line in shown if re.search(rf"provisioner (--json )?{word}\b", line)], word
    for owner, parameter in parameters(command):
        for option in parameter.opts:
            told = PAGE + FLASHING
            assert (
                not option.startswith("--")
                or f"`{option}" in told
                or re.search(rf"\b{owner}\b.* {option}\b", told)
            )
