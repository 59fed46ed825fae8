"""What is copied onto a board's drive: the firmware, the libraries that it imports, the board file."""

import ast
from pathlib import Path

import boards

from ..engine import BUNDLE, NOT_IN_BUNDLE
from ..imports import host_file

_PROGRAMS = ("boot.py", "code.py", "safemode.py")


def files(firmware: Path, board_id: str) -> dict[str, bytes]:
    """Return {path on the drive: content}. Raises ValueError for a library that is not installed."""
    found = {name: (firmware / name).read_bytes() for name in _PROGRAMS if (firmware / name).is_file()}
    for path in sorted((firmware / "lib").rglob("*.py")):
        found[path.relative_to(firmware).as_posix()] = path.read_bytes()
    waiting = [name for source in found.values() for name in _imports(source)]
    while waiting:
        for place, content in _module(waiting.pop()):
            if place not in found:
                found[place] = content
                waiting += _imports(content)
    found["board.toml"] = boards.path(board_id).read_bytes()
    return found


def _imports(source: bytes) -> list[str]:
    """Return the names of library modules that `source` imports, and of those that it may mean."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.startswith(BUNDLE) and not name.startswith(NOT_IN_BUNDLE)]


def _module(name: str) -> list[tuple[str, bytes]]:
    """Return a module's file and those of the packages around it, by their paths on the drive."""
    found: list[tuple[str, bytes]] = []
    search: list[str] | None = None
    folder = "lib"
    for part in name.split("."):
        path = host_file(part, search)
        if path is None:
            if search is None:
                raise ValueError(f"the firmware imports {part}, which is not installed beside the simulator")
            return found  # A name within a module, not a module.
        if path.name == "__init__.py":
            folder, search = f"{folder}/{part}", [str(path.parent)]
            found.append((f"{folder}/__init__.py", path.read_bytes()))
        else:
            found.append((f"{folder}/{part}.py", path.read_bytes()))
            return found
    return found
