"""[battery] and [power] of the board files: what the boards' chips and CircuitPython's ports can do."""

from __future__ import annotations

import re
from typing import Any

import pytest

import boards

from .definitions import modules, names, text

_LAST_RTC_GPIO = 21  # of an ESP32-S3: only those can wake it from a deep sleep
_WITH_BATTERY = [board for board in boards.ids() if "battery" in boards.load(board)]
_SLEEPING = [board for board in boards.ids() if "power" in boards.load(board)]


def _wakers(board: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return (pin, its level when pressed) of each button that wakes the board."""
    keys = board["buttons"]
    pressed = keys["pressed"]
    levels = pressed if isinstance(pressed, list) else [pressed] * len(keys["pins"])
    wake = board["power"].get("wake", keys["names"])
    return [
        (pin, level)
        for name, pin, level in zip(keys["names"], keys["pins"], levels, strict=True)
        if name in wake
    ]


@pytest.mark.parametrize("board", _WITH_BATTERY)
def test_a_battery_is_measured_by_a_pin_or_a_gauge(board: str) -> None:
    battery = boards.load(board)["battery"]
    if "gauge" in battery:
        assert battery == {"gauge": 0x36}
        return
    assert set(battery) == {"pin", "divider", "empty", "full"}
    assert names(board)[battery["pin"]] == "microcontroller.Pin"
    assert "analogio" in modules(board)
    assert 3000 <= battery["empty"] < battery["full"] <= 4200
    assert battery["full"] < battery["divider"] * 3300


@pytest.mark.parametrize("board", _SLEEPING)
def test_a_board_that_sleeps_can(board: str) -> None:
    loaded = boards.load(board)
    assert loaded["power"]["deep_sleep_s"] > 0
    assert set(loaded["power"].get("wake", [])) <= set(loaded["buttons"]["names"])
    if "power_latch" in loaded:
        return
    assert "alarm" in modules(board)
    assert loaded["promises"]["usb_hid"], "else a desk on its port would find it asleep"
    wakers = _wakers(loaded)
    assert wakers
    if loaded["microcontroller"] == "esp32s3":
        low = [pin for pin, level in wakers if not level]
        assert not low or len(low) == len(wakers) or len(low) == 1 or len(wakers) - len(low) == 1
        for pin, _level in wakers:
            found = re.search(rf"^{pin}: microcontroller.Pin  # GPIO(\d+)$", text(board), re.MULTILINE)
            assert found is not None and int(found[1]) <= _LAST_RTC_GPIO


def test_boards_without_a_sleep_stay_awake() -> None:
    assert "alarm" not in modules("raspberry_pi_pico2")
    assert not {"raspberry_pi_pico2", "m5stack_stick_c_plus"} & set(_SLEEPING)
