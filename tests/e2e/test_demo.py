"""`make demo` shows what it promises, and leaves no process and no file outside build/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_goes_through_the_whole_life(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for words in ("accepted", "replayed", "wrong_code", "two codes in a row: accepted", "All of it worked"):
        assert words in done.stdout
    for picture in ("1-empty", "2-pairing", "3-locked", "4-code", "5-counter"):
        assert (ROOT / f"build/demo/{picture}.png").read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == []
    assert not _running(str(tmp_path))


def _running(words: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_text().replace("\0", " ")
        except OSError:
            continue  # It has ended meanwhile.
        if words in command:
            found.append(command)
    return found
