"""Sleep, the latch of a supply, the battery's pin and gauge: the simulated modules, as a board has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.simulator import state
from boards.simulator.bus import I2CBus, Nack
from boards.simulator.max17048 import MAX17048, charge

from .parts import Bench

ALARM = """
import alarm, board, time, microcontroller
from alarm.pin import PinAlarm
nvm = microcontroller.nvm
def ms(): return time.monotonic_ns() // 1000000
"""


def unplugged(folder: Path, code: str) -> Bench:
    bench = Bench(folder, ALARM + code)
    bench.simulator.set_cable(False)
    return bench


def test_a_light_sleep_ends_at_its_time_or_at_a_button(tmp_path: Path) -> None:
    bench = unplugged(
        tmp_path,
        "for _ in range(2):\n"
        "    button = PinAlarm(board.GP16, value=False, pull=True)\n"
        "    start = ms()\n"
        "    until = alarm.time.TimeAlarm(monotonic_time=time.monotonic() + 5)\n"
        "    cause = alarm.light_sleep_until_alarms(until, button)\n"
        "    say(cause is button, alarm.wake_alarm is cause, ms() - start)\n",
    )
    ((by_button, noted, slept),) = bench.run(6)
    assert (by_button, noted) == (False, True)
    assert 5000 <= slept <= 6000, "in whole seconds"
    bench.simulator.press("confirm", 100)
    assert bench.run(0.2)[1][:2] == [True, True]
    assert bench.simulator.hardware.supply.shares()["light"] > 0.9


def test_an_alarms_pin_must_be_free(tmp_path: Path) -> None:
    bench = unplugged(
        tmp_path,
        "import keypad\n"
        "keys = keypad.Keys((board.GP16,), value_when_pressed=False, pull=True)\n"
        "try: PinAlarm(board.GP16, value=False, pull=True)\n"
        "except ValueError as error: say(str(error))\n"
        "keys.deinit()\n"
        "PinAlarm(board.GP16, value=False, pull=True)\n"
        "try: alarm.time.TimeAlarm(monotonic_time=-1)\n"
        "except ValueError as error: say(str(error))\n",
    )
    assert bench.run() == [["GP16 in use"], ["Time is in the past."]]


DEEP = """
nvm[0] = (nvm[0] + 1) % 256
say(nvm[0], ms() < 100, alarm.wake_alarm is not None)
time.sleep(0.5)
alarm.exit_and_deep_sleep_until_alarms(PinAlarm(board.GP16, value=False, pull=True))
"""


def test_after_a_deep_sleep_everything_starts_anew(tmp_path: Path) -> None:
    bench = unplugged(tmp_path, DEEP)
    first = bench.run(3600)
    assert first == [[0, True, False]]
    bench.simulator.press("confirm", 100)
    assert bench.run(1)[1:] == [[1, True, True]]
    assert bench.simulator.starts == 2
    assert bench.simulator.hardware.supply.shares()["deep"] > 0.99


def test_with_a_host_a_deep_sleep_is_a_pretence(tmp_path: Path) -> None:
    """code.py starts anew when the button is pressed; the microcontroller does not."""
    bench = Bench(tmp_path, ALARM + DEEP)
    bench.run(60)
    bench.simulator.press("confirm", 100)
    assert bench.run(1)[1:] == [[1, False, True]]
    assert bench.simulator.starts == 1
    assert bench.simulator.hardware.supply.shares()["deep"] == 0


def test_a_reset_is_no_wake(tmp_path: Path) -> None:
    bench = unplugged(
        tmp_path,
        "nvm[1] = (nvm[1] + 1) % 256\n"
        "say(alarm.wake_alarm is not None)\n"
        "if nvm[1] == 1: microcontroller.reset()\n"
        "button = PinAlarm(board.GP16, value=False, pull=True)\n"
        "if nvm[1] == 0: alarm.exit_and_deep_sleep_until_alarms(button)\n",
    )
    bench.run(1)
    bench.simulator.press("confirm", 100)
    assert bench.run(2) == [[False], [True], [False]]


def test_an_rp2350_has_no_such_module(tmp_path: Path) -> None:
    code = "try:\n    import alarm\nexcept ImportError:\n    say('none')\n"
    bench = Bench(tmp_path, code, kept=state.new("raspberry_pi_pico2"))
    assert bench.run() == [["none"]]


def test_time_sleep_is_counted(tmp_path: Path) -> None:
    bench = unplugged(tmp_path, "while True: time.sleep(0.1)\n")
    bench.run(10)
    assert bench.simulator.hardware.supply.shares()["idle"] > 0.98


def test_a_gauge_tells_voltage_and_charge() -> None:
    cell = [3800]
    bus = I2CBus()
    bus.chips[0x36] = MAX17048(lambda: cell[0])

    def read(register: int) -> int:
        return int.from_bytes(bus.transfer(0x36, bytes([register]), 2), "big")

    assert read(0x08) & 0xFFF0 == 0x0010
    assert read(0x02) * 78.125 / 1000 == pytest.approx(3800, abs=0.1)
    assert read(0x04) == charge(3800) == 55 * 256
    cell[0] = 4300
    assert read(0x04) == 100 * 256
    assert bus.transfer(0x36, b"\x02", 4)[2:] == b"\x64\x00", "the pointer runs on"
    bus.transfer(0x36, bytes([0x0C, 0x97, 0x80]))
    assert read(0x0C) == 0x9780
    with pytest.raises(Nack):
        bus.transfer(0x36, bytes([0xFE, 0x54, 0x00]))
    assert read(0x0C) == 0x971C
    assert [charge(mv) for mv in (2000, 3000, 3300, 5000)] == [0, 0, 512, 25600]
