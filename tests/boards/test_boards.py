"""Board files: names as CircuitPython has them, known keys, and the same meaning to board and host."""

from __future__ import annotations

from typing import Any

import pytest
from tokenfw import board_file

import boards

from .definitions import modules, names

_REAL = [board for board in boards.ids() if board != "simulator"]
_PROMISES = {"usb_hid", "console_closed", "user_safe_mode_closed", "flash_protected", "battery_measured"}
# Section: keys that it must have, keys that it may have.
_KEYS: dict[str, tuple[set[str], set[str]]] = {
    "": ({"id", "name", "capacity"}, {"microcontroller", "language", "power_on", "power_latch"}),
    "i2c": ({"sda", "scl", "frequency"}, set()),
    "rtc": ({"driver"}, {"crystal", "thermometer"}),
    "buttons": ({"pins", "names", "pressed"}, {"maintenance"}),
    "promises": (_PROMISES, set()),
}
_OPTIONAL = {
    "encoder": ({"a", "b"}, set[str]()),
    "uart": ({"tx", "rx", "baudrate"}, set[str]()),
    "power": ({"deep_sleep_s"}, {"light_sleep", "wake", "display_sleep"}),
}
_PANEL = {"driver", "class", "width", "height"}
_SPI_PINS = ("clock", "mosi", "command", "chip_select", "reset")
# What stands in [display] beside _PANEL, by its driver.
_DISPLAYS: dict[str, set[str]] = {
    "ssd1306": {"address"},
    "sh1107": {"address"},
    "builtin": {"chip"},
    "st7789": {*_SPI_PINS, "rotation", "colstart", "rowstart", "bgr"},
}
_CLASSES = {
    "mono": {(128, 64)},
    "wide": {(240, 135), (320, 170)},
    "square": {(240, 240)},
    "paper": {(296, 128)},
}
_CONSOLE_MODULES = {"usb_cdc", "usb_hid"}


def _sections(board: str) -> dict[str, dict[str, Any]]:
    """Return a board file by sections, with the keys before the first under ""."""
    loaded = boards.load(board)
    sections: dict[str, dict[str, Any]] = {"": {k: v for k, v in loaded.items() if not isinstance(v, dict)}}
    sections.update({name: values for name, values in loaded.items() if isinstance(values, dict)})
    return sections


def _pins(sections: dict[str, dict[str, Any]]) -> list[str]:
    """Return every pin that a board file names."""
    display, encoder, uart = (sections.get(name, {}) for name in ("display", "encoder", "uart"))
    return [
        *sections[""].get("power_on", []),
        *(display[key] for key in _SPI_PINS if key in display),
        sections["i2c"]["sda"],
        sections["i2c"]["scl"],
        *sections["buttons"]["pins"],
        *encoder.values(),
        *(uart[key] for key in ("tx", "rx") if key in uart),
    ]


def test_there_are_boards() -> None:
    assert {
        "simulator",
        "raspberry_pi_pico",
        "raspberry_pi_pico2",
        "adafruit_feather_rp2040",
        "adafruit_macropad_rp2040",
        "pimoroni_badger2040w",
        "adafruit_feather_esp32s3_reverse_tft",
        "lilygo_tdisplay_s3",
        "clue_nrf52840_express",
        "m5stack_stick_c_plus",
    } <= set(boards.ids())


@pytest.mark.parametrize("board", boards.ids())
def test_id_is_the_file_name(board: str) -> None:
    assert boards.load(board)["id"] == board


@pytest.mark.parametrize("board", boards.ids())
def test_board_reads_what_the_host_reads(board: str) -> None:
    assert board_file.parse(boards.path(board).read_text("utf-8")) == _sections(board)


@pytest.mark.parametrize("board", boards.ids())
def test_keys_are_known_and_complete(board: str) -> None:
    sections = _sections(board)
    display = (_PANEL | _DISPLAYS[sections["display"]["driver"]], set[str]())
    known = {**_KEYS, **_OPTIONAL, "display": display}
    sections.pop("battery", None)  # test_power.py checks it
    assert set(sections) - set(known) == set()
    for name, (required, optional) in known.items():
        if (board == "simulator" and name == "promises") or (name in _OPTIONAL and name not in sections):
            continue  # The simulator stands for no board.
        keys = set(sections.get(name, {}))
        assert required <= keys, name
        assert keys <= required | optional, name


@pytest.mark.parametrize("board", _REAL)
def test_pins_are_the_board_s(board: str) -> None:
    defined, pins = names(board), _pins(_sections(board))
    for pin in pins:
        assert defined.get(pin) == "microcontroller.Pin", pin
    assert len(set(pins)) == len(pins)


