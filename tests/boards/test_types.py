"""The firmware against each board's own module `board`: what it takes from there has the type it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import boards

from .definitions import text

_ROOT = boards.FOLDER.parent
_REAL = [board for board in boards.ids() if board != "simulator"]


def _use(board: dict[str, Any]) -> Iterator[str]:
    """Return a program that takes from `board` what the firmware takes by the board file."""
    yield "import board, busdisplay, busio, digitalio, epaperdisplay, fourwire, keypad, rotaryio"
    if "power_latch" in board:
        yield f"latch: digitalio.DigitalInOut = board.{board['power_latch']}"
    display, i2c, buttons = board["display"], board["i2c"], board["buttons"]
    if display["driver"] == "builtin":
        kind = "epaperdisplay.EPaperDisplay" if display["class"] == "paper" else "busdisplay.BusDisplay"
        yield f"display: {kind} = board.DISPLAY"
    if "clock" in display:
        yield f"spi = busio.SPI(board.{display['clock']}, MOSI=board.{display['mosi']})"
        pins = (f"{key}=board.{display[key]}" for key in ("command", "chip_select", "reset"))
        yield f"wires = fourwire.FourWire(spi, {', '.join(pins)})"
    yield f"i2c = busio.I2C(board.{i2c['scl']}, board.{i2c['sda']}, frequency={i2c['frequency']})"
    pins = ", ".join(f"board.{pin}" for pin in buttons["pins"])
    yield f"keys = keypad.Keys(({pins},), value_when_pressed=False, pull=True)"
    if "uart" in board:
        yield f"line = busio.UART(board.{board['uart']['tx']}, board.{board['uart']['rx']}, timeout=0)"
    if "encoder" in board:
        a, b = board["encoder"]["a"], board["encoder"]["b"]
        yield f"knob = rotaryio.IncrementalEncoder(board.{a}, board.{b})"


def _check(folder: Path, board: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run mypy with the module `board` of that board before the one for all boards."""
    (folder / "board").mkdir(exist_ok=True)
    (folder / "board" / "__init__.pyi").write_text(text(board), "utf-8")
    path = os.pathsep.join([str(folder), str(_ROOT / "firmware" / "lib")])
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(folder / "cache"), *arguments],
        cwd=_ROOT,
        env={**os.environ, "MYPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all boards: mypy remembers what does not depend on the board."""
    return tmp_path_factory.mktemp("types")


@pytest.mark.parametrize("board", _REAL)
def test_the_firmware_type_checks_against_the_board(board: str, folder: Path) -> None:
    program = folder / "use.py"
    program.write_text("\n".join(_use(boards.load(board))), "utf-8")
    both = ("-m", "use", "-p", "tokenfw.hardware")
    result = _check(folder, board, "--disable-error-code", "import-untyped", *both)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_name_that_the_board_lacks_is_found(folder: Path) -> None:
    """Else the test above would prove nothing."""
    program = folder / "use.py"
    program.write_text("import board\nboard.DISPLAY.refresh()\nboard.KEY1\n", "utf-8")
    assert _check(folder, "adafruit_macropad_rp2040", str(program)).returncode == 0
    result = _check(folder, "raspberry_pi_pico", str(program))
    assert result.returncode == 1
    assert 'has no attribute "DISPLAY"' in result.stdout and 'has no attribute "KEY1"' in result.stdout
