"""`provisioner flash` from a bare board to a token that answers, on drives that are folders."""

from __future__ import annotations

import io
import json
import os
import pty
import socket
import subprocess
import threading
import time
import tty
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import boards
from boards import bundle
from boards.simulator import state
from boards.simulator.port import plug_in
from provisioner import bundles
from provisioner.restart import restart
from tests.e2e.fob import BIN, Fob, run
from tests.flash.test_drives import BOOT_OUT, INFO
from tests.flash.test_uf2 import PICO, image
from tests.simulator.parts import UTC

SEED = "otpauth://totp/Example:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example\n"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A new board's drive."""
    folder = tmp_path / "CIRCUITPY"
    folder.mkdir()
    (folder / "boot_out.txt").write_bytes(BOOT_OUT.encode())
    (folder / "code.py").write_text('print("Hello World!")\n')
    (folder / "settings.toml").write_text("")
    return folder


def flash(drive: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return run("provisioner", "--json", "flash", "--drive", str(drive), "--no-wait", *options)


def done(drive: Path, *options: str) -> dict[str, Any]:
    finished = flash(drive, *options)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    answer: dict[str, Any] = json.loads(finished.stdout)
    return answer


def refused(drive: Path, *options: str) -> dict[str, Any]:
    finished = flash(drive, *options)
    assert finished.returncode == 2, finished.stdout + finished.stderr
    error: dict[str, Any] = json.loads(finished.stdout)["error"]
    return error


def contents(drive: Path) -> dict[str, bytes]:
    return {
        path.relative_to(drive).as_posix(): path.read_bytes() for path in drive.rglob("*") if path.is_file()
    }


def test_a_new_board_gets_the_whole_bundle(drive: Path) -> None:
    answer = done(drive)
    assert (answer["board"], answer["circuitpython"], answer["token"]) == (PICO, "10.2.1", None)
    found = contents(drive)
    assert found.pop("boot_out.txt") == BOOT_OUT.encode()
    wanted = bundle.files(PICO)
    assert found == wanted
    assert answer["checked"] == len(wanted)
    again = done(drive)
    assert (again["written"], again["removed"]) == (0, 0)


@pytest.mark.parametrize("store", bundle.STORES)
def test_the_vault_stays_unless_it_is_to_go(drive: Path, store: str) -> None:
    (drive / store).write_bytes(b"accounts")
    (drive / "notes.txt").write_text("the user's own")
    done(drive)
    assert (drive / store).read_bytes() == b"accounts"
    with (drive / store).open("rb") as file:
        done(drive, "--erase-vault")
        assert file.read() == bytes(8)  # overwritten, not only forgotten
    assert not (drive / store).exists()
    done(drive, "--erase-vault")
    assert (drive / "notes.txt").exists()


def test_another_program_is_not_lost_by_accident(drive: Path) -> None:
    (drive / "code.py").write_text("import years_of_work\n")
    before = contents(drive)
    error = refused(drive)
    assert "code.py" in error["message"] and "--replace" in error["advice"]
    assert contents(drive) == before
    done(drive, "--replace")
    assert (drive / "code.py").read_bytes() == bundle.files(PICO)["code.py"]


@pytest.mark.parametrize(
    ("boot_out", "options", "message", "advice"),
    [
        (
            BOOT_OUT,
            ("--board", "raspberry_pi_pico2"),
            "is raspberry_pi_pico, not",
            "--board raspberry_pi_pico",
        ),
        (BOOT_OUT.replace("10.2.1", "10.0.3"), (), "10.1 or newer is needed", "--uf2 FILE"),
        (BOOT_OUT.replace(PICO, "no_such_board"), (), "not a board", "raspberry_pi_pico2"),
        (BOOT_OUT.replace(PICO, "m5stack_stick_c_plus"), (), "cannot be locked", "--accept-unlocked"),
    ],
)
def test_boards_that_will_not_do(
    drive: Path, boot_out: str, options: tuple[str, ...], message: str, advice: str
) -> None:
    (drive / "boot_out.txt").write_text(boot_out)
    before = contents(drive)
    error = refused(drive, *options)
    assert message in error["message"] and advice in error["advice"]
    assert contents(drive) == before


def test_a_drive_of_no_board_is_refused(tmp_path: Path) -> None:
    finished = flash(tmp_path)
    assert finished.returncode == 3
    assert "boot_out.txt" in json.loads(finished.stdout)["error"]["message"]
    assert not list(tmp_path.iterdir())


class Loader(threading.Thread):
    """A boot loader in a folder: once it has the whole image, it starts what that holds."""

    def __init__(self, folder: Path, size: int) -> None:
        super().__init__()
        self._folder, self._size = folder, size
        folder.mkdir()
        (folder / "INFO_UF2.TXT").write_text(INFO["rp2040"])
        self.image = b""

    def run(self) -> None:
        place, deadline = self._folder / "CIRCUITPY.UF2", time.monotonic() + 20
        while not place.exists() or place.stat().st_size < self._size:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)
        self.image = place.read_bytes()
        place.unlink()
        (self._folder / "INFO_UF2.TXT").unlink()
        (self._folder / "code.py").write_text('print("Hello World!")\n')
        (self._folder / "boot_out.txt").write_text(BOOT_OUT)


def test_from_the_boot_loader(tmp_path: Path) -> None:
    file = tmp_path / "circuitpython.uf2"
    file.write_bytes(image())
    loader = Loader(tmp_path / "RPI-RP2", len(image()))
    loader.start()
    answer = done(tmp_path / "RPI-RP2", "--board", PICO, "--uf2", str(file))
    loader.join()
    assert loader.image == image()
    assert answer["circuitpython"] == "10.2.1"
    assert bundle.files(PICO).items() <= contents(tmp_path / "RPI-RP2").items()
    # The same command again, as after a cable that came loose: CircuitPython is there already.
    assert done(tmp_path / "RPI-RP2", "--board", PICO, "--uf2", str(file))["written"] == 0
    file.write_bytes(image("10.3.0"))
    error = refused(tmp_path / "RPI-RP2", "--uf2", str(file))
    assert "runs CircuitPython 10.2.1, the file is 10.3.0" in error["message"]


