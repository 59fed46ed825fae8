"""A simulated token in a process of its own, and the commands of desk and verifier as users run them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boards.simulator import eye
from boards.simulator.control import call
from boards.simulator.ssd1306 import SSD1306
from provisioner import Token, desk_key
from tests.desk.line import no_passphrase

BIN = Path(sys.executable).parent
_READING_S = 0.6  # a press that was begun before the question could be read does not count


class Fob:
    """`fobsim run` on `folder`; `line` is its first line of output.

    A new token belongs to the desk whose key PROVISIONER_KEY names, unless it is not to be `paired` yet. All
    that were paired by being copied have the same serial number.
    """

    def __init__(self, folder: Path, *options: str, paired: bool = True) -> None:
        if paired and not folder.exists() and templates and "--board" not in options:
            _copy_paired(folder)
        self.folder = folder
        new = not folder.exists()
        self.process = subprocess.Popen(
            [BIN / "fobsim", "run", "--state", folder, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = json.loads(self.process.stdout.readline())
        self.port: str = self.line["port"]
        if new and paired:
            self.pair()

    def __enter__(self) -> Fob:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.communicate(timeout=10)

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        return call(self.folder, do, 30, **arguments)

    def press(self, button: str) -> None:
        self.ask("press", button=button, hold_ms=60)

    def confirm(self) -> None:
        """Press confirm as somebody does who has read the question on the screen."""
        time.sleep(_READING_S)
        self.press("confirm")

    def screen(self) -> tuple[int, list[str]]:
        """Return the world's UTC in ms, and the texts on the screen from top to bottom."""
        answer = self.ask("screen")
        return answer["utc_ms"], texts(answer)

    def desk(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run `provisioner` on this token, with JSON."""
        return run("provisioner", "--port", self.port, "--json", *arguments, given=given)

    def waiting(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `provisioner` with JSON, and return once it says that a press is awaited."""
        process = subprocess.Popen(
            [BIN / "provisioner", "--port", self.port, "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert "press_awaited" in json.loads(process.stderr.readline())
        return process

    def confirmed(self, *arguments: str) -> dict[str, Any]:
        """Run `provisioner`, press when it is time to, and return its JSON."""
        process = self.waiting(*arguments)
        self.confirm()
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, out + err
        answer: dict[str, Any] = json.loads(out)
        return answer

    def open(self) -> Token:
        """Open the token as its owner does."""
        key = desk_key.load(Path(os.environ["PROVISIONER_KEY"]), no_passphrase)
        return Token.open(self.port, desk=key)

    def pair(self, command: Sequence[str] = ("pair",), **environment: str) -> None:
        """Run `provisioner pair` as a person does: read the digits on the screen, type them, and press."""
        with subprocess.Popen(
            [BIN / "provisioner", "--port", self.port, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        ) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stderr.readline()  # It waits for the digits.
            process.stdin.write(self.digits() + "\n")
            process.stdin.flush()
            process.stderr.readline()  # It waits for the press.
            self.confirm()
            out, err = process.communicate(timeout=20)
        assert process.returncode == 0, out + err

    def digits(self) -> str:
        """Return the digits of a pairing that the screen shows."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            shown = self.screen()[1]
            digits = [text.replace(" ", "") for text in shown if re.fullmatch(r"\d{3} ?\d{3}", text)]
            if "Pairing code" in shown and len(digits) == 1:
                return digits[0]
        raise AssertionError(f"no digits on the screen: {shown}")

    def do(self, *arguments: str, given: str = "") -> dict[str, Any]:
        """Run `provisioner`, which has to succeed, and return its JSON."""
        done = self.desk(*arguments, given=given)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


templates: Path | None = None
"""Where a token is kept that has been paired with the tests' desk, to be copied: pairing takes a second."""


def _copy_paired(folder: Path) -> None:
    assert templates is not None
    key = Path(os.environ["PROVISIONER_KEY"])
    if not templates.exists():
        with Fob(folder, paired=False) as fob:
            fob.pair()
        shutil.copytree(folder, templates / "token")
        shutil.copytree(key.parent / "known", templates / "known")
    else:
        shutil.copytree(templates / "token", folder)
        shutil.copytree(templates / "known", key.parent / "known", dirs_exist_ok=True)


def texts(answer: dict[str, Any]) -> list[str]:
    """Return the texts on a screen that the simulator answered with."""
    picture = SSD1306.restore(answer["display"]).picture()
    return [text.text for text in eye.read(picture)]


def run(name: str, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the suite with `given` on its standard input."""
    return subprocess.run(
        [BIN / name, *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
