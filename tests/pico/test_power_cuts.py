"""Power cuts on a drive with a real FAT file system: the flash as it is after every erase and program."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenfw.vault import Vault

from boards.simulator.pico import drive
from boards.simulator.pico.chip import DRIVE_START, NVM_START
from boards.simulator.simulator import FIRMWARE
from tests.firmware.parts import RamMedium
from tests.pico.bare import SECTOR, SLEEP, Bare, Recorder, firmware

# The firmware's own modules, without the rest of the token; two writes to nvm say where to look.
PROGRAM_PY = b"""\
import microcontroller
from drive_file import DriveFile
from tokencore.account import Account
from tokenfw.vault import Vault

vault = Vault(DriveFile("/vault.bin"), 100)
vault.add(Account(b"12345678901234567890", "first", "Example", "hotp"))
microcontroller.nvm[0] = 1
vault.add(Account(b"another secret", "second", "Example"))
vault.take_counter(0)
vault.remove(1)
microcontroller.nvm[0] = 0
"""
STEPS = [[("first", 0)], [("first", 0), ("second", 0)], [("first", 1), ("second", 0)], [("first", 1)]]


def _accounts(image: bytes) -> list[tuple[str, int]]:
    """Return the names and counters that a token which starts on that drive has; its files must be whole."""
    for name in ("boot.py", "safemode.py"):
        assert drive.read(image, name) == (FIRMWARE / name).read_bytes()
    vault = Vault(RamMedium(drive.read(image, "vault.bin")), 100)
    assert not vault.fault
    accounts = [vault.account(position) for position in range(len(vault))]
    return [(account.name, account.counter) for account in accounts]


def _ended(recorder: Recorder) -> bool:
    """Return whether the program has come to its end: nvm begins with 0."""
    marks = recorder.marks()
    return len(marks) > 1 and recorder.steps[marks[-1]][1][0] == 0


@pytest.mark.timeout(1800)
def test_no_cut_loses_an_account_or_a_file(uf2: Path) -> None:
    core = sorted((FIRMWARE / "lib/tokencore").glob("*.py"))
    lib = [path.relative_to(FIRMWARE).as_posix() for path in core]
    lib += [f"lib/tokenfw/{name}.py" for name in ("__init__", "slices", "vault")]
    files = firmware("boot.py", "safemode.py", "settings.toml", *lib)
    files["drive_file.py"] = (FIRMWARE / "lib/tokenfw/hardware/drive.py").read_bytes()
    token = Bare(uf2, {**files, "code.py": PROGRAM_PY + SLEEP})
    recorder = Recorder(token.chip.mcu)
    token.until(lambda: _ended(recorder))
    found = [_accounts(image) for _nvm, image in recorder.images()]
    assert [each for number, each in enumerate(found) if not number or each != found[number - 1]] == STEPS
    # Nothing but the vault was rewritten: the file system's own tables are in the first sectors.
    rewritten = {start for start, _content in recorder.steps[recorder.marks()[0] : recorder.marks()[-1]]}
    assert min(rewritten - {NVM_START}) >= DRIVE_START + 2 * SECTOR
