"""The gate's tables against a real CircuitPython: what it lacks is refused, what is let pass is there.

MicroPython says nothing about a board's names.
"""

from __future__ import annotations

import builtins
import importlib
from pathlib import PurePath

import pytest

from tests.gate import complaints
from tests.gate.source import HARDWARE, Module
from tests.gate.tables import BUILTINS, MODULES, OFFERED
from tests.vm.interpreters import Interpreter

# A value of each type, and code that makes one under a name.
TYPES = {
    **{"str": "''", "bytes": "b''", "bytearray": "bytearray()", "memoryview": "memoryview(b'')", "int": "1"},
    **{"list": "[]", "dict": "{}", "set": "set()", "frozenset": "frozenset()", "tuple": "()"},
    **{"range": "range(1)", "OSError": "OSError(2)"},
}
SHARED = sorted(set(OFFERED) & MODULES[HARDWARE])

pytestmark = pytest.mark.parametrize("board_vm", ["CircuitPython"], indirect=True)


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def names(board_vm: Interpreter, expressions: list[str]) -> list[set[str]]:
    outcomes = board_vm.run(("names", expression) for expression in expressions)
    assert [outcome for outcome in outcomes if outcome[0] != "ok"] == []
    return [public(value) for _, value in outcomes]


def passed(code: str) -> bool:
    return not list(complaints(Module(PurePath("x.py"), code, HARDWARE)))


def test_a_method_that_a_type_lacks_is_refused(board_vm: Interpreter) -> None:
    there = names(board_vm, list(TYPES.values()))
    missing = {
        (kind, name)
        for (kind, value), found in zip(TYPES.items(), there, strict=True)
        for name in public(dir(eval(value))) - found
    }
    assert len(missing) > 60
    assert [(kind, name) for kind, name in sorted(missing) if passed(f"x = {TYPES[kind]}\nx.{name}()")] == []


def test_a_builtin_that_is_lacking_is_refused(board_vm: Interpreter) -> None:
    (there,) = names(board_vm, ["__import__('builtins')"])
    assert sorted(name for name in public(dir(builtins)) - there if passed(f"print({name})")) == [
        *("False", "None", "True")
    ]
    assert sorted(public(list(BUILTINS)) - there) == ["False", "None", "True"]


@pytest.mark.parametrize("name", SHARED)
def test_a_modules_names_are_those_of_a_board(board_vm: Interpreter, name: str) -> None:
    (there,) = names(board_vm, [f"__import__({name!r})"])
    assert OFFERED[name] - there == set()
    lacking = public(dir(importlib.import_module(name))) - there
    assert [part for part in sorted(lacking) if passed(f"import {name}\n{name}.{part}")] == []
