"""What a USB host finds on CircuitPython's own image: each cell of the table in docs/security.md."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from boards.simulator import safe_mode
from boards.simulator.hid_host import HidPort
from boards.simulator.links import MemoryLink
from boards.simulator.pico import drive
from boards.simulator.pico.chip import DRIVE_START, NVM_START, Chip
from boards.simulator.pico.usb import Host
from boards.simulator.simulator import FIRMWARE
from tests.docs.security import BOOTS, boot_py, matrix

SLEEP = b"import time\nwhile True:\n    time.sleep(1)\n"
_CDC, _HID, _DRIVE, _MIDI = (2, 2), (3, 0), (8, 6), (1, 3)  # USB classes and subclasses


class Bare:
    """An emulated Pico with power, a drive of these files and a host, but nothing soldered to it."""

    def __init__(self, uf2: Path, files: dict[str, bytes | None]) -> None:
        self.chip = Chip(uf2)
        memory = bytearray(self.chip.memory())
        image = memory[DRIVE_START - NVM_START :]
        drive.write(image, {path: content for path, content in files.items() if content is not None})
        memory[DRIVE_START - NVM_START :] = image
        self.chip.load(bytes(memory))
        self.host = Host(self.chip.device, MemoryLink(), HidPort(self.chip.now_ns))
        self.chip.power_on()

    def found(self) -> str:
        """Return "open" or "closed" when the host has found the token; any other mixture is neither."""
        end = time.monotonic() + 300
        while not self.host.connected:
            assert time.monotonic() < end, "the token does not come to USB"
            self.chip.run()
            self.host.poll()
        kinds = [(interface.kind, interface.subclass) for interface in self.host.interfaces]
        ports, rest = kinds.count(_CDC), {_DRIVE, _MIDI} & set(kinds)
        state = {(1, 0): "closed", (1, 2): "open"}.get((ports, len(rest)), str(kinds))
        return state if _HID in kinds else str(kinds)


_base: list[Bare] = []  # what the forks go on from


def _restarted(reason: str) -> tuple[str, int]:
    """In a fork of its own: restart for that reason, and return what was found and after how many resets."""
    (token,) = _base
    before = token.chip.resets
    token.chip.restart(reason)
    return token.found(), token.chip.resets - before


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("boot", BOOTS)
def test_matrix_is_true(boot: str, uf2: Path) -> None:
    files = {name: (FIRMWARE / name).read_bytes() for name in ("safemode.py", "settings.toml")}
    token = Bare(uf2, {**files, "boot.py": boot_py(boot), "code.py": SLEEP})
    assert token.found() == matrix()[safe_mode.NONE, boot]
    _base[:] = [token]
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        found = dict(
            zip(safe_mode.REASONS, pool.map(_restarted, safe_mode.REASONS, chunksize=1), strict=True)
        )
    assert {reason: state for reason, (state, _resets) in found.items()} == {
        reason: matrix()[reason, boot] for reason in safe_mode.REASONS
    }
    # safemode.py has run, and has made a start of its own, for every reason but the user's.
    assert {reason: resets for reason, (_state, resets) in found.items()} == {
        reason: 1 if reason == safe_mode.USER else 2 for reason in safe_mode.REASONS
    }


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("safemode", [None, b"raise RuntimeError\n"], ids=["missing", "failing"])
def test_without_safemode_py_safe_mode_is_open(safemode: bytes | None, uf2: Path) -> None:
    token = Bare(uf2, {"boot.py": boot_py("as it is"), "code.py": SLEEP, "safemode.py": safemode})
    assert token.found() == "closed"
    token.chip.restart("HARD_FAULT")
    assert token.found() == "open"
    assert token.chip.resets == 1
