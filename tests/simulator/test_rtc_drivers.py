"""The firmware's clock drivers above the chips' registers, through Adafruit's own where there are any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boards.simulator.ds3231 import DS3231
from boards.simulator.pcf8523 import PCF8523
from boards.simulator.pcf8563 import PCF8563
from boards.simulator.pcf85063a import PCF85063A
from boards.simulator.rtc_chip import RtcChip

from .parts import UTC, Bench, library

# driver: model, address, ms of a second that are over when it begins to count
CHIPS: dict[str, tuple[type[RtcChip], int, int]] = {
    "ds3231": (DS3231, 0x68, 0),
    "pcf8523": (PCF8523, 0x68, 492),
    "pcf8563": (PCF8563, 0x51, 492),
    "pcf85063a": (PCF85063A, 0x51, 492),
}
ADAFRUIT = ("adafruit_ds3231", "adafruit_pcf8523", "adafruit_pcf8563")

OPEN = """
import time, board, busio
from tokenfw.hardware.rtc import open_rtc
i2c = busio.I2C(board.GP5, board.GP4, frequency=400000)
rtc = open_rtc(i2c, "{driver}")
def ms(): return time.monotonic_ns() // 1000000
"""

every_chip = pytest.mark.parametrize("driver", CHIPS)
trimmed_chip = pytest.mark.parametrize("driver", ["ds3231", "pcf8523", "pcf85063a"])


def bench(folder: Path, driver: str, code: str) -> tuple[Bench, Any]:
    """Run `code` on a board that has this chip and the files of the clock, no other chip's driver."""
    lib = library(folder, "rtc*.py")
    for other in ADAFRUIT:
        if not other.endswith(driver):
            (lib / f"{other}.py").write_text("raise RuntimeError('too much for the memory of a board')\n")
    made = Bench(folder, OPEN.format(driver=driver) + code)
    model, address, _begun = CHIPS[driver]
    chip = model(made.simulator.clock.now_ns)
    chips = made.simulator.hardware.bus.chips
    chips.pop(0x68, None)
    chips[address] = chip
    return made, chip


@every_chip
def test_a_chip_is_set_and_read(driver: str, tmp_path: Path) -> None:
    made, chip = bench(
        tmp_path,
        driver,
        "say(rtc.lost_power())\n"
        "rtc.write((2028, 2, 28, 23, 59, 57, 0))\n"
        "say(rtc.lost_power(), *rtc.read())\n"
        "time.sleep(3.1)\n"
        "say(*rtc.read())\n",
    )
    lost, now, later = made.run(8)
    assert (lost, now) == ([True], [False, 2028, 2, 28, 23, 59, 57, 0])
    assert later == [2028, 2, 29, 0, 0, 0, 1], "to the weekday that the drivers write"
    assert not chip.lost_power


@every_chip
def test_its_first_second_is_as_long_as_told(driver: str, tmp_path: Path) -> None:
    made, _chip = bench(
        tmp_path,
        driver,
        "rtc.write((2028, 2, 28, 23, 59, 57, 0))\n"
        "start = ms()\n"
        "while rtc.read()[5] == 57: time.sleep(0.001)\n"
        "say(rtc.begun_ms, ms() - start)\n",
    )
    ((begun, turned),) = made.run(3)
    assert begun == CHIPS[driver][2]
    assert turned == pytest.approx(1000 - begun, abs=4)


@every_chip
def test_without_a_chip_it_is_looked_for_until_it_answers(driver: str, tmp_path: Path) -> None:
    made, chip = bench(
        tmp_path,
        driver,
        "try: rtc.read()\n"
        "except OSError as error: say(error.args[0])\n"
        "time.sleep(1)\n"
        "say(rtc.lost_power())\n",
    )
    chip.fault = "silent"
    assert made.run(0.9) == [[19]]
    chip.fault = ""
    assert made.run(1) == [[19], [True]]


@every_chip
def test_without_a_bus_it_says_so(driver: str, tmp_path: Path) -> None:
    code = f'try: open_rtc(None, "{driver}").read()\nexcept OSError as error: say(error.args[0])\n'
    assert bench(tmp_path, driver, code)[0].run() == [[19]]


def test_an_unknown_driver_is_named(tmp_path: Path) -> None:
    code = 'try: open_rtc(i2c, "rv3028")\nexcept ValueError as error: say(str(error))\n'
    assert "rv3028" in bench(tmp_path, "ds3231", code)[0].run()[0][0]


