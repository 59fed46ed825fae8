"""The gate itself: every rule fires on what it names, lets pass what it must, and the firmware passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from tests.gate import ROOT, RULES, check, complaints, firmware
from tests.gate.rule import Rule
from tests.gate.source import APP, CORE, HARDWARE, Module, layer_of

REFUSED = [(rule, snippet) for rule in RULES for snippet in rule.refused]
ACCEPTED = [(rule, snippet) for rule in RULES for snippet in rule.accepted]


def found(snippet: str, layer: str) -> list[str]:
    return list(complaints(Module(PurePath("x.py"), snippet, layer)))


@pytest.mark.parametrize(("rule", "snippet"), REFUSED, ids=lambda part: getattr(part, "name", part))
def test_a_rule_fires(rule: Rule, snippet: str) -> None:
    lines = found(snippet, rule.layers[1])
    by_rule = [line for line in lines if f": {rule.name}: {rule.instead}" in line]
    # What this Python cannot parse is refused as well.
    assert by_rule or ": syntax: " in lines[0]
    assert all(line.startswith("x.py:") for line in lines)


@pytest.mark.parametrize(("rule", "snippet"), ACCEPTED, ids=lambda part: getattr(part, "name", part))
def test_a_rule_lets_pass(rule: Rule, snippet: str) -> None:
    assert [line for line in found(snippet, APP) if f": {rule.name}:" in line] == []


def test_the_firmware_passes() -> None:
    assert len(firmware()) > 20
    assert check(firmware()) == []


def test_layers() -> None:
    lib = ROOT / "firmware/lib"
    assert layer_of(lib / "tokencore/otp.py") == CORE
    assert layer_of(lib / "tokenfw/app.py") == APP
    assert layer_of(lib / "tokenfw/hardware/rtc.py") == HARDWARE
    assert found("import tokenfw", CORE)
    assert not found("import tokenfw, tokencore", APP)
    assert not found("import board, adafruit_ds3231\nx = a / 1.5", HARDWARE)
    assert found("import adafruit_ds3231", APP)


def test_a_board_compiles_even_what_it_never_executes() -> None:
    assert found("if TYPE_CHECKING:\n    x = [*a]", CORE)
    assert not found("if TYPE_CHECKING:\n    import typing\n    x = list[int]", CORE)
    assert found("if TYPE_CHECKING:\n    import typing\nelse:\n    import typing", CORE)


def test_the_command(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("x = 1\ny = code.zfill(6)\n")
    for arguments, status, text in (
        ([], 0, "keeps to what boards have"),
        ([bad], 1, f"{bad}:2: .zfill(): use % formatting"),
    ):
        command = [sys.executable, "-m", "tests.gate", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == status
        assert text in done.stdout
