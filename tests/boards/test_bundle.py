"""The bundle: what each board needs and nothing else, of locked versions, the same when installed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.machinery import PathFinder
from pathlib import Path

import pytest

import boards
from boards import bundle
from tests.boards.libraries import FILE, installed, text

ROOT = boards.FOLDER.parent
FIRMWARE = ROOT / "firmware"


@pytest.mark.parametrize("board", boards.ids())
def test_a_board_gets_the_firmware_and_its_own_drivers(board: str) -> None:
    found = bundle.files(board)
    assert found["boot.py"] == (FIRMWARE / "boot.py").read_bytes()
    assert found["board.toml"] == boards.path(board).read_bytes()
    ours = {path.relative_to(FIRMWARE).as_posix() for path in FIRMWARE.rglob("*.py")}
    assert ours | {"settings.toml"} <= set(found)
    drivers = {path for library in bundle.libraries() if library.when for path in library.files}
    wanted = {f"adafruit_{boards.load(board)['rtc']['driver']}"}
    display = boards.load(board)["display"]["driver"]
    wanted |= {f"adafruit_displayio_{display}", f"adafruit_{display}", "adafruit_hid"}
    names = {path.removeprefix("lib/").partition("/")[0].removesuffix(".py") for path in found}
    taken = {path.partition("/")[0].removesuffix(".py") for path in drivers} & names
    assert taken <= wanted


def test_the_pico_s_bundle_is_complete_and_small() -> None:
    found = {path for path in bundle.files("raspberry_pi_pico") if path.startswith("lib/adafruit_")}
    assert {"lib/adafruit_hid/keyboard.py", "lib/adafruit_hid/keycode.py"} <= found
    assert not [path for path in found if "register" in path], "for other boards' clock chips"
    # Neither what CircuitPython has built in, nor what stands for it on a host.
    assert not [path for path in found if "bus_device" in path or "blinka" in path or "typing" in path]


def test_the_manifest_names_every_file() -> None:
    found = bundle.files("raspberry_pi_pico")
    lines = found.pop("manifest").decode().splitlines()
    heads = [line for line in lines if line.startswith("# ")]
    assert heads[:3] == ["# board raspberry_pi_pico", "# firmware 0.1.0", "# circuitpython 10.1 or newer"]
    assert "# adafruit-circuitpython-hid " in "".join(heads)
    rows = [line.split(" ", 2) for line in lines[len(heads) :]]
    assert rows == [
        [hashlib.sha256(content).hexdigest(), str(len(content)), path]
        for path, content in sorted(found.items())
    ]


def test_the_lock_is_of_the_installed_libraries() -> None:
    locked = bundle.libraries()
    assert FILE.read_text("utf-8") == text([installed(library) for library in locked]), (
        "run: python -m tests.boards.libraries"
    )


def test_the_extra_installs_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    locked = [f"{library.name}=={library.version}" for library in bundle.libraries()]
    assert project["optional-dependencies"]["flash"] == locked


def test_another_version_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = PathFinder.find_spec("adafruit_displayio_sh1107")
    assert spec is not None and spec.origin is not None
    (tmp_path / "adafruit_displayio_sh1107.py").write_bytes(Path(spec.origin).read_bytes() + b"\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        bundle.LibraryMissing,
        match=r"sh1107\.py is not that of .* --no-deps 'adafruit-circuitpython-displayio-sh1107==",
    ):
        bundle.files("adafruit_feather_rp2040")


def test_libraries_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(bundle.LibraryMissing, match=r"the bundle needs .* pip install --no-deps") as missing:
        bundle.files("raspberry_pi_pico")
    # Each that this board needs, at once.
    named = set(re.findall(r"'(adafruit-[\w-]+)==[\d.]+'", str(missing.value)))
    assert {"adafruit-circuitpython-hid", "adafruit-circuitpython-register"} <= named
    assert "adafruit-circuitpython-pcf8523" not in named


def test_an_import_that_is_not_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("def f():\n    from adafruit_of_no_such_chip import g\n")
    with pytest.raises(bundle.LibraryMissing, match=r"adafruit_of_no_such_chip.*libraries\.lock"):
        bundle.files("raspberry_pi_pico", tmp_path)


def test_what_a_board_never_executes_needs_no_library(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("if TYPE_CHECKING:\n    import adafruit_of_no_such_chip\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/code.py~").write_text("an editor's")
    assert set(bundle.files("raspberry_pi_pico", tmp_path)) == {"board.toml", "code.py", "manifest"}


def test_relative_imports_inside_a_library_are_followed(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("import adafruit_hid.keyboard\n")
    found = set(bundle.files("raspberry_pi_pico", tmp_path))
    assert {path for path in found if path.startswith("lib/")} == {
        "lib/adafruit_hid/__init__.py",
        "lib/adafruit_hid/keyboard.py",
        "lib/adafruit_hid/keycode.py",
    }
    assert not {path for path in bundle.files("m5stack_stick_c_plus", tmp_path) if "hid" in path}


def test_a_bundle_on_disk_is_taken_as_it_is(tmp_path: Path) -> None:
    found = bundle.files("raspberry_pi_pico")
    for path, content in found.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "vault.bin").write_bytes(b"the token's own")
    (tmp_path / "code.py").write_bytes(b"changed")
    assert bundle.files("simulator", tmp_path) == found | {"code.py": b"changed"}


def test_the_installed_suite_makes_the_same_bundle(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("boards", "firmware", "host_verify", "provisioner"):
        shutil.copytree(ROOT / name, source / name, ignore=leave)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "install", *offline, "--target", target, source], check=True, timeout=120)
    code = (
        "import hashlib, io, json, boards, boards.bundle as b\n"
        "from boards.simulator.port import plug_in\n"
        "token, _ = plug_in(1_800_000_000, console=io.StringIO())\n"
        "token.run(3)\n"
        "print(json.dumps([boards.__file__, {path: hashlib.sha256(content).hexdigest()"
        " for path, content in b.files('raspberry_pi_pico').items()}, token.texts()[0].text]))\n"
        "token.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, hashes, screen = json.loads(done.stdout)
    assert screen == "No owner yet"  # it simulates, too
    assert Path(place).is_relative_to(target)
    assert hashes == {
        path: hashlib.sha256(content).hexdigest()
        for path, content in bundle.files("raspberry_pi_pico").items()
    }
