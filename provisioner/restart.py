"""Restarting a board through CircuitPython's console, as long as that is open."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import serial  # type: ignore[import-untyped]
from serial.tools import list_ports  # type: ignore[import-untyped]

from .ports import DATA_INTERFACE

_PROMPT = b">>> "
_INTERRUPT, _KEY = b"\x03", b"\r"
_RESET = b"import microcontroller\r\nmicrocontroller.reset()\r\n"
_TRIES = 4
_WAIT_S = 0.5


def restart(uid: str, comports: Callable[[], Iterable[Any]] = list_ports.comports) -> bool:
    """Reset the board with that number (hex, as USB has it). False where it has no console to ask."""
    for port in comports():
        is_data = (port.interface or "").startswith(DATA_INTERFACE)
        if uid and (port.serial_number or "").upper() == uid and not is_data and _reset(port.device):
            return True
    return False


def _reset(device: str) -> bool:
    try:
        with serial.Serial(device, timeout=0, write_timeout=1.0, exclusive=True) as console:
            for _ in range(_TRIES):
                console.write(_INTERRUPT)
                if _hears_prompt(console):
                    console.write(_RESET)
                    console.flush()
                    time.sleep(_WAIT_S)
                    return True
                console.write(_KEY)  # after its end a program waits for any key
    except (OSError, serial.SerialException):
        return False
    return False


def _hears_prompt(console: Any) -> bool:
    heard, deadline = b"", time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        heard += console.read(256)
        if heard.endswith(_PROMPT):
            return True
        time.sleep(0.02)
    return False
