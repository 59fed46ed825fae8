"""`fobsim` as a user has it: processes, signals, folders."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import serial
from PIL import Image

FOBSIM = [sys.executable, "-m", "boards.simulator"]
UTC = 1_800_000_000

ECHO = """
import board, busio, displayio, i2cdisplaybus, microcontroller, terminalio, time, usb_cdc
import adafruit_ds3231, keypad
from adafruit_display_text.label import Label
from adafruit_displayio_ssd1306 import SSD1306

displayio.release_displays()
i2c = busio.I2C(board.GP5, board.GP4, frequency=400000)
rtc = adafruit_ds3231.DS3231(i2c)
keys = keypad.Keys((board.GP14, board.GP15, board.GP16), value_when_pressed=False)
bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=0x3C)
display = SSD1306(bus, width=128, height=64, auto_refresh=False)
label = Label(terminalio.FONT, text="", x=0, y=20, scale=2)
display.root_group = label
data = usb_cdc.data
data.timeout = 0
count = 0
while True:
    event = keys.events.get()
    if event and event.pressed:
        count += event.key_number + 1
    text = "%d %d" % (count, microcontroller.nvm[0])
    if label.text != text:
        label.text = text
        display.refresh()
    command = data.read(data.in_waiting) if data.in_waiting else b""
    if command == b"set":
        rtc.datetime = time.struct_time((2027, 1, 15, 8, 0, 0, 4, -1, -1))
        microcontroller.nvm[0] = 7
    elif command == b"reset":
        microcontroller.reset()
    elif command == b"hang":
        while True:
            pass
    if command:
        data.write(command.upper())
    time.sleep(0.01)