def test_a_boot_loader_needs_a_board_and_its_image(tmp_path: Path) -> None:
    folder = tmp_path / "RPI-RP2"
    Loader(folder, 1)
    file = tmp_path / "circuitpython.uf2"
    file.write_bytes(image(board="adafruit_feather_rp2040"))
    error = refused(folder)
    assert "--board ID" in error["advice"] and "raspberry_pi_pico" in error["advice"]
    assert "pico2" not in error["advice"]  # another chip
    assert "not a board for this drive" in refused(folder, "--board", "raspberry_pi_pico2")["message"]
    assert "another board" in refused(folder, "--board", PICO, "--uf2", str(file))["message"]
    finished = flash(folder, "--board", PICO)
    assert finished.returncode == 3 and "--uf2 FILE" in json.loads(finished.stdout)["error"]["advice"]
    assert [path.name for path in folder.iterdir()] == ["INFO_UF2.TXT"]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_flashed_drive_is_a_token(drive: Path, tmp_path: Path) -> None:
    """Flash waits; the token starts from that very folder; flash prints who it is; it does its work."""
    (drive / "boot_out.txt").write_text(BOOT_OUT.replace("UID:", "no number:"))
    port = _free_port()
    url = f"socket://127.0.0.1:{port}"
    flashing = subprocess.Popen(
        [BIN / "provisioner", "--port", url, "--json", "flash", "--drive", drive],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (drive / "boot.py").exists():
        assert flashing.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    options = ("--firmware", str(drive), "--board", PICO, "--tcp", f"127.0.0.1:{port}")
    with Fob(tmp_path / "token", *options, paired=False) as fob:
        told, errors = flashing.communicate(timeout=60)
        assert flashing.returncode == 0, told + errors
        assert "reset button" in errors
        answer = json.loads(told)
        assert answer["token"]["serial"] == fob.line["serial"]
        assert (answer["token"]["board"], answer["token"]["firmware"]) == (PICO, "0.1.0")
        (tmp_path / "alice.txt").write_text(SEED)
        fob.port = url
        fob.pair()
        fob.do("sync")
        fob.do("add", str(tmp_path / "alice.txt"))
        assert fob.do("accounts")["total"] == 1
    # It ran from the bundle: without one of its modules it does not start.
    (drive / "lib/tokenfw/hardware/display_ssd1306.py").unlink()
    with Fob(tmp_path / "token", "--firmware", str(drive)) as fob:
        assert "does not answer as a token" in run("provisioner", "--port", fob.port, "info").stderr


@pytest.mark.parametrize("board", boards.ids())
def test_every_board_starts_from_its_bundle_alone(tmp_path: Path, board: str) -> None:
    """With the libraries in it, none of the host's; so no driver is missing that this board needs."""
    bundles.write(bundle.files(board), tmp_path, "made")
    console = io.StringIO()
    simulator, _ = plug_in(UTC, firmware=tmp_path / "made", kept=state.new(board), console=console)
    simulator.run(4)
    locked = boards.load(board).get("promises", {}).get("console_closed", True)
    assert simulator.texts()[0].text == ("No owner yet" if locked else "Not protected")
    assert not locked or console.getvalue() == ""  # boot.py has nothing to close where there is no USB
    simulator.close()


def test_without_boot_py_there_are_no_codes(tmp_path: Path) -> None:
    """Flashing relies on it: boot.py goes first and comes last, and in between the drive is open."""
    bundles.write(bundle.files("simulator"), tmp_path, "made")
    (tmp_path / "made/boot.py").unlink()
    simulator, _ = plug_in(UTC, firmware=tmp_path / "made", console=io.StringIO())
    simulator.run(3)
    assert next(text.text for text in simulator.texts()) == "Maintenance"
    assert not simulator.hardware.drive.entries.keys() & {"/store.bin", "/vault.bin"}
    simulator.close()


def test_a_board_with_an_open_console_is_restarted() -> None:
    """A console as CircuitPython's: interrupted, a key, the prompt, and what it is told to run."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    heard = b""

    def console() -> None:
        nonlocal heard
        at_prompt = False
        while b"reset()\r\n" not in heard:
            got = os.read(master, 1)  # what is written apart may come together
            heard += got
            if got == b"\r" and not at_prompt:
                at_prompt = True
                os.write(master, b"\r\nAdafruit CircuitPython\r\n>>> ")
            elif got == b"\x03":
                told = b">>> " if at_prompt else b"Press any key to enter the REPL.\r\n"
                os.write(master, b"\r\nKeyboardInterrupt\r\n" + told)

    thread = threading.Thread(target=console)
    thread.start()
    own = SimpleNamespace(
        device=os.ttyname(slave), serial_number="e0c9", interface="CircuitPython CDC control"
    )
    data = SimpleNamespace(device="/dev/none", serial_number="e0c9", interface="CircuitPython CDC2 data")
    other = SimpleNamespace(device="/dev/none", serial_number="FFFF", interface=None)
    assert restart("E0C9", lambda: [other, data, own])
    thread.join(5)
    assert heard.endswith(b"import microcontroller\r\nmicrocontroller.reset()\r\n")
    assert not restart("", lambda: [own])
    assert not restart("E0C9", lambda: [other, data])
    os.close(master)
    os.close(slave)
