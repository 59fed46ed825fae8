"""The simulated keyboard: what usb_hid does on a board, with each kind of host."""

from __future__ import annotations

from pathlib import Path

import pytest

from boards.simulator.hid_host import HOSTS, HidPort

from .parts import OPEN_DRIVE, Bench

KEYBOARD = """
import supervisor, time, usb_hid
from adafruit_hid.keyboard import Keyboard
say([[device.usage_page, device.usage] for device in usb_hid.devices])
def attempt(send):
    start = time.monotonic_ns()
    try:
        outcome = send()
    except Exception as error:
        outcome = str(error)
    say(outcome, supervisor.runtime.usb_connected, (time.monotonic_ns() - start) // 100000000)
keyboard = Keyboard(usb_hid.devices)
while True:
    attempt(lambda: keyboard.send(0x1E))
    time.sleep(10)
"""
ENABLE = OPEN_DRIVE + "import usb_hid\nusb_hid.enable((usb_hid.Device.KEYBOARD,))\n"


def test_a_host_that_listens_gets_each_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path, KEYBOARD, ENABLE)
    assert bench.run(1) == [[[[1, 6]]], [None, True, 0]]
    assert bench.simulator.typed("us") == "1"
    bench.run(10)
    assert bench.simulator.typed("fr", clear=True) == "&&"
    assert bench.simulator.typed("us") == ""
    bench.run(10)
    assert bench.simulator.typed("us") == "1"


@pytest.mark.parametrize(
    ("host", "outcome", "connected", "tenths"),
    [("stalled", "USB busy", True, 20), ("absent", "USB busy", False, 20), ("asleep", None, False, 40)],
)
def test_a_host_that_does_not(
    tmp_path: Path, host: str, outcome: str | None, connected: bool, tenths: int
) -> None:
    bench = Bench(tmp_path, KEYBOARD, ENABLE)
    bench.run(1)
    bench.simulator.typed("us", clear=True)
    bench.simulator.hardware.hid.host = host
    assert bench.run(15)[2:] == [[outcome, connected, tenths]]
    assert bench.simulator.typed("us") == ""
    bench.simulator.hardware.hid.host = "listening"
    bench.run(10)
    # What a stalled host was told first, it hears when it listens again.
    assert bench.simulator.typed("us") == "1"


def test_a_host_that_stops_in_the_midst_holds_the_key_until_the_token_is_unplugged(tmp_path: Path) -> None:
    code = """
import usb_hid
keyboard = usb_hid.devices[0]
keyboard.send_report(bytes((0, 0, 0x1E, 0, 0, 0, 0, 0)))
say("down")
"""
    bench = Bench(tmp_path, code, ENABLE)
    assert bench.run(1) == [["down"]]
    hid = bench.simulator.hardware.hid
    assert not hid.released and hid.typed("us") == "1"
    bench.simulator.power_off()
    assert hid.released


@pytest.mark.parametrize(
    ("boot", "usages"), [(OPEN_DRIVE, [6, 2, 1]), (OPEN_DRIVE + "import usb_hid\nusb_hid.disable()\n", [])]
)
def test_devices_are_those_that_boot_has_enabled(tmp_path: Path, boot: str, usages: list[int]) -> None:
    code = """
import usb_hid
say([device.usage for device in usb_hid.devices])
try:
    usb_hid.enable((usb_hid.Device.MOUSE,))
except RuntimeError as error:
    say(str(error))
try:
    usb_hid.Device.KEYBOARD.send_report(bytes(7))
except ValueError as error:
    say(str(error))
"""
    said = Bench(tmp_path, code, boot).run(5)
    assert said == [[usages], ["Cannot change USB devices now"], ["report length must be 8"]]


def test_only_these_hosts_there_are() -> None:
    port = HidPort(lambda: 0)
    for host in HOSTS:
        port.host = host
        assert port.host == host
    with pytest.raises(ValueError, match="one of"):
        port.host = "deaf"
