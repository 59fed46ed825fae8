"""The commands that the pages of docs/ show, and the way to run them as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.e2e.fob import BIN

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[list[str]]:
    """Return the commands of each console block of `page`, a path below the root."""
    found = re.findall(r"```console\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return [[line[2:] for line in block.splitlines() if line.startswith("$ ")] for block in found]


def commands(page: str) -> list[str]:
    """Return all commands of `page`."""
    return [command for block in blocks(page) for command in block]


def run(command: str, folder: Path, given: str = "", **environment: str) -> str:
    """Run a command in `folder` by a shell that finds the suite; it has to succeed. Return its output."""
    done = subprocess.run(
        ["bash", "-c", command],
        input=given,
        cwd=folder,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
