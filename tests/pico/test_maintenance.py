"""Maintenance on CircuitPython's own image: what opens, and what a power cut at any step would leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.simulator.pico import drive
from boards.simulator.simulator import FIRMWARE
from tests.pico.bare import SLEEP, Bare, Recorder, firmware

SECRET = b"-a secret of 32 bytes to be kept"
# The firmware's own modules without the rest of the token. Byte 100 of nvm says where to look.
PROGRAM = (
    b"""\
import microcontroller
from parts import maintenance
from parts.drive import STORE, DriveFile
from tokenfw.log import Log
from tokenfw.secret import Secret

if not maintenance.is_open() and microcontroller.nvm[100] == 255:
    Secret(microcontroller.nvm).write(%r)
    Log(DriveFile(STORE), 7).write(6, %r)
    microcontroller.nvm[100] = 1
    maintenance.erase_and_restart()
"""
    % (SECRET, SECRET)
    + SLEEP
)


@pytest.mark.timeout(1800)
def test_maintenance_opens_an_empty_token_for_one_start(uf2: Path) -> None:
    core = sorted((FIRMWARE / "lib/tokencore").glob("*.py"))
    lib = [path.relative_to(FIRMWARE).as_posix() for path in core]
    lib += [f"lib/tokenfw/{path.name}" for path in (FIRMWARE / "lib/tokenfw").glob("*.py")]
    whole = firmware("boot.py", "safemode.py", "settings.toml")
    parts = {
        f"lib/parts/{name}.py": (FIRMWARE / f"lib/tokenfw/hardware/{name}.py").read_bytes()
        for name in ("drive", "maintenance")
    }
    token = Bare(uf2, {**whole, **firmware(*lib), **parts, "lib/parts/__init__.py": b"", "code.py": PROGRAM})
    recorder = Recorder(token.chip.mcu)
    assert token.found() == "closed"
    token.until(lambda: token.chip.resets == 1)
    token.until(lambda: token.host.connected)
    kinds = {(interface.kind, interface.subclass) for interface in token.host.interfaces}
    assert kinds == {(2, 2), (10, 0), (8, 6)}  # the console and the drive
    assert SECRET not in token.chip.memory()
    with pytest.raises(FileNotFoundError):
        drive.read(token.drive(), "store.bin")
    token.chip.restart()
    assert token.found() == "closed"

    seen = set()
    for nvm, image in recorder.images():
        holds = SECRET in nvm or SECRET in image
        seen.add((holds, nvm[:4] == b"OPEN"))
        if holds:  # Then it starts closed: boot.py is whole, and finds no mark or the store.
            assert all(drive.read(image, name) == content for name, content in whole.items())
            assert nvm[:4] != b"OPEN" or drive.read(image, "store.bin")
    assert seen == {(True, False), (False, False), (False, True)}
