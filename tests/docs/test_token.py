"""docs/token.md gives the times that the firmware keeps, and names what it says."""

from __future__ import annotations

import re

from tokencore.messages import CONFIRM_MS
from tokenfw import device, gestures, keys, pinviews, screen, views
from tokenfw.app import App
from tokenfw.texts import Texts

from tests.docs.pages import ROOT
from tests.firmware.parts import drive

PAGE = (ROOT / "docs/token.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())
ASKED = ("code", "own", "enroll", "time", "backup", "transfer", "release")
QUOTED = (
    *("unpaired", "pair", "locked_message", "pin_back", "pin_elsewhere", "pin_wrong", "pin_erased"),
    *("clock_not_set_message", "clock_failed_message", "damaged", "fault", "low_battery", "open", "erase"),
)


def wait_ms(failures: int) -> int:
    state = keys.PinState()
    state.count(failures, 0)
    return state.wait_ms(0)


def test_the_times_are_the_firmwares() -> None:
    for words, ms in {
        r"held for ([\d.]+) s \| the list": gestures.SCROLL_MS,
        r"held for ([\d.]+) s \| types": gestures.LONG_MS,
        r"held together for ([\d.]+) s \| locks": gestures.LONG_MS,
        r"shown for (\d+) s": screen.HOTP_MS,
        r"ends after (\d+) s": CONFIRM_MS,
        r"on the screen for ([\d.]+) s": screen.ASK_MS,
        r"dims (\d+) s": 1000 * App.__init__.__kwdefaults__["dim_s"],
        r"off after (\d+) s": 1000 * App.__init__.__kwdefaults__["off_s"],
        r"held for (\d+) s, does it": screen.ERASE_MS,
        r"makes you wait, (\d+) s": wait_ms(4),
    }.items():
        (seconds,) = re.findall(words, WORDS)
        assert float(seconds) * 1000 == ms, words
    assert (views.NEXT_MS, views.DOUBT_MS, screen.LOW_PERCENT) == (5000, 2000, 10)
    assert gestures.scrolled(5000, 100) >= 99


def test_what_it_says_of_a_pin_is_so() -> None:
    assert (wait_ms(3), [wait_ms(n + 1) // wait_ms(n) for n in range(4, 9)]) == (0, [2] * 5)
    assert (keys.TRIES, device.AUTO_LOCK_S, pinviews.DOTS) == (10, 300, 18)
    for words in (
        "the fourth wrong one",
        "of ten",
        "The tenth wrong PIN",
        "five minutes",
        "up to eighteen",
    ):
        assert words in WORDS


def test_what_it_quotes_the_screen_says() -> None:
    texts = Texts(drive)
    for key in (*ASKED, *QUOTED):
        assert f"*{texts(key)}*" in WORDS, key
    for text in (texts("clock_doubt", 3), texts("set_back"), texts("unpaired_small"), "provisioner unlock"):
        assert f"`{text}`" in WORDS
    asked = re.search(r"the screen asks \|(.*?)\n\n", PAGE, re.DOTALL)
    assert asked is not None
    assert re.findall(r"^\| \*(.*?)\*", asked[1], re.MULTILINE) == [texts(kind) for kind in ASKED]
