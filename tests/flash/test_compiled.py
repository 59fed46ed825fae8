"""A firmware compiled by mpy-cross: bundled, flashed, and compared. Where the real compiler is not given
(pytest --mpy-cross PATH), a program that behaves as it does towards us stands for it."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from boards import bundle
from boards.compiling import MAGIC, Compiler, CompilerWrong
from provisioner import bundles, flashing, verifying
from provisioner.faults import BadInput
from provisioner.medium import FolderMedium
from tests.desk.line import LineToken
from tests.e2e.fob import run
from tests.firmware.test_attest import RamContents
from tests.flash.test_drives import BOOT_OUT
from tests.flash.test_uf2 import PICO

TOLD = "CircuitPython 10.2.1 on 2026-04-27; mpy-cross emitting mpy v6.3"
_LIKE = """#!/bin/sh
case "$1" in
--version) echo "%s" ;;
*)
    test "$1$2$4" = "-O3-s-" || exit 9
    source=$(cat)
    case "$source" in *syntax?error*) echo "File $3, line 1: SyntaxError" >&2; exit 1 ;; esac
    printf 'C\\006'
    printf '%%s %%s' "$3" "$source" | sha256sum
esac
"""


def program(folder: Path, told: str = TOLD, name: str = "mpy-cross") -> Path:
    """Return a program that takes mpy-cross's arguments and names its version as `told`."""
    path = folder / name
    path.write_text(_LIKE % told)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def folder_of(tmp_path: Path) -> Path:
    """Return a small firmware: to compile the whole one takes a second."""
    folder = tmp_path / "firmware"
    for path in ("boot.py", "code.py", "lib/tokenfw/app.py", "lib/tokenfw/hardware/rtc.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(f"PATH: str = '{path}'\n")
    (folder / "lib/tokenfw/__init__.py").write_text('VERSION = "9.8.7"\n')
    (folder / "texts").mkdir()
    (folder / "texts/en.toml").write_text("")
    return folder


def test_what_is_below_lib_is_compiled_and_the_manifest_says_by_what(tmp_path: Path) -> None:
    source = folder_of(tmp_path)
    plain = bundle.files(PICO, source)
    made = bundle.files(PICO, source, Compiler(program(tmp_path)))
    assert bundle.is_compiled(made) and not bundle.is_compiled(plain)
    stays = {"boot.py", "code.py", "board.toml", "texts/en.toml", "lib/tokenfw/__init__.py"}
    assert {path: made[path] for path in stays} == {path: plain[path] for path in stays}
    compiled = {"lib/tokenfw/app.mpy", "lib/tokenfw/hardware/rtc.mpy"}
    assert set(made) == stays | compiled | {"manifest"}
    digest = hashlib.sha256(b"app.py PATH = 'lib/tokenfw/app.py'").hexdigest()
    assert made["lib/tokenfw/app.mpy"].startswith(MAGIC + digest.encode())
    lines = made["manifest"].decode().splitlines()
    assert "# mpy-cross 10.2.1" in lines and "# firmware 9.8.7" in lines
    assert b"mpy-cross" not in plain["manifest"]
    for path in compiled:
        assert f"{hashlib.sha256(made[path]).hexdigest()} {len(made[path])} {path}" in lines
    assert bundle.version(made) == "9.8.7"
    assert bundles.name(PICO, made) == f"fobsmith-{PICO}-9.8.7-mpy"


def test_a_compiled_bundle_in_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    made = bundle.files(PICO, folder_of(tmp_path), Compiler(program(tmp_path)))
    bundles.write(made, tmp_path, "made")
    assert bundle.files(PICO, tmp_path / "made") == made


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("MicroPython v1.25.0 on 2025-04-15; mpy-cross emitting mpy v6.3", "MicroPython's is another"),
        ("CircuitPython 8.2.10 on 2024-02-14; mpy-cross emitting mpy v5.2", "8.2.10"),
        ("", "is not CircuitPython's mpy-cross"),
    ],
)
def test_another_compiler_is_refused_by_what_it_says_of_itself(tmp_path: Path, told: str, why: str) -> None:
    with pytest.raises(CompilerWrong, match=why):
        Compiler(program(tmp_path, told))
    with pytest.raises(BadInput, match=why):
        bundles.compiler(program(tmp_path, told))


