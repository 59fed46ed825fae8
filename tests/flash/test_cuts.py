"""A cable pulled at any moment of flashing leaves nothing half, and flashing again ends whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from boards import bundle
from provisioner.flashing import BOOT, CODE, DriveWrong, flash
from provisioner.medium import DriveLost
from tests.flash.cuts import CableCut, Countdown, CutFolder, FatDrive

DATA = {"vault.bin": b"the token's own", "boot_out.txt": b"Board ID:x", "photos/cat.jpg": b"a cat"}
# Two small firmwares that share files, change others, and have some that the other one lacks.
OLD = {
    "boot.py": b"old boot",
    "code.py": b"old code",
    "lib/a/__init__.py": b"same in both",
    "lib/a/gone.py": b"only in the old one",
    "lib/b.py": b"old b",
    "manifest": b"old manifest",
    "settings.toml": b"same settings",
}
NEW = {
    "board.toml": b"new board",
    "boot.py": b"new boot, longer",
    "code.py": b"new code, longer",
    "lib/a/__init__.py": b"same in both",
    "lib/a/come.py": b"only in the new one",
    "lib/b.py": b"new b, and longer",
    "manifest": b"new manifest",
    "settings.toml": b"same settings",
    "texts/de.toml": b"neu",
}
STARTS = {
    "an older firmware": OLD,
    "a new drive": {"code.py": b'print("Hello World!")\n', "settings.toml": b""},
    "an empty drive": {},
    "the same with a file that differs": NEW | {"lib/b.py": b"new B, and longer"},
    "something in the way": NEW | {"lib/time.mpy": b"", "code.txt": b"print(1)", "lib/b.py.new": b"half"},
}


def _operations(start: dict[str, bytes]) -> int:
    countdown = Countdown()
    drive = FatDrive(start | DATA, countdown)
    flash(drive, NEW)
    assert drive.after() == NEW | DATA
    return countdown.done


def check(
    after: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes], data: dict[str, bytes]
) -> None:
    """The drive runs a whole firmware or none, and is open unless it runs one that is whole."""
    assert {path: after[path] for path in data} == data, "the token's own files are lost"
    others = [path for path in after if path in ("code.txt", "main.py") and path not in old]
    assert not others
    without_boot = [
        {path: content for path, content in firmware.items() if path not in (BOOT, "manifest")}
        for firmware in (old, new)
    ]
    whole = [firmware for firmware in without_boot if firmware.items() <= after.items()]
    if CODE in after:
        # Old and new differ in code.py, so this tells which of them must be whole.
        assert [firmware for firmware in whole if firmware.get(CODE) == after[CODE]], "half a firmware"
    if BOOT in after:
        assert CODE in after, "the drive is closed and nothing runs"
        assert after[BOOT] in (old.get(BOOT), new[BOOT])


@pytest.mark.parametrize("start", sorted(STARTS))
def test_every_cut_on_a_fat_drive(start: str) -> None:
    old = STARTS[start]
    for at in range(_operations(old)):
        for seed in range(12):
            drive = FatDrive(old | DATA, Countdown(at), seed)
            with pytest.raises(CableCut):
                flash(drive, NEW)
            check(drive.after(), old, NEW, DATA)
            again = FatDrive(drive.after(), Countdown())
            flash(again, NEW)
            assert again.after() == NEW | DATA


def test_a_file_that_cannot_be_read_is_written_anew() -> None:
    class Damaged(FatDrive):
        broken = True

        def read(self, path: str) -> bytes:
            if path == "lib/b.py" and self.broken:
                raise DriveLost("a bad sector")
            return super().read(path)

        def write(self, path: str, content: bytes) -> None:
            self.broken = self.broken and path != "lib/b.py"
            super().write(path, content)

    drive = Damaged(NEW | DATA, Countdown())
    assert flash(drive, NEW).written == 4
    assert drive.after() == NEW | DATA


def test_a_drive_that_forgets_is_found_out() -> None:
    class Forgetful(FatDrive):
        def read(self, path: str) -> bytes:
            return super().read(path) if path != "lib/b.py" else b"something else!!!"

    drive = Forgetful(OLD | DATA, Countdown())
    with pytest.raises(DriveWrong, match=r"lib/b\.py"):
        flash(drive, NEW)
    assert BOOT not in drive.after() and CODE not in drive.after()


def test_cuts_upon_cuts() -> None:
    chance = random.Random(1)
    for seed in range(300):
        content = OLD | DATA
        for _ in range(6):
            drive = FatDrive(content, Countdown(chance.randrange(40)), seed)
            try:
                flash(drive, NEW)
            except CableCut:
                check(drive.after(), OLD, NEW, DATA)
            content = drive.after()
        last = FatDrive(content, Countdown())
        flash(last, NEW)
        assert last.after() == NEW | DATA


def test_every_cut_with_the_real_firmware() -> None:
    new = bundle.files("raspberry_pi_pico")
    old = {path: content + b"\n# older\n" for path, content in new.items()} | {"lib/gone.py": b""}
    countdown = Countdown()
    flash(FatDrive(old | DATA, countdown), new)
    assert countdown.done > 2 * len(new)
    for at in range(countdown.done):
        drive = FatDrive(old | DATA, Countdown(at), at)
        with pytest.raises(CableCut):
            flash(drive, new)
        check(drive.after(), old, new, DATA)
        again = FatDrive(drive.after(), Countdown())
        flash(again, new)
        assert again.after() == new | DATA


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _fill(folder: Path, content: dict[str, bytes]) -> None:
    for path, data in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


@pytest.mark.parametrize("start", sorted(STARTS))
def test_every_cut_on_a_real_folder(tmp_path: Path, start: str) -> None:
    old = STARTS[start]
    for at in range(1000):
        folder = tmp_path / str(at)
        folder.mkdir()
        _fill(folder, old | DATA)
        try:
            flash(CutFolder(folder, Countdown(at)), NEW)
        except CableCut:
            check(_contents(folder), old, NEW, DATA)
        else:
            break
        flash(CutFolder(folder, Countdown()), NEW)
        assert _contents(folder) == NEW | DATA
    assert at > 20
    assert _contents(folder) == NEW | DATA
    # No folder without files stays: CircuitPython would take it for a package.
    assert not [path for path in (folder / "lib").rglob("*") if path.is_dir() and not list(path.iterdir())]
