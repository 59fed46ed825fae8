"""The whole firmware on a battery: it sleeps, lightly and deeply, and a button wakes it to the right time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tokencore.otp import totp

from boards.simulator import state
from boards.simulator.port import HostPort, plug_in
from boards.simulator.simulator import Simulator
from boards.simulator.st7789 import ST7789
from boards.simulator.uc8151 import UC8151

from .client import SECRET, Client
from .parts import Bench, library
from .test_token import UTC, code, words

Token = tuple[Simulator, HostPort, Client]


@pytest.fixture
def feather() -> Iterator[Token]:
    """A Feather RP2040 with two accounts and the right time, its cable just pulled out."""
    simulator, port = plug_in(UTC, kept=state.new("adafruit_feather_rp2040"))
    client = Client(port)
    client.add(issuer="Bank")
    client.add(issuer="Door")
    client.set_time(simulator)
    simulator.set_cable(False)
    simulator.hardware.supply.begin()
    yield simulator, port, client
    simulator.close()


def shares(simulator: Simulator) -> dict[str, float]:
    return simulator.hardware.supply.shares()


def now(simulator: Simulator) -> int:
    return simulator.clock.now_ns() // 1_000_000_000


def test_while_somebody_may_look_it_rests_between_its_steps(feather: Token) -> None:
    simulator, _port, _client = feather
    simulator.run(50)
    assert shares(simulator)["idle"] > 0.9
    assert shares(simulator)["light"] == 0
    assert "Door" in words(simulator)


def test_with_the_screen_off_it_sleeps_lightly_and_the_press_that_wakes_does_nothing_else(
    feather: Token,
) -> None:
    simulator, _port, _client = feather
    simulator.run(100)
    assert words(simulator) == []
    assert shares(simulator)["light"] > 0.3
    simulator.press("next", 150)
    simulator.run(1)
    assert "Door" in words(simulator)
    assert code(simulator) == totp(SECRET, now(simulator))
    simulator.press("next", 150)
    simulator.run(1)
    assert "Bank" in words(simulator)


def test_after_minutes_it_sleeps_deeply_and_starts_anew(feather: Token) -> None:
    simulator, port, _client = feather
    simulator.run(400)
    assert shares(simulator)["deep"] > 0.1
    simulator.run(600)
    assert shares(simulator)["deep"] > 0.6
    assert simulator.starts == 1
    simulator.press("next", 300)
    simulator.run(4)
    assert simulator.starts == 2
    assert "Bank" in words(simulator), "the button is held at the start, and means nothing"
    assert code(simulator) == totp(SECRET, now(simulator))
    simulator.set_cable(True)
    told = Client(port).ask("get_time", {})
    assert abs(told["utc_ms"] - simulator.clock.now_ns() // 1_000_000) < 1000


def test_a_wake_asks_for_nothing_that_a_start_does() -> None:
    """On this board confirm alone, held at power-on, asks for maintenance."""
    simulator, _port = plug_in(UTC, kept=state.new("lilygo_tdisplay_s3"))
    simulator.set_cable(False)
    simulator.run(3)
    first = words(simulator)
    simulator.run(300)
    assert shares(simulator)["deep"] > 0.3
    simulator.press("confirm", 4000)
    simulator.run(3)
    assert (simulator.starts, words(simulator)) == (2, first)
    simulator.close()


@pytest.mark.parametrize("seconds", [90, 600])
def test_with_a_host_it_never_sleeps(feather: Token, seconds: int) -> None:
    simulator, port, _client = feather
    simulator.set_cable(True)
    simulator.hardware.supply.begin()
    simulator.run(seconds)
    assert shares(simulator)["light"] == shares(simulator)["deep"] == 0
    assert Client(port).ask("info", {})["accounts"] == 2


def test_a_host_that_comes_is_heard_in_some_seconds(feather: Token) -> None:
    simulator, _port, client = feather
    simulator.run(150)
    assert shares(simulator)["light"] > 0.5
    simulator.set_cable(True)
    simulator.run(11)
    assert client.ask("info", {})["accounts"] == 2


def test_a_badge_turns_itself_off_and_keeps_its_picture() -> None:
    simulator, _port = plug_in(UTC, kept=state.new("pimoroni_badger2040w"))
    simulator.set_cable(False)
    simulator.run(130)
    assert not simulator.hardware.display.powered
    simulator.run(600)
    assert shares(simulator)["off"] > 0.8
    assert simulator.starts == 1
    simulator.press("confirm", 1000)
    simulator.run(2)
    assert simulator.starts == 2
    assert simulator.hardware.display.powered
    simulator.close()


def test_a_display_that_nothing_cuts_off_is_put_to_sleep() -> None:
    simulator, _port = plug_in(UTC, kept=state.new("clue_nrf52840_express"))
    simulator.set_cable(False)
    simulator.run(50)
    display = simulator.hardware.display
    assert isinstance(display, ST7789)
    assert display.registers["awake"]
    simulator.run(300)
    assert shares(simulator)["deep"] > 0.1
    assert not display.registers["awake"]
    simulator.press("confirm", 1500)
    simulator.run(3)
    assert display.registers["awake"]
    simulator.close()


def test_a_badge_waits_for_its_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The supply would be cut at the turn of a time step, while the next code is being drawn."""
    simulator, port = plug_in(UTC + 1, kept=state.new("pimoroni_badger2040w"))
    simulator.run(1.9)
    client = Client(port)
    port.timeout = 20
    client.set_time(simulator)
    client.add()
    simulator.set_cable(False)
    cut: list[bool] = []
    power, display = simulator.hardware.power, simulator.hardware.display
    assert isinstance(display, UC8151)

    def watched(on: bool) -> None:
        cut.append(display.busy)
        power(on)

    monkeypatch.setattr(simulator.hardware, "power", watched)
    drawn = 0
    while not cut:
        simulator.run(0.1)
        drawn += display.busy
        assert now(simulator) < UTC + 400
    assert drawn > 100, "it was busy now and then"
    assert cut == [False]
    simulator.close()


