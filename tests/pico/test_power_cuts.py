"""Power cuts on a drive with a real FAT file system: the flash as it is after every erase and program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenfw.secret import Secret
from tokenfw.vault import Vault

from boards.simulator.pico import drive
from boards.simulator.pico.chip import DRIVE_START, NVM_START
from boards.simulator.simulator import FIRMWARE
from provisioner.primitives import HostPrimitives
from tests.firmware.media import RamMedium, RamNvm, RamSecret
from tests.pico.bare import SECTOR, SLEEP, Bare, Recorder, firmware

# The firmware's own modules, without the rest of the token. The secret comes first, and ends it.
PROGRAM_PY = b"""\
import microcontroller
from board_crypto import BoardPrimitives
from drive_file import DriveFile
from tokencore.account import Account
from tokenfw.secret import Secret
from tokenfw.vault import Vault

secret = Secret(microcontroller.nvm)
vault = Vault(DriveFile("/store.bin"), secret, BoardPrimitives(), 100)
vault.add(Account(b"12345678901234567890", "first", "Example", "hotp"))
vault.add(Account(b"another secret", "second", "Example"))
vault.take_counter(0)
vault.remove(1)
secret.erase()
"""
STEPS = [
    [],
    [("first", 0)],
    [("first", 0), ("second", 0)],
    [("first", 1), ("second", 0)],
    [("first", 1)],
]


def _accounts(nvm: bytes, image: bytes) -> list[tuple[str, int]]:
    """Return the names and counters that a token which starts on that flash has; its files must be whole."""
    for name in ("boot.py", "safemode.py", "code.py"):
        assert drive.read(image, name) == (PROGRAM_PY + SLEEP if name == "code.py" else _file(name))
    medium = RamMedium(drive.read(image, "store.bin"))
    vault = Vault(medium, RamSecret(nvm), HostPrimitives(), 100)
    assert not vault.fault
    accounts = [vault.account(position) for position in range(len(vault))]
    return [(account.name, account.counter) for account in accounts]


def _file(name: str) -> bytes:
    return (FIRMWARE / name).read_bytes()


def _secret(nvm: bytes) -> bytes:
    return Secret(RamNvm(nvm)).read()


def _ended(recorder: Recorder) -> bool:
    """Return whether the program has come to its end: the secret is overwritten, three times."""
    return len([number for number in recorder.marks() if _place(recorder.steps[number][1]) == bytes(40)]) >= 3


def _place(nvm: bytes) -> bytes:
    return nvm[SECTOR // 2 : SECTOR // 2 + 40]


def _in_use(recorder: Recorder) -> Iterator[tuple[bytes, bytes]]:
    """Yield the flash after every step from the first byte of the secret to the first that it loses."""
    written = False
    for nvm, image in recorder.images():
        if written and not _secret(nvm):
            return
        written = written or bool(_secret(nvm))
        yield nvm, image


@pytest.mark.timeout(1800)
def test_no_cut_loses_an_account_or_a_file(uf2: Path) -> None:
    lib = [path.relative_to(FIRMWARE).as_posix() for path in (FIRMWARE / "lib/tokencore").glob("*.py")]
    lib += [path.relative_to(FIRMWARE).as_posix() for path in (FIRMWARE / "lib/tokenfw").glob("*.py")]
    files = firmware("boot.py", "safemode.py", "settings.toml", *sorted(lib))
    files["drive_file.py"] = _file("lib/tokenfw/hardware/drive.py")
    files["board_crypto.py"] = _file("lib/tokenfw/hardware/crypto.py")
    token = Bare(uf2, {**files, "code.py": PROGRAM_PY + SLEEP})
    recorder = Recorder(token.chip.mcu)
    token.until(lambda: _ended(recorder))
    images = list(_in_use(recorder))
    found = [_accounts(nvm, image) for nvm, image in images]
    print(f"{len(found)} erases and programs, each a cut")
    assert [each for number, each in enumerate(found) if not number or each != found[number - 1]] == STEPS
    # Nothing but the store was rewritten: the file system's own tables are in the first sectors, and the
    # secret beside it was written once.
    first = recorder.marks()[0]
    rewritten = [start for start, _content in recorder.steps[first : first + len(images)]]
    assert min(set(rewritten) - {NVM_START}) >= DRIVE_START + 2 * SECTOR
    assert rewritten.count(NVM_START) <= 2
