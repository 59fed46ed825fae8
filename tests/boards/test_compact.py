"""What is taken out of the firmware before it is compiled, and what stays."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path
from typing import Any

from boards import bundle
from boards.compact import compacted
from boards.simulator import state
from boards.simulator.port import plug_in
from provisioner import bundles
from tests.simulator.parts import UTC


def one(source: str, **others: str) -> str:
    """Return a module compacted, with others beside it."""
    return compacted({"a/m.py": source, **{f"a/{name}.py": text for name, text in others.items()}})["a/m.py"]


def firmware() -> dict[str, str]:
    """Return the modules of the firmware by their paths below lib."""
    files = {
        path: content.decode() for path, content in bundle.files("raspberry_pi_pico").items() if ".py" in path
    }
    return {path[4:]: files[path] for path in files if re.match(r"lib/token(core|fw)/", path)}


def defined(source: str) -> set[str]:
    """Return the names of a module's own classes and functions."""
    return {node.name for node in ast.parse(source).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def private(source: str) -> set[str]:
    return set(re.findall(r"(?<!\w)_[A-Za-z]\w*", source))


def test_annotations_and_what_is_for_type_checkers_go() -> None:
    source = (
        "TYPE_CHECKING = False\n"
        "if TYPE_CHECKING:\n"
        "    from typing import Any\n"
        "class C:\n"
        "    field: int\n"
        "    def f(self, x: 'Any' = 1) -> 'Any':\n"
        "        y: 'Any' = x\n"
        "        return y\n"
    )
    assert one(source) == "class C:\n    pass\n\n    def f(self, x=1):\n        y = x\n        return y\n"


def test_private_whole_numbers_stand_where_they_are_used() -> None:
    source = "_A = 1 << 4\n_B, _C = -_A, 'text'\ndef f():\n    return _A + _B, _C\n"
    assert one(source) == "_a, = ('text',)\n\ndef f():\n    return (16 + -16, _a)\n"


def test_a_private_number_below_zero_stays_one_operand() -> None:
    made: dict[str, Any] = {}
    exec(one("_N = -2\ndef f():\n    return _N ** 2, -_N, 1 - _N, _N.bit_length()\n"), made)
    assert made["f"]() == (4, 2, 3, 2)


def test_numbers_that_change_or_that_others_reach_keep_a_name() -> None:
    counted = "_N = 0\ndef f():\n    global _N\n    _N += 1\n"
    assert one(counted) == "_a = 0\n\ndef f():\n    global _a\n    _a += 1\n"
    hidden = "_N = 0\ndef f(_N):\n    return _N\n"
    assert one(hidden) == "_a = 0\n\ndef f(_a):\n    return _a\n"
    assert one("_N = 3\n", b="from .m import _N\n") == "_a = 3\n"
    assert one("_N = 3\n", b="from . import m\nx = m._N\n") == "_a = 3\n"
    assert one("_N = 1 << 40\n_M = 1.5\n_K = True\n").count("=") == 3, "a large one would be there many times"


def test_a_class_and_what_is_derived_from_it_elsewhere_never_share_a_name() -> None:
    base = "class Base:\n    def __init__(self):\n        self._first, self._second = 1, 2\n"
    middle = "from .m import Base\nclass Middle(Base):\n    pass\n"
    derived = (
        "from .b import Middle\nclass C(Middle):\n    def f(self):\n        self._third = self._fourth = 3\n"
    )
    made = compacted({"a/m.py": base, "a/b.py": middle, "a/c.py": derived})
    assert not private(made["a/m.py"]) & private(made["a/c.py"])
    assert len(private(made["a/m.py"]) | private(made["a/c.py"])) == 4


def test_names_of_others_stay() -> None:
    source = "import other\ndef public(word, *, key=1):\n    return other.place.__len__() + word + key\n"
    assert one(source).replace("\n\n", "\n") == source


def test_the_firmware_keeps_its_public_names_and_loses_its_private_ones() -> None:
    before, after = firmware(), compacted(firmware())
    assert after.keys() == before.keys()
    for path, source in before.items():
        names = {
            node.name for node in ast.parse(source).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))
        }
        kept = {node.name for node in ast.parse(after[path]).body if hasattr(node, "name")}
        assert {name for name in names if name[0] != "_"} <= kept
    assert "TYPE_CHECKING" not in "".join(after.values())
    assert len(set().union(*map(private, before.values()))) > 400
    assert len(set().union(*map(private, after.values()))) < 80


def test_compacted_firmware_starts(tmp_path: Path) -> None:
    files = bundle.files("raspberry_pi_pico")
    for path, source in compacted(firmware()).items():
        files[f"lib/{path}"] = source.encode()
    bundles.write(files, tmp_path, "made")
    console = io.StringIO()
    kept = state.new("raspberry_pi_pico")
    simulator, _ = plug_in(UTC, firmware=tmp_path / "made", kept=kept, console=console)
    simulator.run(4)
    assert simulator.texts()[0].text == "No owner yet"
    assert console.getvalue() == ""
    simulator.close()
