"""What goes through mpy-cross does what the source does: compacted, the same sessions come to the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from boards.compact import compacted
from tests.vm.interpreters import ROOT, Interpreter, Outcome

LIB = ROOT / "firmware/lib"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compacted firmware, and the tests beside it."""
    made = tmp_path_factory.mktemp("compact")
    shutil.copytree(LIB, made / "firmware/lib", ignore=shutil.ignore_patterns("__pycache__"))
    for path, source in compacted({path: (LIB / path).read_text("utf-8") for path in modules()}).items():
        (made / "firmware/lib" / path).write_text(source, "utf-8")
    (made / "tests").symlink_to(ROOT / "tests")
    return made


def life(interpreter: Interpreter, file: Path) -> list[Outcome]:
    return interpreter.run([("channel life", str(file), "ChaChaPoly")])


def modules() -> list[str]:
    return sorted(path.relative_to(LIB).as_posix() for path in LIB.rglob("*.py"))


def test_a_desk_and_its_token_on_compacted_firmware(cpython: Interpreter, root: Path, tmp_path: Path) -> None:
    plain = life(cpython, tmp_path / "plain.bin")
    assert plain[0][0] == "ok"
    assert life(cpython.of(root), tmp_path / "compact.bin") == plain


def test_a_board_runs_compacted_firmware(
    board_vm: Interpreter, cpython: Interpreter, root: Path, tmp_path: Path
) -> None:
    plain = life(cpython, tmp_path / "plain.bin")
    assert life(board_vm.roomy().of(root), tmp_path / "compact.bin") == plain