BATTERY = """
import board, busio
from tokenfw.board_file import parse
from tokenfw.hardware.battery import open_battery
settings = parse(open("/board.toml").read())
wires = settings["i2c"]
i2c = busio.I2C(getattr(board, wires["scl"]), getattr(board, wires["sda"]))
battery = open_battery(i2c, settings.get("battery"))
say(battery.percent() if battery else -1)
"""


@pytest.mark.parametrize(
    ("board", "volts", "percent"),
    [
        ("lilygo_tdisplay_s3", 4.15, 100),
        ("lilygo_tdisplay_s3", 3.82, 50),
        ("lilygo_tdisplay_s3", 3.4, 1),
        ("adafruit_feather_esp32s3_reverse_tft", 3.8, 55),
        ("adafruit_feather_rp2040", 3.8, -1),
    ],
)
def test_the_battery_is_read_as_the_board_can(board: str, volts: float, percent: int, tmp_path: Path) -> None:
    library(tmp_path, "battery.py")
    bench = Bench(tmp_path, BATTERY, kept=state.new(board))
    bench.simulator.set_battery(volts)
    ((read,),) = bench.run(3)  # the core sets up its display before
    assert read == pytest.approx(percent, abs=1)
    bench.simulator.close()


def test_a_gauge_that_does_not_answer_is_told_as_unknown(tmp_path: Path) -> None:
    library(tmp_path, "battery.py")
    bench = Bench(tmp_path, BATTERY, kept=state.new("adafruit_feather_esp32s3_reverse_tft"))
    del bench.simulator.hardware.bus.chips[0x36]
    assert bench.run(3) == [[-1]]
    bench.simulator.close()


def test_a_voltage_that_no_cell_has_is_refused() -> None:
    simulator, _port = plug_in(UTC)
    with pytest.raises(ValueError, match=r"2\.5 to 4\.35"):
        simulator.set_battery(5)
    simulator.close()
