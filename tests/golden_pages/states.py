"""What is shown on the golden pages: every state of the screen, and what may be hard to draw."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tokencore.account import Account
from tokencore.messages import LANGUAGES
from tokenfw.texts import Texts
from tokenfw.views import View, Views

from tests.firmware.states import LONG, SECRET, STEP, TOTP, every_view

FIRMWARE = Path(__file__).parents[2] / "firmware"
OFF, DIM, BRIGHT = 0, 1, 2


class Screen(NamedTuple):
    """A class of displays: a board that has one, and what its renderer is to say of itself."""

    board: str
    bar_width: int
    rows: int
    still: bool = False


SCREENS = {
    "mono-128x64": Screen("raspberry_pi_pico", 128, 4),
    "wide-240x135": Screen("adafruit_feather_esp32s3_reverse_tft", 228, 4),
    "wide-320x170": Screen("lilygo_tdisplay_s3", 304, 5),
    "square-240x240": Screen("clue_nrf52840_express", 228, 7),
    "paper-296x128": Screen("pimoroni_badger2040w", 288, 4, True),
}
NAMES = (
    "Example Bank",
    "Büro: Türöffner",
    "Señor Ñandú",
    "Ångström Øresund",
    "git.example.org",
    "VPN",
    "Door",
)


class State(NamedTuple):
    view: View
    light: int = BRIGHT


def states(screen: Screen, language: str) -> dict[str, State]:
    """Return the states by name. What does not depend on the language is in the first one only."""
    texts = Texts(lambda path: (FIRMWARE / path[1:]).read_text("utf-8"))
    texts.speak(language)
    make = Views(texts, screen.bar_width, screen.still)
    found = {name.replace(" ", "-"): State(view) for name, view in every_view(make).items()}
    if language == LANGUAGES[0]:
        found.update(_variants(make, screen))
        found["mark-of-a-board-that-cannot-be-locked"] = State(
            Views(texts, screen.bar_width, screen.still, "!").totp(
                TOTP, "2/3", ("492039", ""), STEP, 20_000, 0
            )
        )
    return found


def _variants(make: Views, screen: Screen) -> dict[str, State]:
    found = {}
    for digits, code in ((6, "890716"), (7, "2345678"), (8, "90123456")):
        account = Account(SECRET, "alice@example.com", "Example Bank", digits=digits)
        found[f"digits-{digits}"] = State(make.totp(account, "1/3", (code, ""), STEP, 20_000, 0))
        found[f"digits-{digits}-next"] = State(make.totp(account, "1/3", (code, code), STEP, 3_000, 0))
    for name, left_ms in (("full", 30_000), ("half", 15_000), ("last", 100), ("over", 0)):
        found[f"bar-{name}"] = State(make.totp(TOTP, "1/3", ("735184", "602917"), STEP, left_ms, 0))
    for percent in (100, 80, 50, 30, 5):
        make.battery = percent
        found[f"battery-{percent}"] = State(make.totp(TOTP, "2/3", ("492039", ""), STEP, 20_000, 0))
    make.battery = 80
    found["battery-long-names"] = State(make.totp(LONG, "99/100", ("492039", ""), STEP, 20_000, 0))
    make.battery = -1
    found["names-of-64-bytes"] = State(
        make.totp(Account(SECRET, "n" * 64, "W" * 64), "100/100", ("492039", ""), STEP, 20_000, 0)
    )
    foreign = Account(SECRET, "jürgen.groß@straße.example", "Señor Ñandú & Söhne ÄÖÜ")
    found["names-with-marks"] = State(make.totp(foreign, "1/3", ("492039", ""), STEP, 20_000, 0))
    unknown = Account(SECRET, "ユーザー", "株式会社")
    found["names-that-no-font-has"] = State(make.totp(unknown, "1/3", ("492039", ""), STEP, 20_000, 0))
    found["no-issuer"] = State(make.totp(Account(SECRET, "alice"), "1/3", ("492039", ""), STEP, 20_000, 0))
    for name, first, chosen in (("start", 0, 0), ("middle", 48, 49), ("end", 100 - screen.rows, 99)):
        rows = tuple(f"{NAMES[n % len(NAMES)]} {n + 1}" for n in range(first, first + screen.rows))
        view = make.accounts(f"{chosen + 1}/100", rows, chosen - first)
        found[f"list-{name}-of-100"] = State(view)
    found["list-of-one"] = State(make.accounts("1/1", ("Door alice",), 0))
    found["list-long-names"] = State(make.accounts("2/3", ("W" * 64, LONG.issuer, "gjpqy ÄÇÑ"), 1))
    shown = make.totp(TOTP, "1/3", ("492039", ""), STEP, 20_000, 0)
    found["light-dim"] = State(shown, DIM)
    found["light-off"] = State(shown, OFF)
    found["light-on-again"] = State(shown)
    return found
