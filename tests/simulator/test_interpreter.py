"""The simulated interpreter: its modules, restarts and limits are those of a board."""

import sys
from pathlib import Path

import pytest

from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator

from .parts import UTC, Bench


def test_boot_decides_about_usb_and_the_drive(tmp_path: Path) -> None:
    code = """
import usb_cdc, storage
say(usb_cdc.console is None, usb_cdc.data is None)
for change in (usb_cdc.disable, storage.disable_usb_drive):
    try:
        change()
    except RuntimeError:
        say("too late")
"""
    assert Bench(tmp_path, code).run() == [[True, False], ["too late"], ["too late"]]
    bench = Bench(tmp_path, "import usb_cdc\nsay(usb_cdc.data is None)\nopen('/x', 'wb')", boot="")
    assert bench.run() == [[True]]
    assert "OSError: [Errno 30]" in bench.console.getvalue()


@pytest.mark.parametrize(
    "name", ["hmac", "typing", "dataclasses", "threading", "displayio.nothing", "sharpdisplay"]
)
def test_a_board_lacks_it(tmp_path: Path, name: str) -> None:
    assert Bench(tmp_path, f"try:\n    import {name}\nexcept ImportError:\n    say('lacking')").run() == [
        ["lacking"]
    ]


def test_builtins_and_hashes_of_a_board(tmp_path: Path) -> None:
    code = """
import hashlib
say("vars" in dir(__builtins__) if not isinstance(__builtins__, dict) else "vars" in __builtins__)
say(hashlib.new("sha1", b"abc").digest().hex(), hasattr(hashlib, "sha256"))
try:
    hashlib.new("sha512", b"")
except ValueError:
    say("no sha512")
def later(a: NoSuchName) -> AnotherOne: return a
say(later(3))
"""
    assert Bench(tmp_path, code).run() == [
        [False],
        ["a9993e364706816aba3e25717850c26c9cd0d89d", False],
        ["no sha512"],
        [3],
    ]


def test_the_hosts_modules_are_left_alone(tmp_path: Path) -> None:
    before = set(sys.modules)
    (tmp_path / "firmware" / "lib" / "helper").mkdir(parents=True)
    (tmp_path / "firmware" / "lib" / "helper" / "__init__.py").write_text("from . import part\n")
    (tmp_path / "firmware" / "lib" / "helper" / "part.py").write_text("from .other import VALUE\n")
    (tmp_path / "firmware" / "lib" / "helper" / "other.py").write_text(
        "import time\nVALUE = time.monotonic_ns()\n"
    )
    code = "import helper.part as part, displayio, terminalio, time\nfrom helper import other\n"
    bench = Bench(tmp_path, code + "say(part.VALUE == other.VALUE, part.VALUE <= time.monotonic_ns())")
    assert bench.run() == [[True, True]]
    assert not {"board", "displayio", "helper", "terminalio", "busio"} & (set(sys.modules) - before)


def test_time_runs_on_the_simulated_clock(tmp_path: Path) -> None:
    code = """
import time, supervisor
start, ticks = time.monotonic_ns(), supervisor.ticks_ms()
time.sleep(70)
say((time.monotonic_ns() - start) // 1000000, (supervisor.ticks_ms() - ticks) % (1 << 29))
say(ticks > supervisor.ticks_ms(), ticks < 1 << 29, time.time() - 946684800, time.localtime(0)[:3])
try:
    time.sleep(-1)
except ValueError:
    say("never")
"""
    said = Bench(tmp_path, code).run(71)
    assert said == [[70000, 70000], [True, True, 70, [1970, 1, 1]], ["never"]]


def test_a_loop_that_only_looks_at_the_time_ends(tmp_path: Path) -> None:
    code = """
import supervisor
end = supervisor.ticks_ms() + 50
while supervisor.ticks_ms() < end:
    pass
say("done")
"""
    assert Bench(tmp_path, code).run() == [["done"]]


def test_reset_runs_boot_and_code_anew_and_keeps_nvm(tmp_path: Path) -> None:
    code = """
import microcontroller, storage, time, state
say(microcontroller.nvm[0], state.count, time.monotonic_ns() < 10**9)
state.count += 1
time.sleep(2)
if microcontroller.nvm[0] == 0xFF:
    microcontroller.nvm[0] = 1
    try:
        microcontroller.reset()
    except Exception:
        say("caught")
"""
    lib = tmp_path / "firmware" / "lib"
    lib.mkdir(parents=True)
    (lib / "state.py").write_text("count = 0\n")
    bench = Bench(tmp_path, code)
    assert bench.run(9) == [[255, 0, True], [1, 0, True]]


RELOAD = """
import board, busio, displayio, i2cdisplaybus, supervisor, time, microcontroller
from adafruit_displayio_ssd1306 import SSD1306
if RELEASE:
    displayio.release_displays()
i2c = busio.I2C(board.GP5, board.GP4)
display = SSD1306(i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3C), width=128, height=64)
say("shown")
if microcontroller.nvm[1] == 0xFF:
    microcontroller.nvm[1] = 1
    supervisor.reload()
"""


