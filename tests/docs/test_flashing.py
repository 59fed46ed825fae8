"""docs/flashing.md: its commands are run, on a drive that is a folder and on a token in the simulator."""

from __future__ import annotations

from pathlib import Path

from boards import bundle
from provisioner import uf2
from tests.docs.pages import ROOT, commands, run
from tests.e2e.fob import Fob
from tests.flash.test_drives import BOOT_OUT

PAGE = "docs/flashing.md"


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    drive = tmp_path / "CIRCUITPY"
    drive.mkdir()
    (drive / "boot_out.txt").write_text(BOOT_OUT)
    for command in commands(PAGE):
        if command == "provisioner flash":
            # The reader's drive is found by itself; this one is in no place where drives are mounted.
            told = run(f"{command} --no-wait --drive '{drive}'", tmp_path)
            assert f"Board: raspberry_pi_pico, CircuitPython 10.2.1, at {drive}" in told
        elif command.endswith("verify-firmware"):
            with Fob(tmp_path / "token", "--board", "raspberry_pi_pico", "--firmware", str(drive)) as fob:
                told = run(command, tmp_path, FOBSMITH_PORT=fob.port)
            assert "files are as they should be, and there are no others" in told
        else:
            assert "SHA-256: " in run(command, tmp_path)
    made = tmp_path / "build/fobsmith-raspberry_pi_pico-0.1.0"
    assert (made / "manifest").read_bytes() == (drive / "manifest").read_bytes()


def test_versions_and_files_are_those_of_the_code() -> None:
    text = (ROOT / PAGE).read_text()
    assert f"CircuitPython {uf2.RELEASE} is downloaded" in text
    assert f"Download CircuitPython {uf2.at_least()}" in text
    for path in bundle.files("raspberry_pi_pico"):
        top = path.partition("/")[0]
        assert f"`{top}`" in text or path.startswith("lib/")
