"""The portability gate: refuses in firmware/ what boards lack, before a board does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.gate.library import LIBRARY
from tests.gate.source import Module, layer_of
from tests.gate.syntax import SYNTAX
from tests.gate.traps import TRAPS

ROOT = Path(__file__).parents[2]
RULES = (*SYNTAX, *LIBRARY, *TRAPS)


def firmware() -> list[Path]:
    """Return all Python files that go onto a board."""
    return sorted((ROOT / "firmware").rglob("*.py"))


def complaints(module: Module) -> Iterator[str]:
    """Return a line for each thing that a board would stumble over, with what to write instead."""
    try:
        module.tree  # noqa: B018
    except SyntaxError as error:
        yield f"{module.path}:{error.lineno}: syntax: {error.msg}"
        return
    found = []
    for rule in RULES:
        if module.layer in rule.layers:
            found += [(node.lineno, rule.name, rule.instead) for node in rule.finds(module)]
    for line, name, instead in sorted(set(found)):
        yield f"{module.path}:{line}: {name}: {instead}"


def check(paths: Iterable[Path]) -> list[str]:
    """Return the complaints about all files of `paths`."""
    lines = []
    for path in paths:
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        lines += complaints(Module(shown, path.read_text(encoding="utf-8"), layer_of(path)))
    return lines
