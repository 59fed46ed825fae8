"""Board files: names as CircuitPython has them, known keys, and the same meaning to board and host."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from tokenfw import board_file

import boards

_REAL = [board for board in boards.ids() if board != "simulator"]
_PROMISES = {"usb_hid", "console_closed", "user_safe_mode_closed", "flash_protected", "battery_measured"}
# Section: keys that it must have, keys that it may have.
_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "": ({"id", "name", "capacity"}, {"microcontroller"}),
    "display": ({"driver", "width", "height", "address"}, set()),
    "i2c": ({"sda", "scl", "frequency"}, set()),
    "rtc": ({"driver"}, {"crystal"}),
    "buttons": ({"pins", "names", "pressed"}, set()),
    "promises": (_PROMISES, set()),
}


def _definition(board: str) -> dict[str, str]:
    """Return the names in CircuitPython's definition of a board, each with its type."""
    found = importlib.util.find_spec("board_definitions")
    assert found is not None and found.submodule_search_locations, "circuitpython-stubs is not installed"
    folder = Path(next(iter(found.submodule_search_locations))) / board
    tree = ast.parse((folder / "__init__.pyi").read_text("utf-8"))
    names = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names[node.target.id] = ast.unparse(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            assert node.returns is not None
            names[node.name] = ast.unparse(node.returns)
    return names


def _sections(board: str) -> dict[str, dict[str, Any]]:
    """Return a board file by sections, with the keys before the first under ""."""
    loaded = boards.load(board)
    sections: dict[str, dict[str, Any]] = {"": {k: v for k, v in loaded.items() if not isinstance(v, dict)}}
    sections.update({name: values for name, values in loaded.items() if isinstance(values, dict)})
    return sections


def test_there_are_boards() -> None:
    assert {"simulator", "raspberry_pi_pico", "raspberry_pi_pico2"} <= set(boards.ids())


@pytest.mark.parametrize("board", boards.ids())
def test_id_is_the_file_name(board: str) -> None:
    assert boards.load(board)["id"] == board


@pytest.mark.parametrize("board", boards.ids())
def test_board_reads_what_the_host_reads(board: str) -> None:
    assert board_file.parse(boards.path(board).read_text("utf-8")) == _sections(board)


@pytest.mark.parametrize("board", boards.ids())
def test_keys_are_known_and_complete(board: str) -> None:
    sections = _sections(board)
    assert set(sections) - set(_KEYS) == set()
    for name, (required, optional) in _KEYS.items():
        if board == "simulator" and name == "promises":
            continue  # It stands for no board.
        keys = set(sections.get(name, {}))
        assert required <= keys, name
        assert keys <= required | optional, name


@pytest.mark.parametrize("board", _REAL)
def test_pins_are_the_board_s(board: str) -> None:
    names, sections = _definition(board), _sections(board)
    pins = [sections["i2c"]["sda"], sections["i2c"]["scl"], *sections["buttons"]["pins"]]
    for pin in pins:
        assert names.get(pin) == "microcontroller.Pin", pin
    assert len(set(pins)) == len(pins)


@pytest.mark.parametrize("board", _REAL)
def test_promises_are_yes_or_no(board: str) -> None:
    assert {type(value) for value in _sections(board)["promises"].values()} == {bool}


@pytest.mark.parametrize("board", _REAL)
def test_buttons_have_the_names_that_the_firmware_uses(board: str) -> None:
    buttons = _sections(board)["buttons"]
    assert len(buttons["pins"]) == len(buttons["names"])
    assert set(buttons["names"]) == {"previous", "next", "confirm"}


@pytest.mark.parametrize("board", _REAL)
def test_every_board_has_its_section_in_the_documentation(board: str) -> None:
    page = (boards.FOLDER.parent / "docs" / "boards.md").read_text("utf-8")
    assert f"`{board}`" in page
    for promise in _PROMISES:
        assert f"`{promise}`" in page
