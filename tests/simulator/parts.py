"""Small firmware for the tests, and the way to run it."""

import io
import json
from pathlib import Path
from typing import Any

from boards.simulator.bus import I2CBus
from boards.simulator.clock import SECOND_NS, ManualClock
from boards.simulator.port import HostPort, plug_in
from boards.simulator.rtc_chip import RtcChip
from boards.simulator.simulator import FIRMWARE, Simulator

UTC = 1_800_000_000  # 2027-01-15 08:00:00

OPEN_DRIVE = """
import storage, usb_cdc
storage.disable_usb_drive()
usb_cdc.enable(console=False, data=True)
"""


class ChipDesk:
    """A clock chip on a bus, in a world whose clock the test moves."""

    def __init__(self, kind: type[RtcChip], ppb: int = 0) -> None:
        self.clock = ManualClock(UTC * SECOND_NS)
        self.chip = kind(self.clock.now_ns, ppb)
        self._bus = I2CBus()
        self._bus.chips[0] = self.chip

    def write(self, register: int, *values: int) -> None:
        self._bus.transfer(0, bytes([register, *values]))

    def read(self, register: int, count: int = 1) -> list[int]:
        return list(self._bus.transfer(0, bytes([register]), count))

    def wait(self, seconds: float) -> None:
        self.clock.advance(round(seconds * SECOND_NS))


def library(folder: Path, hardware: str) -> Path:
    """Make a folder `lib` with tokencore, the portable tokenfw and these files (a glob) of its hardware."""
    lib = folder / "firmware" / "lib"
    ours = lib / "tokenfw" / "hardware"
    ours.mkdir(parents=True)
    (lib / "tokencore").symlink_to(FIRMWARE / "lib" / "tokencore")
    (lib / "tokenfw" / "__init__.py").touch()
    (ours / "__init__.py").touch()
    for file in (FIRMWARE / "lib" / "tokenfw").glob("*.py"):
        if file.name != "__init__.py":
            (lib / "tokenfw" / file.name).symlink_to(file)
    for file in (FIRMWARE / "lib" / "tokenfw" / "hardware").glob(hardware):
        (ours / file.name).symlink_to(file)
    return lib


class Bench:
    """A simulator with firmware of the test's own; what it prints as JSON lines comes back as `said`."""

    def __init__(self, folder: Path, code: str, boot: str = OPEN_DRIVE, **options: Any) -> None:
        firmware = folder / "firmware"
        firmware.mkdir(exist_ok=True)
        (firmware / "boot.py").write_text(boot)
        (firmware / "code.py").write_text("import json\ndef say(*v): print(json.dumps(v))\n" + code)
        self.console = io.StringIO()
        self.simulator: Simulator
        self.port: HostPort
        self.simulator, self.port = plug_in(
            UTC, firmware=firmware, console=self.console, flash_path=folder / "flash.bin", **options
        )

    def run(self, seconds: float = 1.0) -> list[Any]:
        """Let time pass and return all that has been said so far."""
        self.simulator.run(seconds)
        return self.said()

    def said(self) -> list[Any]:
        lines = self.console.getvalue().splitlines()
        return [json.loads(line) for line in lines if line.startswith("[")]
