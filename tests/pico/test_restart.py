"""The desk restarts a board through CircuitPython's own console, whatever its program does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner import restart
from tests.pico.bare import SLEEP, Bare

PROGRAMS = {"runs": SLEEP, "has ended": b"print(1)\n", "has failed": b"1 / 0\n"}


class Console:
    """The part of pyserial's Serial that is used, at a token in this process."""

    def __init__(self, token: Bare) -> None:
        self._token, self._link = token, token.host._link
        self._link.connected = True  # type: ignore[attr-defined]

    def __enter__(self) -> Console:
        return self

    def __exit__(self, *_: object) -> None: ...

    def write(self, data: bytes) -> None:
        self._link.to_token += data  # type: ignore[attr-defined]

    def read(self, size: int) -> bytes:
        heard: bytearray = self._link.to_host  # type: ignore[attr-defined]
        data = bytes(heard[:size])
        del heard[:size]
        return data

    def flush(self) -> None: ...


class Clock:
    """What is used of the module `time`, on the emulated clock."""

    def __init__(self, token: Bare) -> None:
        self._token = token

    def monotonic(self) -> float:
        return self._token.chip.now_ns() / 1e9

    def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        self._token.until(lambda: self.monotonic() >= end)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_board_with_an_open_console_restarts(
    uf2: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    token = Bare(uf2, {"code.py": PROGRAMS[program]})
    clock: Any = Clock(token)
    token.until(lambda: token.host.connected)
    clock.sleep(2.0)
    monkeypatch.setattr(restart, "time", clock)
    monkeypatch.setattr(restart.serial, "Serial", lambda *_arguments, **_options: Console(token))
    port = SimpleNamespace(device="console", serial_number="FF", interface="CircuitPython CDC control")
    assert token.chip.resets == 0
    assert restart.restart("FF", lambda: [port])
    token.until(lambda: token.chip.resets == 1)
