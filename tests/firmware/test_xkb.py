"""The layouts against keymaps that others wrote: those of Linux desktops, read by their own library."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from tokencore.messages import LAYOUTS

from boards.simulator.hid_host import KEYMAPS, HidHost
from tests.firmware.test_layouts import MODHEX, type_into
from tests.firmware.xkb import XkbHost, library

XKB = library()
pytestmark = pytest.mark.skipif(
    XKB is None, reason="install libxkbcommon and xkb-data to compare the layouts with those of Linux"
)

# What people with a keyboard of each layout may have chosen on their computer.
DESKTOPS = {
    "us": ("us", "us(intl)", "us(mac)", "ca(eng)", "nl"),
    "uk": ("gb", "gb(intl)", "ie"),
    "de": ("de", "de(nodeadkeys)", "de(mac)", "at"),
    "fr": ("fr", "fr(oss)", "fr(latin9)", "fr(azerty)", "fr(mac)", "be"),
    "es": ("es", "es(cat)", "es(nodeadkeys)", "latam"),
    "it": ("it", "it(nodeadkeys)", "it(us)"),
    "nordic": ("dk", "fi", "no", "se", "is", "dk(nodeadkeys)", "se(mac)"),
    "ch": ("ch", "ch(fr)", "ch(de_nodeadkeys)", "ch(de_mac)"),
}
DESKTOPS["modhex"] = tuple(name for names in DESKTOPS.values() for name in names)
PAIRS = [(layout, name) for layout in LAYOUTS for name in DESKTOPS[layout]]


@pytest.fixture
def host(request: pytest.FixtureRequest) -> Iterator[XkbHost]:
    assert XKB is not None
    try:
        host = XkbHost(XKB, request.param)
    except LookupError:
        pytest.skip(f"this version of xkb-data has no {request.param}")
    yield host
    host.close()


@pytest.mark.parametrize(("layout", "host"), PAIRS, indirect=["host"], ids=str)
def test_a_linux_desktop_reads_every_code(layout: str, host: XkbHost) -> None:
    generator = random.Random(layout)
    codes = ["0123456789", *("".join(generator.choices("0123456789", k=8)) for _ in range(200))]
    for code in codes:
        text = type_into(host, code, layout, enter=True)
        assert (text.translate(MODHEX) if layout == "modhex" else text) == code + "\n"


ENGRAVED = {
    "us": "us",
    "uk": "gb",
    "de": "de",
    "fr": "fr",
    "es": "es",
    "it": "it",
    "nordic": "se",
    "ch": "ch",
}


@pytest.mark.parametrize(("keymap", "host"), ENGRAVED.items(), indirect=["host"], ids=str)
def test_the_simulated_computer_has_the_same_keymap(keymap: str, host: XkbHost) -> None:
    ours, compared = HidHost(keymap), 0
    for shift in (0, 2, 0x20):
        for usage in (*range(0x04, 0x28), 0x28):
            report = bytes((shift, 0, usage, 0, 0, 0, 0, 0))
            ours.text = host.text = ""
            try:
                ours.receive(report)
            except ValueError:
                continue  # It knows fewer keys, which it says.
            host.receive(report)
            for each in (ours, host):
                each.receive(bytes(8))
            assert ours.text == host.text, f"usage {usage:#x}, modifiers {shift:#x}"
            compared += 1
    assert compared >= 3 * 36


def test_every_simulated_keymap_is_compared() -> None:
    assert set(ENGRAVED) == set(KEYMAPS)
    assert set(DESKTOPS) == set(LAYOUTS)
