"""What a host finds open: in every safe mode, with boot.py whole, missing or failing, and in maintenance."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from boards.simulator import safe_mode, state
from boards.simulator.clock import SECOND_NS, ManualClock
from boards.simulator.context import Usb
from boards.simulator.links import MemoryLink
from boards.simulator.simulator import FIRMWARE, Simulator
from tests.docs.security import BOOTS, boot_py, matrix

UTC = 1_800_000_000
SLEEP = b"import time\nwhile True:\n    time.sleep(1)\n"


def _firmware(folder: Path, files: dict[str, bytes | None]) -> Path:
    """Return a folder with the firmware, a program that only sleeps, and these other files."""
    folder.mkdir(exist_ok=True)
    whole = {name: (FIRMWARE / name).read_bytes() for name in ("boot.py", "safemode.py")}
    for name, content in {**whole, "code.py": SLEEP, **files}.items():
        if content is not None:
            (folder / name).write_bytes(content)
    # The token's own modules, and three of its hardware's without all the others.
    parts = folder / "lib/parts"
    parts.mkdir(parents=True)
    (parts / "__init__.py").touch()
    for name in ("drive.py", "maintenance.py", "opening_drive.py"):
        (parts / name).symlink_to(FIRMWARE / "lib/tokenfw/hardware" / name)
    for name in ("tokencore", "tokenfw"):
        (folder / "lib" / name).symlink_to(FIRMWARE / "lib" / name)
    return folder


def _token(firmware: Path) -> Simulator:
    kept = state.Kept("simulator", "ab" * 8)
    return Simulator(ManualClock(UTC * SECOND_NS), MemoryLink(), kept, io.StringIO(), firmware=firmware)


def _found(token: Simulator, reason: str = safe_mode.NONE) -> Usb:
    """Return what USB shows once it is there, after a start for that reason."""
    token.power_on(reason)
    token.run(0.5)
    assert token.usb.attached
    return token.usb


def _open(usb: Usb) -> str:
    """Return "closed" or "open", as docs/security.md has it; any other mixture is neither."""
    ports = (usb.console, usb.drive, usb.midi, usb.data)
    return {(False, False, False, True): "closed", (True, True, True, False): "open"}.get(ports, str(usb))


def test_matrix_has_every_reason_and_boot() -> None:
    assert {reason for reason, _boot in matrix()} == {safe_mode.NONE, *safe_mode.REASONS}
    assert {boot for _reason, boot in matrix()} == set(BOOTS)


@pytest.mark.parametrize(("reason", "boot"), sorted(matrix()))
def test_matrix_is_true(reason: str, boot: str, tmp_path: Path) -> None:
    token = _token(_firmware(tmp_path, {"boot.py": boot_py(boot)}))
    assert _open(_found(token, reason)) == matrix()[reason, boot]
    token.close()


@pytest.mark.parametrize("safemode", [None, b"raise RuntimeError\n"], ids=["missing", "failing"])
def test_without_safemode_py_every_safe_mode_is_open(safemode: bytes | None, tmp_path: Path) -> None:
    token = _token(_firmware(tmp_path, {"safemode.py": safemode}))
    for reason in safe_mode.REASONS:
        assert _open(_found(token, reason)) == "open"
        assert token.starts == 1
    token.close()


def test_safe_mode_asked_for_by_a_program_is_left(tmp_path: Path) -> None:
    program = b"""\
import microcontroller
if microcontroller.nvm[100] == 255:
    microcontroller.nvm[100] = 1
    microcontroller.on_next_reset(microcontroller.RunMode.SAFE_MODE)
    microcontroller.reset()
"""
    token = _token(_firmware(tmp_path, {"code.py": program + SLEEP}))
    assert _open(_found(token)) == "closed"
    assert token.starts == 3  # the first, safe mode, and the one that safemode.py makes
    token.close()


def test_what_boot_py_has_closed_stays_closed_when_a_later_line_fails(tmp_path: Path) -> None:
    whole = (FIRMWARE / "boot.py").read_text("utf-8")
    closing = {
        "drive": "storage.disable_usb_drive()",
        "console": "usb_cdc.enable(",
        "midi": "usb_midi.disable()",
    }
    for number, statement in enumerate(ast.parse(whole).body):
        done = "\n".join(whole.splitlines()[: statement.end_lineno])
        boot = f"{done}\nraise RuntimeError\n".encode()
        token = _token(_firmware(tmp_path / str(number), {"boot.py": boot}))
        usb = _found(token)
        for what, line in closing.items():
            assert getattr(usb, what) == (line not in done), (what, done)
        token.close()


# Maintenance: a first start stores a secret in nvm and on the drive, any later one with a store erases.
SECRET = b"-a secret of 32 bytes to be kept"
ERASING = (
    b"""\
import os
import microcontroller
from parts import maintenance
from parts.drive import STORE, DriveFile
from tokenfw.log import Log
from tokenfw.secret import Secret
if STORE[1:] in os.listdir("/"):
    maintenance.erase_and_restart()
if not maintenance.is_open():
    Secret(microcontroller.nvm).write(%r)
    Log(DriveFile(STORE), 7).write(6, %r)
"""
    % (SECRET, SECRET)
    + SLEEP
)


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Simulator]:
    """A token with an account, switched off, whose next start begins maintenance."""
    token = _token(_firmware(tmp_path / "erasing", {"code.py": ERASING}))
    assert _open(_found(token)) == "closed"
    token.power_off()
    assert SECRET in token.flash.read(0, len(token.flash))
    yield token
    token.close()


def test_maintenance_opens_an_empty_token_for_one_start(filled: Simulator, tmp_path: Path) -> None:
    usb = _found(filled)
    assert filled.starts == 2
    assert (usb.drive, usb.console, usb.data, usb.hid, usb.midi) == (True, True, False, False, False)
    assert SECRET not in filled.flash.read(0, len(filled.flash))
    assert "/store.bin" not in filled.hardware.drive.entries
    assert _open(_found(filled)) == "closed"


def test_power_cut_in_maintenance_opens_nothing_with_secrets(filled: Simulator, tmp_path: Path) -> None:
    image = filled.flash.read(0, len(filled.flash))
    before = filled.flash.operations
    _found(filled)
    writes = filled.flash.operations - before
    resting = _token(_firmware(tmp_path / "resting", {}))
    seen = set()
    for cut in range(1, writes + 1, 7):  # Twice or more in each sector: an erase and 16 pages.
        filled.power_off()
        filled.flash.load(image)
        filled.power_on()
        filled.flash.cut_power_at(cut)
        filled.run(0.5)
        left = filled.flash.read(0, len(filled.flash))
        resting.power_off()
        resting.flash.load(left)
        usb = _found(resting)
        holds = SECRET in left or "/store.bin" in resting.hardware.drive.entries
        assert not (usb.drive or usb.console) or not holds, cut
        seen.add((usb.drive, holds))
    assert seen == {(False, True), (False, False), (True, False)}
    resting.close()


def test_a_mark_opens_nothing_beside_a_store_of_any_version(tmp_path: Path) -> None:
    for store in ("/store.bin", "/vault.bin"):
        token = _token(_firmware(tmp_path / store[1:], {}))
        token.hardware.drive.put(store, b"accounts")
        token.hardware.nvm[0:4] = b"OPEN"
        assert _open(_found(token)) == "closed"
        assert token.hardware.nvm[0:4] == bytes(4)
        token.close()