def test_a_display_outlives_a_reload(tmp_path: Path) -> None:
    """As on a board, code.py must release it, or its pins are in use."""
    bench = Bench(tmp_path, "RELEASE = True\n" + RELOAD)
    assert bench.run(2) == [["shown"], ["shown"]]


def test_a_display_that_is_not_released_is_in_the_way(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "RELEASE = False\n" + RELOAD)
    assert bench.run(2) == [["shown"]]
    assert "ValueError: GP5 in use" in bench.console.getvalue()


def test_a_crash_is_told_on_the_console_and_the_screen_goes_dark(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "say('before')\nraise RuntimeError('no luck')")
    assert bench.run() == [["before"]]
    assert "RuntimeError: no luck" in bench.console.getvalue()
    assert "Waiting for reset" in bench.console.getvalue()
    bench.simulator.run(3600)
    assert bench.simulator.texts() == []


def test_i2c_needs_its_lock_and_names_what_is_missing(tmp_path: Path) -> None:
    code = """
import board, busio
i2c = busio.I2C(board.GP5, board.GP4)
def tell(action):
    try:
        say(action())
    except (OSError, RuntimeError, ValueError) as error:
        say(type(error).__name__, getattr(error, "errno", None))
tell(lambda: i2c.writeto(0x68, b""))
tell(i2c.try_lock)
tell(i2c.try_lock)
tell(i2c.scan)
tell(lambda: i2c.writeto(0x50, b"x"))
data = bytearray(b"......")
i2c.writeto_then_readfrom(0x68, b"xx\\x0e", data, out_start=2, in_start=1, in_end=3)
say(data.hex())
tell(lambda: busio.I2C(board.GP5, board.GP4))
tell(lambda: busio.I2C(board.GP7, board.GP6))
i2c.deinit()
tell(lambda: i2c.writeto(0x68, b""))
say(board.I2C() is board.STEMMA_I2C())
"""
    assert Bench(tmp_path, code).run() == [
        ["RuntimeError", None],
        [True],
        [False],
        [[0x3C, 0x68]],
        ["OSError", 19],
        ["2e1c882e2e2e"],
        ["ValueError", None],
        ["RuntimeError", None],
        ["ValueError", None],
        [True],
    ]


def test_the_wire_takes_its_time(tmp_path: Path) -> None:
    """A frame of 1024 bytes at 9 bits each needs 23 ms at 400 kHz."""
    code = """
import board, busio, supervisor, time
i2c = busio.I2C(board.GP5, board.GP4, frequency=400000)
i2c.try_lock()
start = supervisor.ticks_ms()
i2c.writeto(0x3C, b"\\x40" + bytes(1024))
time.sleep(0.001)
say((supervisor.ticks_ms() - start) % (1 << 29))
"""
    ((spent,),) = Bench(tmp_path, code).run()
    assert 23 <= spent <= 26


def test_a_missing_display_is_told_as_on_a_board(tmp_path: Path) -> None:
    code = """
import board, busio, i2cdisplaybus
i2c = busio.I2C(board.GP5, board.GP4)
try:
    i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3C)
except ValueError as error:
    say(str(error))
"""
    assert Bench(tmp_path, code, faults=["display-absent"]).run() == [["Unable to find I2C Display at 3c"]]


def test_auto_refresh_goes_on_while_code_sleeps(tmp_path: Path) -> None:
    code = """
import board, busio, displayio, i2cdisplaybus, terminalio, time
from adafruit_display_text.label import Label
from adafruit_displayio_ssd1306 import SSD1306
bus = i2cdisplaybus.I2CDisplayBus(busio.I2C(board.GP5, board.GP4), device_address=0x3C)
display = SSD1306(bus, width=128, height=64)
label = Label(terminalio.FONT, text="first", x=9, y=20)
display.root_group = label
time.sleep(1)
label.text = "second"
time.sleep(9)
"""
    bench = Bench(tmp_path, code)
    bench.run(0.9)
    assert [text.text for text in bench.simulator.texts()] == ["first"]
    bench.run(1)
    assert [text.text for text in bench.simulator.texts()] == ["second"]


def test_a_second_simulator_in_one_process(tmp_path: Path) -> None:
    def start(name: str) -> Simulator:
        firmware = tmp_path / name
        firmware.mkdir()
        (firmware / "code.py").write_text(f"import microcontroller\nmicrocontroller.nvm[0] = {len(name)}")
        return plug_in(UTC, firmware=firmware)[0]

    one, three = start("a"), start("abc")
    for simulator in (three, one):
        simulator.run(1)
    assert (one.hardware.nvm[0], three.hardware.nvm[0]) == (1, 3)


def test_firmware_that_hangs_is_ended(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "import microcontroller\nwhile not microcontroller.nvm[0] == 3: pass")
    assert not bench.simulator.step(patience=0.05)
    bench.simulator.hardware.nvm[0] = 3
    bench.simulator.power_off()
    assert not bench.simulator.powered
