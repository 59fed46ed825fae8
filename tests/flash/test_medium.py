"""The drive as a folder: what goes wrong there is told in words, with what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from provisioner.flashing import flash
from provisioner.medium import DriveFull, DriveLost, FolderMedium

FULL = Path("/dev/full")


def test_files_are_named_as_on_a_board(tmp_path: Path) -> None:
    medium = FolderMedium(tmp_path)
    medium.write("lib/package/module.py", b"12345")
    medium.flush("lib/package/module.py")
    medium.rename("lib/package/module.py", "lib/package/other.py")
    assert medium.files() == {"lib/package/other.py": 5}
    assert medium.read("lib/package/other.py") == b"12345"
    medium.remove("lib/package/other.py")
    medium.remove("lib/package/other.py")
    medium.tidy("lib")
    assert medium.files() == {} and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_full_drive(tmp_path: Path) -> None:
    (tmp_path / "code.py.new").symlink_to(FULL)
    with pytest.raises(DriveFull, match=r"is full: code\.py\.new has no place") as failed:
        FolderMedium(tmp_path).write("code.py.new", b"x")
    assert "Remove your own files" in failed.value.advice


def test_a_drive_that_goes_away(tmp_path: Path) -> None:
    folder = tmp_path / "CIRCUITPY"
    folder.mkdir()
    medium = FolderMedium(folder)
    medium.write("code.py", b"1")
    shutil.rmtree(folder)
    for operation in (
        lambda: medium.read("code.py"),
        lambda: medium.write("lib/code.py", b"1"),
        lambda: medium.flush("code.py"),
        lambda: medium.rename("code.py", "main.py"),
    ):
        with pytest.raises(DriveLost, match="CIRCUITPY is gone") as failed:
            operation()
        assert "run the command again" in failed.value.advice
    assert not folder.exists()


def test_another_drive_in_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it is unmounted, and its folder on the computer's own disk remains."""
    medium = FolderMedium(tmp_path)
    medium.write("code.py", b"1")
    monkeypatch.setattr(medium, "_device", -2)
    with pytest.raises(DriveLost, match="is gone"):
        medium.write("boot.py", b"1")
    assert not (tmp_path / "boot.py").exists()


def test_a_file_where_a_folder_belongs(tmp_path: Path) -> None:
    (tmp_path / "lib").write_text("a file")
    with pytest.raises(DriveLost, match="lib/a"):
        flash(FolderMedium(tmp_path), {"code.py": b"1", "lib/a.py": b"2"})
    assert not (tmp_path / "code.py").exists()
