"""The FAT drive that the pico engine makes, and what it says where its libraries are missing."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

from boards.bundle import files
from boards.simulator.pico import drive, parts

SIZE = 1 << 20


def _image() -> bytearray:
    if importlib.util.find_spec("fatfs") is None:
        pytest.skip("fatfs-ng is not installed: pip install 'fobsmith[pico]'")
    return bytearray(b"\xff" * SIZE)


def test_files_come_back_and_only_changes_are_written() -> None:
    image, firmware = _image(), files("raspberry_pi_pico")
    assert sorted(drive.write(image, firmware)) == sorted(firmware)
    assert {path: drive.read(bytes(image), path) for path in firmware} == firmware
    drive.write(image, {"vault.bin": b"the token's own"})
    firmware["code.py"] = b"changed"
    assert drive.write(image, firmware) == ["code.py"]
    assert drive.read(bytes(image), "code.py") == b"changed"
    assert drive.read(bytes(image), "vault.bin") == b"the token's own"
    assert len(image) == SIZE
    with pytest.raises(FileNotFoundError):
        drive.read(bytes(image), "lib/none.py")


@pytest.mark.skipif(shutil.which("mcopy") is None, reason="mtools is not installed")
def test_another_program_reads_the_same(tmp_path: Path) -> None:
    image, firmware = _image(), files("raspberry_pi_pico")
    drive.write(image, firmware)
    path = tmp_path / "drive.img"
    path.write_bytes(image)
    for name, content in firmware.items():
        read = subprocess.run(["mcopy", "-i", path, f"::{name}", "-"], capture_output=True, check=True)
        assert read.stdout == content, name


@pytest.mark.parametrize(
    ("load", "package"), [(parts.fat, "fatfs-ng"), (lambda: parts.emulator("boards"), "rp2040py")]
)
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, load: object, package: str) -> None:
    def missing(name: str) -> None:
        root = name.partition(".")[0]
        raise ModuleNotFoundError(f"No module named '{root}'", name=root)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ValueError, match=rf"{package}.* not installed: pip install 'fobsmith\[pico\]'"):
        load()  # type: ignore[operator]
