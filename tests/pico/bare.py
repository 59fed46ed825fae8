"""An emulated Pico with a drive of any files and a USB host, but nothing soldered to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from boards.simulator.hid_host import HidPort
from boards.simulator.links import MemoryLink
from boards.simulator.pico import drive
from boards.simulator.pico.chip import DRIVE_START, NVM_START, Chip
from boards.simulator.pico.usb import Host
from boards.simulator.simulator import FIRMWARE

SECTOR = 4096
SLEEP = b"import time\nwhile True:\n    time.sleep(1)\n"
_CDC, _HID, _DRIVE, _MIDI = (2, 2), (3, 0), (8, 6), (1, 3)  # USB classes and subclasses
_ERASE, _PROGRAM = 0x20, 0x02  # commands of the flash chip
_SECONDS = 900.0  # of the host's clock


class Bare:
    """A Pico that has power; None stands for a file that is missing."""

    def __init__(self, uf2: Path, files: Mapping[str, bytes | None]) -> None:
        self.chip = Chip(uf2)
        memory = bytearray(self.chip.memory())
        image = memory[DRIVE_START - NVM_START :]
        drive.write(image, {path: content for path, content in files.items() if content is not None})
        memory[DRIVE_START - NVM_START :] = image
        self.chip.load(bytes(memory))
        self.host = Host(self.chip.device, MemoryLink(), HidPort(self.chip.now_ns))
        self.chip.power_on()

    def until(self, done: Callable[[], bool]) -> None:
        """Run until `done()`."""
        end = time.monotonic() + _SECONDS
        while not done():
            assert time.monotonic() < end, "the token does not come so far"
            self.chip.run()
            self.host.poll()

    def found(self) -> str:
        """Return "open" or "closed" when the host has found the token; any other mixture is neither."""
        self.until(lambda: self.host.connected)
        kinds = [(interface.kind, interface.subclass) for interface in self.host.interfaces]
        state = {(1, 0): "closed", (1, 2): "open"}.get((kinds.count(_CDC), len({_DRIVE, _MIDI} & set(kinds))))
        return state if state and _HID in kinds else str(kinds)

    def drive(self) -> bytes:
        """Return the image of the drive."""
        return self.chip.memory()[DRIVE_START - NVM_START :]


def firmware(*names: str) -> dict[str, bytes]:
    """Return files of the firmware by their paths."""
    return {name: (FIRMWARE / name).read_bytes() for name in names}


class Recorder:
    """What each erase and program leaves in the sector that it reaches, in order."""

    def __init__(self, mcu: Any) -> None:
        self._mcu, self._apply = mcu, mcu.ssi._apply_command
        mcu.ssi._apply_command = self._record
        self._before = bytes(mcu.flash)
        self.steps: list[tuple[int, bytes]] = []

    def _record(self) -> None:
        command = bytes(self._mcu.ssi._tx_buffer[:4])
        self._apply()
        if len(command) == 4 and command[0] in (_ERASE, _PROGRAM):
            start = int.from_bytes(command[1:], "big") // SECTOR * SECTOR
            self.steps.append((start, bytes(self._mcu.flash[start : start + SECTOR])))

    def marks(self) -> list[int]:
        """Return the numbers of the steps that touch nvm."""
        return [number for number, (start, _content) in enumerate(self.steps) if start == NVM_START]

    def images(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield nvm and drive as they are after each step from the first mark up to the last."""
        image = bytearray(self._before)
        for number, (start, content) in enumerate(self.steps):
            image[start : start + SECTOR] = content
            if self.marks()[0] <= number < self.marks()[-1]:
                yield bytes(image[NVM_START:DRIVE_START]), bytes(image[DRIVE_START:])
