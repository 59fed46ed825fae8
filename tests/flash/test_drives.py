"""Boards are found where each system mounts drives, by what is on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import drives
from provisioner.drives import CIRCUITPY, LOADER, Board
from provisioner.faults import Ambiguous

BOOT_OUT = (
    "Adafruit CircuitPython 10.2.1 on 2026-08-01; Raspberry Pi Pico with rp2040\r\n"
    "Board ID:raspberry_pi_pico\r\nUID:e0c9125b0d9b0c2f\r\nboot.py output:\r\n"
)
INFO = {
    "rp2040": "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n",
    "rp2350": "UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: RP2350\n",
    "esp32s3": "TinyUF2 Bootloader 0.33.0\nModel: Feather\nBoard-ID: ESP32S3-Feather-revTFT\n",
    "nrf52840": "UF2 Bootloader 0.9.2 lib/nrfx\nModel: CLUE\nBoard-ID: nRF52840-CLUE-revA\n",
}


def _drive(path: Path, name: str = "boot_out.txt", text: str = BOOT_OUT) -> Path:
    path.mkdir(parents=True)
    (path / name).write_bytes(text.encode())
    return path


def test_linux_finds_what_it_has_mounted(tmp_path: Path) -> None:
    expected = [
        _drive(tmp_path / "media/ann/CIRCUITPY"),
        _drive(tmp_path / "media/CIRCUITPY"),
        _drive(tmp_path / "run/media/ann/CIRCUITPY"),
        _drive(tmp_path / "mnt/my board"),
    ]
    _drive(tmp_path / "home/not mounted")
    (tmp_path / "media/ann/PHOTOS").mkdir()
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/mounts").write_text(
        "proc /proc proc rw 0 0\n/dev/sda1 /mnt/my\\040board vfat rw 0 0\n"
        "/dev/sdb1 /media/ann/CIRCUITPY vfat rw 0 0\n/dev/sdc /home/not\\040mounted ext4 rw 0 0\n\n"
    )
    found = drives.search("linux", tmp_path)
    assert sorted(board.path for board in found) == sorted(expected)
    assert {(board.kind, board.board, board.version, board.uid) for board in found} == {
        (CIRCUITPY, "raspberry_pi_pico", "10.2.1", "E0C9125B0D9B0C2F")
    }


def test_macos_finds_its_volumes(tmp_path: Path) -> None:
    path = _drive(tmp_path / "Volumes/CIRCUITPY 1")
    (tmp_path / "Volumes/Macintosh HD").mkdir()
    _drive(tmp_path / "media/ann/CIRCUITPY")
    assert [board.path for board in drives.search("darwin", tmp_path)] == [path]


def test_windows_finds_its_letters(tmp_path: Path) -> None:
    loader, drive = _drive(tmp_path / "D", "INFO_UF2.TXT", INFO["rp2040"]), _drive(tmp_path / "E")
    _drive(tmp_path / "A")  # a floppy drive's letter
    assert [(board.path, board.kind) for board in drives.search("win32", tmp_path)] == [
        (loader, LOADER),
        (drive, CIRCUITPY),
    ]


@pytest.mark.parametrize("chip", sorted(INFO))
def test_boot_loaders_tell_their_chip(tmp_path: Path, chip: str) -> None:
    found = drives.inspect(_drive(tmp_path / "drive", "INFO_UF2.TXT", INFO[chip]))
    assert found is not None
    assert (found.kind, found.chip) == (LOADER, chip)
    assert found.version in ("3.0", "1.0", "0.33.0", "0.9.2")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("boot_out.txt", ""),
        ("boot_out.txt", "Board ID:raspberry_pi_pico\n"),
        ("boot_out.txt", "Adafruit CircuitPython 10.2.1 on 2026-08-01; no id\n"),
        ("boot_out.txt", "\0\xff" * 10_000),
        ("INFO_UF2.TXT", "Model: something\n"),
        ("code.py", "print('hello')\n"),
    ],
)
def test_other_drives_are_no_boards(tmp_path: Path, name: str, text: str) -> None:
    assert drives.inspect(_drive(tmp_path / "drive", name, text)) is None
    assert drives.inspect(tmp_path / "none") is None


def test_one_board_is_chosen(tmp_path: Path) -> None:
    one, two = Board(tmp_path, LOADER, "RP2350", "1.0"), Board(tmp_path / "x", CIRCUITPY, "b", "10.2.1")
    assert drives.choose([one]) is one
    with pytest.raises(drives.NoDrive) as missing:
        drives.choose([])
    assert "boot button" in missing.value.advice and "erases" in missing.value.advice
    with pytest.raises(Ambiguous) as several:
        drives.choose([one, two])
    assert several.value.candidates == [
        f"{tmp_path} (boot loader, RP2350)",
        f"{tmp_path}/x (CircuitPython, b)",
    ]
