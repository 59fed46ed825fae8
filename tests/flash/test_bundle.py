"""`provisioner bundle`: a folder and a zip, the same bytes on every machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from boards import bundle
from provisioner import bundles
from provisioner.faults import BadInput
from tests.e2e.fob import BIN, run

PICO = "raspberry_pi_pico"


def _made(folder: Path, mask: str, **environment: str) -> dict[str, object]:
    folder.mkdir(parents=True)
    command = f"umask {mask}; '{BIN}/provisioner' --json bundle --board {PICO}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def _picture(folder: Path) -> list[tuple[object, ...]]:
    """Return all that a copy of the folder would take along."""
    found = []
    for path in sorted(folder.rglob("*")):
        about = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found.append(
            (path.relative_to(folder).as_posix(), stat.S_IMODE(about.st_mode), about.st_mtime, content)
        )
    return found


def test_two_clean_bundles_are_byte_identical(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "another/place"
    first = _made(one, "022", LC_ALL="C", TZ="UTC", PYTHONHASHSEED="0")
    second = _made(two, "077", LC_ALL="C.UTF-8", TZ="Pacific/Kiritimati", PYTHONHASHSEED="4242", HOME="/")
    name = f"fobsmith-{PICO}-0.1.0"
    assert first == second
    assert (one / f"{name}.zip").read_bytes() == (two / f"{name}.zip").read_bytes()
    assert _picture(one) == _picture(two)


def test_folder_and_zip_hold_the_bundle(tmp_path: Path) -> None:
    done = run("provisioner", "bundle", "--board", PICO, "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    wanted = bundle.files(PICO)
    folder = tmp_path / f"fobsmith-{PICO}-0.1.0"
    assert {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    } == wanted
    with zipfile.ZipFile(f"{folder}.zip") as packed:
        assert packed.namelist() == sorted(wanted)
        assert {name: packed.read(name) for name in packed.namelist()} == wanted
        assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}


def test_an_older_bundle_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    bundles.write({"manifest": b"1", "lib/gone.py": b""}, tmp_path, "made")
    bundles.write({"manifest": b"2"}, tmp_path, "made")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["manifest"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "made.zip"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="is no bundle"):
        bundles.write({"manifest": b"2"}, tmp_path, "mine")
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot write to .*file"):
        bundles.write({"manifest": b""}, tmp_path / "file", "made")


@pytest.mark.parametrize(
    ("board", "options", "status", "text"),
    [
        ("no_such_board", (), 2, "choose one of"),
        ("m5stack_stick_c_plus", (), 2, "--accept-unlocked"),
        ("m5stack_stick_c_plus", ("--accept-unlocked",), 0, "files"),
    ],
)
def test_unknown_and_unlocked_boards(
    tmp_path: Path, board: str, options: tuple[str, ...], status: int, text: str
) -> None:
    done = run("provisioner", "bundle", "--board", board, "--output", str(tmp_path), *options)
    assert done.returncode == status
    assert text in done.stdout + done.stderr
    assert bool(list(tmp_path.iterdir())) is (status == 0)