@every_chip
def test_a_year_that_it_cannot_hold_is_refused(driver: str, tmp_path: Path) -> None:
    code = (
        "rtc.write((2099, 12, 31, 23, 59, 58, 3))\n"
        "try: rtc.write((2100, 1, 1, 0, 0, 0, 4))\n"
        "except ValueError as error: say(str(error))\n"
        "say(*rtc.read()[:3])\n"
    )
    made, _chip = bench(tmp_path, driver, code)
    told, kept = made.run()
    assert "years" in told[0]
    assert kept[0] == 2099


@trimmed_chip
def test_a_trim_is_written_and_read(driver: str, tmp_path: Path) -> None:
    code = "for steps in (0, 5, -5, 63, -64):\n    rtc.set_trim(steps)\n    say(rtc.trim())\n"
    made, _chip = bench(tmp_path, driver, "rtc.trim()\n" + code)
    assert [steps for (steps,) in made.run(2)] == [0, 5, -5, 63, -64]


@pytest.mark.parametrize(("driver", "register"), [("pcf8523", 0x0E), ("pcf85063a", 0x02)])
def test_a_trim_is_made_in_the_faster_mode(driver: str, register: int, tmp_path: Path) -> None:
    """Whatever is written, the mode stays: 4.069 ppm are a step of `tokenfw.discipline`."""
    code = "for steps in (5, -5):\n    rtc.set_trim(steps)\n    time.sleep(1)\n"
    made, chip = bench(tmp_path, driver, "rtc.trim()\n" + code)
    made.run(0.5)
    assert chip._registers[register] == 0x80 | 5
    made.run(1)
    assert chip._registers[register] == 0x80 | 0x7B


@pytest.mark.parametrize("driver", ["pcf8563"])
def test_a_chip_without_a_trim_has_none(driver: str, tmp_path: Path) -> None:
    made, chip = bench(tmp_path, driver, "rtc.write((2028, 2, 28, 0, 0, 0, 0))\nsay(rtc.trim())\n")
    assert made.run() == [[None]]
    assert not chip._registers[0x0D] & 0x80, "its clock output is off"


def test_the_85063a_puts_no_clock_out(tmp_path: Path) -> None:
    made, chip = bench(tmp_path, "pcf85063a", "rtc.write((2028, 2, 28, 0, 0, 0, 0))\n")
    made.run()
    assert chip._registers[1] & 0x07 == 0x07


def test_the_8523_may_use_its_battery_once_it_is_set(tmp_path: Path) -> None:
    made, chip = bench(tmp_path, "pcf8523", "rtc.write((2028, 2, 28, 0, 0, 0, 0))\n")
    made.run()
    chip.power_off()
    chip.power_on()
    assert not chip.lost_power


@pytest.mark.parametrize(("driver", "twelve"), [("pcf8523", 0x88), ("pcf85063a", 0x03)])
def test_another_programs_settings_do_not_matter(driver: str, twelve: int, tmp_path: Path) -> None:
    """A chip that stands and counts to 12 hours counts again; the load for its crystal stays."""
    code = "rtc.write((2028, 2, 28, 23, 59, 59, 0))\ntime.sleep(1)\nsay(*rtc.read()[:6])\n"
    made, chip = bench(tmp_path, driver, code)
    chip.start(False)
    for byte in (0, twelve | 0x20):
        chip.write(byte)
    assert made.run(2) == [[2028, 2, 29, 0, 0, 0]]
    assert chip._registers[0] == twelve & 0x81


CLOCK = """
from tokenfw.clock import Clock
from tokenfw.discipline import of_chip
clock = Clock(rtc, 0, of_chip("{driver}"))
def run(seconds):
    end = ms() + int(seconds * 1000)
    while ms() < end:
        clock.step(ms())
        time.sleep(0.01)
run(0.37)
set_at = ms()
clock.set({utc}, set_at, 240, 5)
for _ in range(3):
    say(clock.utc_ms(ms()) - {utc} * 1000 - 240 - ms() + set_at, clock.bound_ms(ms()))
    run(11)
clock = Clock(rtc, {utc}, of_chip("{driver}", None, clock.discipline.record()))
run(3)
say(clock.utc_ms(ms()) - {utc} * 1000 - 240 - ms() + set_at, clock.bound_ms(ms()))
"""


@every_chip
def test_the_clock_above_it_keeps_its_milliseconds(driver: str, tmp_path: Path) -> None:
    """Right after it was set, when turns were seen, and after a restart, as far as it promises."""
    made, _chip = bench(tmp_path, driver, CLOCK.format(driver=driver, utc=UTC))
    said = made.run(45)
    assert len(said) == 4
    for off, bound in said:
        assert abs(off) <= min(bound, 25)
