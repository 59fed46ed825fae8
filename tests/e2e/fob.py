"""A simulated token in a process of its own, and the commands of desk and verifier as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from boards.simulator import eye
from boards.simulator.control import call
from boards.simulator.ssd1306 import SSD1306

BIN = Path(sys.executable).parent
_READING_S = 0.6  # a press that was begun before the question could be read does not count


class Fob:
    """`fobsim run` on `folder`; `line` is its first line of output."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [BIN / "fobsim", "run", "--state", folder, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = json.loads(self.process.stdout.readline())
        self.port: str = self.line["port"]

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

    def do(self, *arguments: str, given: str = "") -> dict[str, Any]:
        """Run `provisioner`, which has to succeed, and return its JSON."""
        done = self.desk(*arguments, given=given)
        assert done.returncode == 0, done.stdout + done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


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