@pytest.mark.parametrize("board", _REAL)
def test_objects_are_the_board_s(board: str) -> None:
    defined, sections = names(board), _sections(board)
    if sections["display"]["driver"] == "builtin":
        kind = (
            "epaperdisplay.EPaperDisplay"
            if sections["display"]["class"] == "paper"
            else "busdisplay.BusDisplay"
        )
        assert defined["DISPLAY"] == kind
    if "power_latch" in sections[""]:
        assert defined[sections[""]["power_latch"]] == "digitalio.DigitalInOut"


@pytest.mark.parametrize("board", boards.ids())
def test_the_display_is_of_its_class(board: str) -> None:
    display = boards.load(board)["display"]
    assert (display["width"], display["height"]) in _CLASSES[display["class"]]


@pytest.mark.parametrize("board", _REAL)
def test_promises_are_yes_or_no(board: str) -> None:
    sections = _sections(board)
    promises = sections["promises"]
    assert {type(value) for value in promises.values()} == {bool}
    assert promises["battery_measured"] == ("battery" in sections)


@pytest.mark.parametrize("board", _REAL)
def test_what_needs_usb_is_promised_where_circuitpython_has_it(board: str) -> None:
    """Without USB there is but the console's serial line, and that cannot be closed."""
    promises = _sections(board)["promises"]
    has_usb = modules(board) >= _CONSOLE_MODULES
    assert (promises["usb_hid"], promises["console_closed"]) == (has_usb, has_usb)
    assert ("uart" in _sections(board)) is not has_usb


@pytest.mark.parametrize("board", boards.ids())
def test_buttons_have_the_names_that_the_firmware_uses(board: str) -> None:
    sections = _sections(board)
    buttons = sections["buttons"]
    called = buttons["names"]
    assert len(buttons["pins"]) == len(called) == len(set(called))
    assert set(called) <= {"previous", "next", "confirm", "clear", "enter", *"0123456789"}
    assert "confirm" in called
    assert "next" in called or "encoder" in sections
    assert set(buttons.get("maintenance", called)) <= set(called)


@pytest.mark.parametrize("board", boards.ids())
def test_every_button_has_a_polarity(board: str) -> None:
    buttons = boards.load(board)["buttons"]
    pressed = buttons["pressed"]
    levels = pressed if isinstance(pressed, list) else [pressed] * len(buttons["pins"])
    assert len(levels) == len(buttons["pins"])
    assert {type(level) for level in levels} == {bool}


def _documented(columns: int) -> dict[str, list[str]]:
    """Return the rows of the tables in docs/boards.md that have as many columns, by the board's id."""
    page = (boards.FOLDER.parent / "docs" / "boards.md").read_text("utf-8")
    rows = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns:
            called = [cell.strip("`") for cell in cells if cell.strip("`") in _REAL]
            rows.update({board: cells for board in called})
    return rows


@pytest.mark.parametrize("board", _REAL)
def test_the_documentation_says_what_the_board_has(board: str) -> None:
    sections, row = _sections(board), _documented(columns=5)[board]
    display, buttons = sections["display"], sections["buttons"]
    chip = display.get("chip", display["driver"]).upper()
    paper = ", e-paper" if display["class"] == "paper" else ""
    knob = " and a knob" if "encoder" in sections else ""
    assert row == [
        sections[""]["name"],
        f"`{board}`",
        f"{chip}, {display['width']} \u00d7 {display['height']}{paper}",
        sections["rtc"]["driver"].upper(),
        f"{len(buttons['pins'])}{knob}",
    ]


@pytest.mark.parametrize("board", _REAL)
def test_the_documentation_names_every_pin(board: str) -> None:
    sections = _sections(board)
    page = (boards.FOLDER.parent / "docs" / "boards.md").read_text("utf-8")
    heading = "Raspberry Pi Pico, Pico 2" if board.startswith("raspberry") else sections[""]["name"]
    wiring = page.partition(f"### {heading}\n")[2].partition("\n#")[0]
    assert wiring
    runs = {f"KEY{number}" for number in range(2, 9)}  # "`KEY1` to `KEY9`"
    assert [pin for pin in _pins(sections) if f"`{pin}`" not in wiring and pin not in runs] == []


@pytest.mark.parametrize("board", _REAL)
def test_the_documentation_says_what_the_board_promises(board: str) -> None:
    promises = _sections(board)["promises"]
    page = (boards.FOLDER.parent / "docs" / "boards.md").read_text("utf-8")
    assert "| board | " + " | ".join(f"`{name}`" for name in promises) + " |\n" in page
    row = _documented(columns=6)[board]
    assert row[1:] == ["yes" if promises[name] else "**no**" for name in promises]
