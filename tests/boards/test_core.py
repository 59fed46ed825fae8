"""What the simulator says of CircuitPython's core on each board, against the definitions of the boards."""

from __future__ import annotations

import pytest

import boards
from boards.simulator import core, displays, processors
from boards.simulator.core import Spi
from boards.simulator.flash import Flash
from boards.simulator.hardware import Hardware
from boards.simulator.links import MemoryLink

from .definitions import UNLISTED, names, nvm_bytes

_REAL = [board for board in boards.ids() if board != "simulator"]


def _hardware(board: str) -> Hardware:
    return Hardware(boards.load(board), lambda: 0, Flash(256), MemoryLink(), bytes(8))


@pytest.mark.parametrize("board", _REAL)
def test_the_core_s_names_are_the_board_s(board: str) -> None:
    defined, made = names(board), core.of(board)
    pins: list[str] = []
    if made.display is not None:
        wires, display = made.display.wires, made.display
        pins += [wires.command, wires.chip_select, wires.reset]
        pins += (
            [wires.clock, wires.mosi] if isinstance(wires, Spi) else [*wires.data, wires.write, wires.read]
        )
        pins += [pin for pin in (display.backlight, display.busy) if pin]
    assert [pin for pin in pins if defined.get(pin) != "microcontroller.Pin"] == []
    assert made.latch in UNLISTED.get(board, {None: ""})
    assert set(made.buses) == {name for name, kind in defined.items() if kind == "busio.I2C"}


@pytest.mark.parametrize("board", _REAL)
def test_a_built_in_display_is_simulated_where_the_firmware_uses_it(board: str) -> None:
    settings, made = boards.load(board)["display"], core.of(board)
    assert (made.display is not None) == (settings["driver"] == "builtin")
    if made.display is not None:
        options = made.display.options
        assert (options["width"], options["height"]) == (settings["width"], settings["height"])


@pytest.mark.parametrize("board", _REAL)
def test_non_volatile_memory_is_as_large_as_the_board_s(board: str) -> None:
    assert processors.of(boards.load(board)).nvm_bytes == nvm_bytes(board)
    assert len(_hardware(board).nvm) == nvm_bytes(board)


@pytest.mark.parametrize("board", boards.ids())
def test_the_simulated_board_has_the_display_of_its_file(board: str) -> None:
    hardware, settings = _hardware(board), boards.load(board)["display"]
    assert (hardware.display.width, hardware.display.height) == (settings["width"], settings["height"])
    assert hardware.display.state()["chip"] == settings.get("chip", settings["driver"])


def test_what_is_not_simulated_is_named() -> None:
    board = boards.load("raspberry_pi_pico")
    for section, key, why in (
        ("display", "driver", "ssd9999 is not simulated: choose one of ssd1306"),
        ("rtc", "driver", "ssd9999 is not simulated: choose one of ds3231"),
    ):
        changed = {**board, section: {**board[section], key: "ssd9999"}}
        with pytest.raises(ValueError, match=why):
            Hardware(changed, lambda: 0, Flash(256), MemoryLink(), bytes(8))
    other = {**board, "display": {**board["display"], "driver": "builtin", "chip": "sh1106"}}
    with pytest.raises(ValueError, match=r"add it to boards/simulator/core\.py"):
        Hardware(other, lambda: 0, Flash(256), MemoryLink(), bytes(8))


def test_non_volatile_memory_of_two_sectors_erases_the_one_that_is_written() -> None:
    hardware = _hardware("lilygo_tdisplay_s3")
    before = list(hardware.flash.erases)
    hardware.nvm[4100] = 7
    assert [n for n, erases in enumerate(hardware.flash.erases) if erases != before[n]] == [1]
    hardware.nvm[4094:4098] = b"abcd"
    assert (hardware.nvm[4094:4101], hardware.nvm[-1]) == (b"abcd\xff\xff\x07", 0xFF)


def test_every_display_of_a_board_file_can_be_told_from_its_state() -> None:
    for board in boards.ids():
        display = _hardware(board).display
        assert type(displays.restore(display.state())) is type(display)
