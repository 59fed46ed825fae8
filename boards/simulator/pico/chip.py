"""The emulated RP2040 with CircuitPython's image and a drive in its flash."""

import struct
import time
from pathlib import Path
from typing import Any

from ..clock import SECOND_NS
from ..safe_mode import NONE, REASONS, USER
from .parts import emulator

NVM_START, DRIVE_START, FLASH_END = 0xFF000, 0x100000, 0x200000  # as CircuitPython lays out 2 MiB
_ENTRY = 0x10000000  # where the boot ROM goes on: the begin of the flash
_UF2_BLOCK = 512
_UF2_FIRST, _UF2_SECOND = 0x0A324655, 0x9E5D5157
_RP2040_FAMILY = 0xE48BFF56
_WAIT_FROM_NS, _WAIT_NS = 250_000_000, 950_000_000
# The word in RAM by which CircuitPython tells itself over a reset why it should start in safe mode.
_SAFE_MODE_WORD = 0xAD0000AF  # with the reason's number in its second byte
_ALL_BUT_OSCILLATORS, _TRIGGER = 0x1FFFC, 1 << 31  # of PSM's WDSEL; of the watchdog's CTRL
_WDSEL, _CTRL = 8, 0
_STUCK = 30.0  # seconds of the host's clock

EmulatorStuck = TimeoutError


class Chip:
    """The microcontroller. `device` is rp2040py's; `now_ns` counts from its power-on.

    Raises ValueError where `uf2` is no image for this chip.
    """

    def __init__(self, uf2: Path) -> None:
        check_uf2(uf2)
        spec = emulator("boards").BoardSpec(image=str(uf2))
        self.device = emulator("device").MicroPythonDevice(board=spec, circuitpython=True)
        self.mcu = self.device.mcu
        self._moved_at, self._moved_ns = 0.0, -1
        self._wait_from_ns: int | None = None
        self._saved_word = -1  # where in RAM, once it was seen
        self.resets = 0
        self._restart = self.mcu.watchdog.on_watchdog_trigger
        self.mcu.watchdog.on_watchdog_trigger = self._reset

    def power_on(self) -> None:
        """Begin at the image's first instruction, as after the boot ROM."""
        self.mcu.core.pc = _ENTRY
        self.device.simulator.stopped = False
        self._wait_from_ns = self.now_ns() + _WAIT_FROM_NS

    def restart(self, safe_mode: str = NONE) -> None:
        """Reset as microcontroller.reset() does; `safe_mode`, of REASONS, is what CircuitPython finds then.

        Raises EmulatorStuck where it has not come so far since power-on that it could be told.
        """
        if safe_mode != NONE:
            if self._saved_word < 0:
                raise EmulatorStuck("CircuitPython has not kept a reason for safe mode yet")
            word = _SAFE_MODE_WORD | REASONS[safe_mode] << 8
            self.mcu.sram[self._saved_word : self._saved_word + 4] = word.to_bytes(4, "little")
        self.mcu.psm.write_uint32(_WDSEL, _ALL_BUT_OSCILLATORS)
        self.mcu.watchdog.write_uint32(_CTRL, _TRIGGER)

    def _reset(self) -> None:
        self.resets += 1
        self._restart()
        self._wait_from_ns = self.now_ns() + _WAIT_FROM_NS

    def now_ns(self) -> int:
        return int(self.mcu.clock.nanos)

    def run(self) -> None:
        """Run for some 5 ms of the host's clock. Raises EmulatorStuck where emulated time stands still."""
        self.device.simulator._execute_batch()  # its public face wants an event loop of its own
        core = self.mcu.core
        if core.waiting and core.pending_interrupts & core.enabled_interrupts:
            # The core's WFI goes on at once where an interrupt pends; the emulator's sleeps on for ever.
            core.waiting = False
        now_ns = self.now_ns()
        if self._wait_from_ns is not None and now_ns >= self._wait_from_ns:
            # CircuitPython waits a second for a press that asks for safe mode, at work all the time:
            # nothing happens in it, and it would take some 20 s here. A reset now would mean USER.
            if self._saved_word < 0:
                word = _SAFE_MODE_WORD | REASONS[USER] << 8
                self._saved_word = bytes(self.mcu.sram).find(word.to_bytes(4, "little"))
            self.mcu.clock.tick(_WAIT_NS)
            self._wait_from_ns = None
        if now_ns != self._moved_ns:
            self._moved_at, self._moved_ns = time.monotonic(), now_ns
        elif time.monotonic() - self._moved_at > _STUCK:
            raise EmulatorStuck(f"the emulated clock stands at {now_ns / SECOND_NS:.3f} s: start it again")

    def alarm(self, delay_ns: int, act: Any) -> None:
        """Call `act` when `delay_ns` have passed on the emulated clock."""
        self.mcu.clock.create_alarm(act).schedule(max(0, delay_ns))

    def memory(self) -> bytes:
        """Return the part of the flash that a program can write: nvm and drive."""
        return bytes(self.mcu.flash[NVM_START:FLASH_END])

    def load(self, memory: bytes) -> None:
        """Put back what `memory` gave."""
        if len(memory) != FLASH_END - NVM_START:
            raise ValueError(f"nvm and drive have {FLASH_END - NVM_START} bytes, not {len(memory)}")
        self.mcu.flash[NVM_START:FLASH_END] = memory


def check_uf2(path: Path) -> None:
    """Raise ValueError unless `path` is a UF2 file for the RP2040 that keeps below nvm and drive."""
    data = path.read_bytes()
    if not data or len(data) % _UF2_BLOCK:
        raise ValueError(f"{path} is not a UF2 file: take CircuitPython's for raspberry_pi_pico")
    for offset in range(0, len(data), _UF2_BLOCK):
        first, second, _flags, address, size, _number, _count, family = struct.unpack_from(
            "<8I", data, offset
        )
        if (first, second) != (_UF2_FIRST, _UF2_SECOND):
            raise ValueError(f"{path} is not a UF2 file: take CircuitPython's for raspberry_pi_pico")
        if family != _RP2040_FAMILY or not _ENTRY <= address <= _ENTRY + NVM_START - size:
            raise ValueError(f"{path} is not for a Pico's RP2040: take CircuitPython's for raspberry_pi_pico")