"""

BOOT = "import storage, usb_cdc\nstorage.disable_usb_drive()\nusb_cdc.enable(console=False, data=True)\n"


class Desk:
    """A folder, firmware for the test, and the commands."""

    def __init__(self, folder: Path) -> None:
        # A path longer than a Unix socket's name may be.
        self.state = folder / ("long" * 20) / ("path" * 20) / "token"
        self.firmware = folder / "firmware"
        self.firmware.mkdir()
        (self.firmware / "boot.py").write_text(BOOT)
        (self.firmware / "code.py").write_text(ECHO)
        self.process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> dict[str, Any]:
        command = [*FOBSIM, "run", "--state", str(self.state), "--firmware", str(self.firmware), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def call(self, *arguments: str, exit_code: int = 0) -> Any:
        done = subprocess.run(
            [*FOBSIM, arguments[0], "--state", str(self.state), *arguments[1:]],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == exit_code, done.stderr
        return json.loads(done.stdout) if exit_code == 0 else done.stderr

    def texts(self) -> list[str]:
        return [text["text"] for text in self.call("screen")["texts"]]

    def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.02)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float, str]:
        """Send a signal; return exit code, seconds until the end, and what was on standard error."""
        assert self.process is not None
        start = time.monotonic()
        self.process.send_signal(number)
        _out, errors = self.process.communicate(timeout=10)
        seconds = time.monotonic() - start
        code, self.process = self.process.returncode, None
        return code, seconds, errors


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    if made.process is not None:
        made.end(signal.SIGKILL)


def test_a_day_at_the_desk(desk: Desk, tmp_path: Path) -> None:
    answer = desk.start("--epoch", str(UTC))
    assert answer["board"] == "simulator"
    assert len(bytes.fromhex(answer["serial"])) == 8
    assert desk.process is not None and answer["pid"] == desk.process.pid
    desk.until(lambda: desk.texts() == ["0 255"])

    assert desk.call("press", "confirm") == {"pressed": "confirm"}
    assert desk.texts() == ["3 255"]
    for button in ("previous", "next"):
        desk.call("press", button, "--hold", "60")
    screen = desk.call("screen", "--png", str(tmp_path / "screen.png"))
    assert screen["on"] is True
    text = screen["texts"][0]
    assert (text["text"], text["scale"], text["x"], text["inverse"]) == ("6 255", 2, 0, False)
    with Image.open(tmp_path / "screen.png") as image:
        assert image.size == (536, 280)
        assert len(image.getcolors() or []) == 3
    assert "choose one of previous, next, confirm" in desk.call("press", "power", exit_code=3)

    with serial.Serial(answer["port"], timeout=2) as port:
        port.write(b"set")
        assert port.read(3) == b"SET"
        clock = desk.call("clock", "--advance", "1000000")
        assert clock["rtc_utc"] - UTC in range(1_000_000, 1_000_010)
        assert clock["utc"] - UTC in range(1_000_000, 1_000_060)
        assert clock["rtc_lost_power"] is False
        port.write(b"reset")
        desk.until(lambda: desk.texts() == ["0 7"])
        port.reset_input_buffer()
        port.write(b"again")
        assert port.read(5) == b"AGAIN"

    before = desk.call("clock")
    assert desk.call("stop") == {"stopped": True}
    assert desk.process.wait(5) == 0
    assert "start one with" in desk.call("screen", exit_code=3)

    again = desk.start()
    assert again["serial"] == answer["serial"]
    after = desk.call("clock")
    assert 0 <= after["utc"] - before["utc"] < 20
    assert abs(after["utc"] - after["rtc_utc"] - (before["utc"] - before["rtc_utc"])) <= 1
    desk.until(lambda: desk.texts() == ["0 7"])
    desk.call("stop", "--power-cut")
    desk.process.wait(5)

    desk.start()
    clock = desk.call("clock")
    assert clock["rtc_lost_power"] is True
    assert clock["rtc_utc"] < 946684800 + 60
    desk.until(lambda: desk.texts() == ["0 7"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("hang", [False, True])
def test_a_signal_ends_it_within_a_second(desk: Desk, number: int, hang: bool) -> None:
    answer = desk.start()
    with serial.Serial(answer["port"], timeout=2) as port:
        port.write(b"x")
        assert port.read(1) == b"X"
        if hang:
            port.write(b"hang")
            time.sleep(0.1)
            assert desk.texts() == ["0 255"]  # controls answer while the firmware does not
    code, seconds, errors = desk.end(number)
    assert (code, errors) == (0, "")
    assert seconds < 1


def test_a_signal_stops_a_long_leap(desk: Desk) -> None:
    desk.start()
    desk.until(lambda: desk.texts() == ["0 255"])
    with subprocess.Popen(
        [*FOBSIM, "clock", "--state", str(desk.state), "--advance", "600000000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as leap:
        time.sleep(0.5)
        code, seconds, _errors = desk.end()
        assert code == 0 and seconds < 1
        leap.wait(10)


def test_a_kill_loses_nothing(desk: Desk) -> None:
    answer = desk.start("--epoch", str(UTC), "--rtc-ppm", "100")
    with serial.Serial(answer["port"], timeout=2) as port:
        port.write(b"set")
        assert port.read(3) == b"SET"
    desk.until(lambda: desk.call("clock")["rtc_utc"] > UTC + 1)
    desk.end(signal.SIGKILL)
    assert desk.start()["serial"] == answer["serial"]
    clock = desk.call("clock")
    assert clock["rtc_lost_power"] is False
    assert UTC < clock["rtc_utc"] <= clock["utc"] < UTC + 60
    before = clock["rtc_utc"] - clock["utc"]
    clock = desk.call("clock", "--advance", "1000000")
    assert abs(clock["rtc_utc"] - clock["utc"] - before - 100) <= 1


def test_the_token_lies_in_a_drawer_until_epoch(desk: Desk) -> None:
    answer = desk.start("--epoch", str(UTC), "--rtc-ppm", "-20")
    with serial.Serial(answer["port"], timeout=2) as port:
        port.write(b"set")
        assert port.read(3) == b"SET"
    desk.call("stop")
    desk.start("--epoch", str(UTC + 5_000_000))
    clock = desk.call("clock")
    assert clock["utc"] - UTC in range(5_000_000, 5_000_020)
    assert clock["rtc_utc"] - clock["utc"] in (-101, -100, -99)


def test_speed(desk: Desk) -> None:
    desk.start("--speed", "50", "--epoch", str(UTC))
    start, before = time.monotonic(), desk.call("clock")["utc"]
    time.sleep(1)
    passed = desk.call("clock")["utc"] - before
    assert 45 <= passed <= 52 * (time.monotonic() - start)


def test_tcp(desk: Desk) -> None:
    answer = desk.start("--tcp", "127.0.0.1:0")
    assert answer["port"].startswith("socket://127.0.0.1:")
    for _client in range(3):
        with serial.serial_for_url(answer["port"], timeout=2) as port:
            port.write(b"hello" * 1000)
            assert port.read(5000) == b"HELLO" * 1000


def test_an_answer_comes_within_25_ms(desk: Desk) -> None:
    answer = desk.start()
    with serial.Serial(answer["port"], timeout=2) as port:
        waits = []
        for _request in range(40):
            start = time.perf_counter()
            port.write(b"ping")
            assert port.read(4) == b"PING"
            waits.append(time.perf_counter() - start)
    assert sorted(waits)[len(waits) // 2] < 0.025


def test_the_battery_has_a_voltage_and_the_cable_can_be_pulled(desk: Desk) -> None:
    desk.start()
    fed = desk.call("battery")
    assert (fed["volts"], fed["cable"], fed["starts"]) == (3.9, True, 1)
    fed = desk.call("battery", "3.5", "--no-cable")
    assert (fed["volts"], fed["cable"]) == (3.5, False)
    desk.call("clock", "--advance", "10")
    fed = desk.call("battery", "--cable")
    assert (fed["volts"], fed["cable"]) == (3.5, True)
    assert fed["spent"]["idle"] > 0.9
    assert "4.35" in desk.call("battery", "5", exit_code=2)


def test_it_idles(desk: Desk) -> None:
    """Tests run many of them: a simulator at rest takes a few percent of a processor."""
    answer = desk.start()
    desk.until(lambda: desk.texts() == ["0 255"])

    def used() -> float:
        fields = Path(f"/proc/{answer['pid']}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = used()
    time.sleep(2)
    assert used() - before < 0.3


def test_engine_pico_refuses_what_is_no_image(desk: Desk) -> None:
    said = desk.call("run", "--engine", "pico", "--uf2", __file__, exit_code=3)
    assert "not a UF2 file" in said
    assert "Traceback" not in said


def test_two_on_one_folder(desk: Desk) -> None:
    desk.start()
    errors = desk.call("run", exit_code=3)
    assert "runs on" in errors and "fobsim stop" in errors
    desk.until(lambda: desk.texts() == ["0 255"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--board", "abacus"], "known boards: adafruit_feather_esp32s3_reverse_tft, "),
        (["run", "--tcp", "192.0.2.1:0"], "loopback"),
        (["run", "--tcp", "localhost:lots"], "loopback"),
        (["run", "--fault", "rust"], "rust"),
        (["run", "--engine", "pico"], "circuitpython.org/board/raspberry_pi_pico"),
        (["run", "--uf2", __file__], "--engine pico"),
        (["run", "--engine", "pico", "--uf2", __file__, "--speed", "2"], "--speed"),
        (["press"], "BUTTON"),
        (["clock", "--advance", "-1"], "-1"),
    ],
)
def test_wrong_usage(desk: Desk, arguments: list[str], message: str) -> None:
    assert message in desk.call(*arguments, exit_code=2)
    assert not desk.state.exists()


@pytest.mark.parametrize("command", [["screen"], ["press", "next"], ["clock"], ["stop"]])
def test_nothing_runs_there(desk: Desk, command: list[str]) -> None:
    assert "no simulator answers" in desk.call(*command, exit_code=3)


def test_a_damaged_folder_is_refused_and_left_alone(desk: Desk) -> None:
    desk.state.mkdir(parents=True)
    (desk.state / "state.json").write_text("{")
    assert "use another folder" in desk.call("run", exit_code=3)
    assert (desk.state / "state.json").read_text() == "{"


def test_the_folder_is_its_owners_alone(desk: Desk) -> None:
    desk.start()
    assert desk.state.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in desk.state.iterdir()} == {
        "control.json": 0o600,
        "flash.bin": 0o600,
        "lock": 0o600,
        "state.json": 0o600,
    }


def test_the_controls_need_the_secret(desk: Desk) -> None:
    desk.start()
    desk.until(lambda: desk.texts() == ["0 255"])
    path = desk.state / "control.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "secret": "guess"}))
    assert "no simulator answers" in desk.call("stop", exit_code=3)
    path.write_text(json.dumps(found))
    assert desk.texts() == ["0 255"]
