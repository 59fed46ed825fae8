"""Pins that feed and light a built-in display: what they do to the chips, and what a start makes of them."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from boards.simulator import state

from .parts import OPEN_DRIVE, Bench

FEED = """
import board, busio, digitalio, time
pin = digitalio.DigitalInOut(board.{pin})
time.sleep(1)
i2c = busio.I2C(board.{scl}, board.{sda})
i2c.try_lock()
say("before", i2c.scan())
pin.switch_to_output(True)
time.sleep(1)
pin.value = False
try:
    i2c.writeto(0x68, b"")
    say("answers")
except OSError as error:
    say("errno", error.errno)
time.sleep(1)
pin.value = True
say("after", i2c.scan())
time.sleep(60)
"""
LIGHT = """
import board, time
for level in {levels}:
    try:
        board.DISPLAY.brightness = level
    except (RuntimeError, ValueError) as error:
        say(str(error))
    say(board.DISPLAY.brightness)
    time.sleep(1)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("board", "pin", "scl", "sda", "told"),
    [
        ("adafruit_feather_esp32s3_reverse_tft", "TFT_I2C_POWER", "SCL", "SDA", ["errno", errno.ETIMEDOUT]),
        ("lilygo_tdisplay_s3", "LCD_POWER_ON", "STEMMA_SCL", "STEMMA_SDA", ["answers"]),
    ],
)
def test_a_pin_that_feeds_the_display_takes_its_picture_away(
    tmp_path: Path, board: str, pin: str, scl: str, sda: str, told: list[Any]
) -> None:
    """A Feather's feeds the pull-ups of the I2C bus too. What does not drive it leaves it to the core."""
    bench = Bench(tmp_path, FEED.format(pin=pin, scl=scl, sda=sda), OPEN_DRIVE, kept=state.new(board))
    display: Any = bench.simulator.hardware.display
    while not bench.said():
        bench.run(0.1)
    assert display.powered and display.lit
    found = bench.said()[0][1]
    assert 0x68 in found
    while len(bench.said()) < 2:
        bench.run(0.1)
    assert bench.said()[1] == told
    assert not display.powered and not display.lit and not any(display.rgb())
    while len(bench.said()) < 3:
        bench.run(0.1)
    assert bench.said()[2] == ["after", found]
    assert display.powered and not display.lit  # nobody has woken it up again
    bench.simulator.power_off()
    bench.simulator.power_on()
    bench.run(3)
    assert display.lit
    bench.simulator.close()


@pytest.mark.parametrize(
    ("board", "levels", "said", "light"),
    [
        ("clue_nrf52840_express", (0.25,), [[0.25]], 0.25),
        ("lilygo_tdisplay_s3", (0, 1, 2), [[0], [1], ["Brightness must be between 0.0 and 1.0"], [1]], 1.0),
        ("adafruit_macropad_rp2040", (0.5,), [[0.5]], 127 / 255),
    ],
)
def test_brightness_is_the_light_s_or_the_contrast(
    tmp_path: Path, board: str, levels: tuple[float, ...], said: list[Any], light: float
) -> None:
    bench = Bench(tmp_path, LIGHT.format(levels=levels), OPEN_DRIVE, kept=state.new(board))
    assert bench.run(8) == said
    assert bench.simulator.hardware.display.backlight == pytest.approx(light, abs=1e-4)
    bench.simulator.close()


def test_a_display_without_a_light_of_its_own_says_so(tmp_path: Path) -> None:
    code = """
import board, busio, displayio, fourwire
from adafruit_st7789 import ST7789
spi = busio.SPI(board.LCD_CLK, MOSI=board.LCD_MOSI)
bus = fourwire.FourWire(spi, command=board.LCD_DC, chip_select=board.LCD_CS, reset=board.LCD_RST)
display = ST7789(bus, width=240, height=135, rotation=270, colstart=53, rowstart=40)
for level in (1.0, 0.5):
    try:
        display.brightness = level
    except RuntimeError as error:
        say(str(error))
"""
    bench = Bench(tmp_path, code, "", kept=state.new("m5stack_stick_c_plus"))
    assert bench.run(4) == [["Brightness not adjustable"]] * 2
    bench.simulator.close()
