"""CircuitPython's definition of a board, as the package circuitpython-stubs has it."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

# Objects of a board that are no pins: the package is made from tables of pins and leaves these out.
UNLISTED = {"pimoroni_badger2040w": {"ENABLE_DIO": "digitalio.DigitalInOut"}}
# Classes that the package still calls by the names that they had before CircuitPython 10.
_RENAMED = {
    "displayio.Display": "busdisplay.BusDisplay",
    "displayio.EPaperDisplay": "epaperdisplay.EPaperDisplay",
}


def text(board: str) -> str:
    """Return the stub of the module `board` of a board, with the classes' names of today."""
    found = importlib.util.find_spec("board_definitions")
    assert found is not None and found.submodule_search_locations, "circuitpython-stubs is not installed"
    source = (Path(next(iter(found.submodule_search_locations))) / board / "__init__.pyi").read_text("utf-8")
    for old, new in _RENAMED.items():
        source = re.sub(rf"(?<=: ){re.escape(old)}\b(?=$)", new, source, flags=re.MULTILINE)
    imports = "import busdisplay\nimport digitalio\nimport epaperdisplay\n"
    source = source.replace("import busio\n", "import busio\n" + imports, 1)
    if imports not in source:
        source = source.replace("import microcontroller\n", "import microcontroller\n" + imports, 1)
    return source + "".join(f"\n{name}: {kind}" for name, kind in UNLISTED.get(board, {}).items())


def names(board: str) -> dict[str, str]:
    """Return the names in a board's module `board`, each with its type; a function's is what it returns."""
    found = {}
    for node in ast.parse(text(board)).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = ast.unparse(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            assert node.returns is not None
            found[node.name] = ast.unparse(node.returns)
    return found


def nvm_bytes(board: str) -> int:
    """Return how much non-volatile memory the package says that a board has."""
    size = re.search(r"NVM size: (\d+)", text(board))
    assert size is not None
    return int(size[1])


def modules(board: str) -> set[str]:
    """Return the modules that CircuitPython has on a board, by the package."""
    listed = re.search(r"Included modules: (.*)", text(board))
    assert listed is not None
    return set(listed[1].split(", "))