def test_what_is_no_program_or_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a program")
    with pytest.raises(CompilerWrong, match=r"text cannot be used as mpy-cross: .*denied"):
        Compiler(tmp_path / "text")
    source = folder_of(tmp_path)
    (source / "lib/tokenfw/app.py").write_text("'syntax error'\n")
    with pytest.raises(CompilerWrong, match=r"app\.py, line 1: SyntaxError"):
        bundle.files(PICO, source, Compiler(program(tmp_path)))


def test_a_board_of_another_circuitpython_is_left_alone(tmp_path: Path) -> None:
    drive = tmp_path / "CIRCUITPY"
    drive.mkdir()
    (drive / "boot_out.txt").write_bytes(BOOT_OUT.encode())
    other = program(tmp_path, TOLD.replace("10.2.1", "9.2.8"))
    options = ("flash", "--drive", str(drive), "--no-wait", "--mpy-cross", str(other))
    done = run("provisioner", "--json", *options)
    error = json.loads(done.stdout)["error"]
    assert done.returncode == 2
    assert "runs CircuitPython 10.2.1, the mpy-cross is of 9.2.8" in str(error)
    assert [path.name for path in drive.iterdir()] == ["boot_out.txt"]


def test_flashing_goes_from_source_to_compiled_and_back(tmp_path: Path) -> None:
    """None of the other kind may stay: CircuitPython would take an old .py before the new .mpy."""
    drive, source = tmp_path / "CIRCUITPY", folder_of(tmp_path)
    drive.mkdir()
    (drive / "store.bin").write_bytes(b"accounts")
    for compiler in (None, Compiler(program(tmp_path)), None):
        wanted = bundle.files(PICO, source, compiler)
        flashing.flash(FolderMedium(drive), wanted)
        found = {path.relative_to(drive).as_posix() for path in drive.rglob("*") if path.is_file()}
        assert found == set(wanted) | {"store.bin"}


def test_the_command_makes_a_compiled_bundle(tmp_path: Path) -> None:
    options = ("--board", PICO, "--output", str(tmp_path), "--mpy-cross", str(program(tmp_path)))
    done = run("provisioner", "--json", "bundle", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = Path(json.loads(done.stdout)["folder"])
    assert folder.name.endswith("-mpy")
    assert "# mpy-cross 10.2.1\n" in (folder / "manifest").read_text()
    assert not (folder / "lib/tokenfw/app.py").exists()


def test_verifying_compares_like_with_like(tmp_path: Path) -> None:
    source = folder_of(tmp_path)
    plain = bundle.files(PICO, source)
    made = bundle.files(PICO, source, Compiler(program(tmp_path)))
    contents = RamContents({f"/{path}": content for path, content in made.items()})
    with LineToken() as line:
        line.app.contents = lambda: contents
        with line.open() as token:
            assert verifying.compare(token, made).good
            with pytest.raises(verifying.OtherKind, match="is compiled") as caught:
                verifying.compare(token, plain)
            assert "with --mpy-cross, give it here" in caught.value.advice
            contents.files["/lib/tokenfw/app.mpy"] = MAGIC + bytes(32)
            assert verifying.compare(token, made).differ == ["lib/tokenfw/app.mpy"]
            contents.files["/lib/tokenfw/app.py"] = b"what CircuitPython takes first"
            with pytest.raises(verifying.OtherKind, match="is source"):
                verifying.compare(token, made)


def test_the_real_compiler_makes_the_same_files_each_time(
    pytestconfig: pytest.Config,
) -> None:
    path = pytestconfig.getoption("--mpy-cross")
    if path is None:
        pytest.skip(
            "compile the firmware itself with pytest --mpy-cross PATH (of CircuitPython 10.1 or newer)"
        )
    plain = bundle.files(PICO)
    made, again = (bundle.files(PICO, compiler=Compiler(Path(path))) for _ in range(2))
    assert made == again
    assert len(made) == len(plain)
    compiled = [content for path, content in made.items() if path.endswith(".mpy")]
    assert all(content.startswith(MAGIC) for content in compiled)
    assert sum(map(len, compiled)) < sum(map(len, plain.values())) / 2
