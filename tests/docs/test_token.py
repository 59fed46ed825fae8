"""docs/token.md gives the times that the firmware keeps, and names what it says."""

from __future__ import annotations

import re

from tokencore.messages import CONFIRM_MS
from tokenfw import gestures, screen, views
from tokenfw.app import App
from tokenfw.texts import Texts

from tests.docs.pages import ROOT
from tests.firmware.parts import drive

PAGE = (ROOT / "docs/token.md").read_text("utf-8")


def test_the_times_are_the_firmwares() -> None:
    for words, ms in {
        r"held for ([\d.]+) s \| the list": gestures.SCROLL_MS,
        r"held for ([\d.]+) s \| types": gestures.LONG_MS,
        r"shown for (\d+) s": screen.HOTP_MS,
        r"ends after (\d+) s": CONFIRM_MS,
        r"dims (\d+) s": 1000 * App.__init__.__kwdefaults__["dim_s"],
        r"off after (\d+) s": 1000 * App.__init__.__kwdefaults__["off_s"],
        r"held for (\d+) s, does it": screen.ERASE_MS,
    }.items():
        (seconds,) = re.findall(words, PAGE)
        assert float(seconds) * 1000 == ms, words
    assert (views.NEXT_MS, views.DOUBT_MS, screen.LOW_PERCENT) == (5000, 2000, 10)
    assert gestures.scrolled(5000, 100) >= 99


def test_what_it_quotes_the_screen_says() -> None:
    texts = Texts(drive)
    for key, shown in {
        "question": "*Send code?*",
        "clock_not_set_message": "*Clock not set*",
        "clock_failed_message": "*Clock error*",
        "damaged": "*Damaged account*",
        "fault": "*Memory fault*",
        "low_battery": "*Battery low*",
        "open": "*Not protected*",
        "erase": "*Erase\neverything?*",
    }.items():
        assert f"*{texts(key)}*" == shown.replace("\n", " ") and shown in PAGE
    assert "`" + texts("clock_doubt", 3) + "`" in PAGE
