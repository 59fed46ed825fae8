"""Runs cases on an interpreter beside CPython, in the heap that a board has free at its start."""

from __future__ import annotations

import ast
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).parent / "driver.py"
HEAP = "200k"
# Where objects have 64 bits. A whole token needs more: it and its bench take twice what they do on a board.
HEAP_64 = "160k"
WHOLE_HEAP_64 = "320k"

Case = tuple
Outcome = tuple


def micropython() -> str | None:
    """Return the command of the MicroPython from PyPI, where it is installed."""
    beside = Path(sys.executable).parent / "micropython"
    return str(beside) if beside.exists() else shutil.which("micropython")


class Interpreter:
    """`command` starts the interpreter, `folder` takes the files of cases, `root` has firmware and tests."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, root: Path = ROOT) -> None:
        self.name = name
        self._command = list(command)
        self._folder = folder
        self._root = root
        self._numbers = itertools.count()

    def __repr__(self) -> str:
        return self.name

    def roomy(self) -> Interpreter:
        """Return the same interpreter in a heap that has room for a host beside the token."""
        command = ["heapsize=640k" if word.startswith("heapsize=") else word for word in self._command]
        return Interpreter(self.name, command, self._folder, self._root)

    def of(self, root: Path) -> Interpreter:
        """Return the same interpreter with the firmware and tests below `root`."""
        return Interpreter(self.name, self._command, self._folder, root)

    def drive_file(self) -> str:
        """Return a new path for the file of a token's accounts."""
        return str(self._folder / f"vault{next(self._numbers)}.bin")

    def run(self, cases: Iterable[Case]) -> list[Outcome]:
        """Return the outcome of each case (see driver.py)."""
        lines = [repr(case) for case in cases]
        path = self._folder / f"cases{next(self._numbers)}.txt"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        done = subprocess.run(
            [*self._command, str(DRIVER), str(self._root), str(path)],
            capture_output=True,
            encoding="ascii",
            errors="backslashreplace",
            timeout=240,
            check=False,
        )
        # MicroPython writes its tracebacks to standard output.
        assert done.returncode == 0, f"{self} failed:\n{done.stdout[-2000:]}\n{done.stderr}"
        outcomes = done.stdout.splitlines()
        assert len(outcomes) == len(lines)
        return [ast.literal_eval(outcome) for outcome in outcomes]
