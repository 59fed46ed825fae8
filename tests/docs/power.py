"""Writes the tables of docs/power.md from board files and stated currents: `python -m tests.docs.power`.

Currents are in mA, at the battery where a maker says it so, else at 3.3 V: regulators that are linear pass
the same current. Charge is in mAh.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import boards

PAGE = Path(__file__).parents[2] / "docs/power.md"
PRESSES = (3, 10, 30)  # a day, each long after the one before
USABLE = 0.8  # of a battery's charge: age, cold, and what a regulator leaves
BOOT_S = 3.0  # from a wake to the first code; docs/boards.md has what was measured on the emulated Pico
REFRESH_S = 2.5  # of the badge's e-paper
DAY_S = 86_400
STEP_S = 30


class Part(NamedTuple):
    """What a part takes while the screen is on, off with the board resting, in light and in deep sleep."""

    name: str
    on: float
    dark: float
    light: float
    deep: float
    known: str


RP2040 = Part("RP2040 on a board with a linear regulator", 26, 26, 17, 2, "published")
ESP32S3 = Part("Feather with an ESP32-S3, radio off", 32, 32, 2, 0.1, "published")
TDISPLAY = Part("T-Display S3 with its ESP32-S3, radio off", 32, 32, 3, 0.5, "assumed")
NRF52840 = Part("nRF52840 with the CLUE's sensors and flash", 8, 6, 3, 0.7, "assumed")
PICO_W = Part("Badger 2040 W with its RP2040, radio idle", 45, 45, 45, 0.01, "assumed")
OLED = Part("OLED of 128 x 64 with some text", 20, 0.01, 0.01, 0.01, "published")
TFT_CUT = Part("colour display with its light; fed no more in deep sleep", 30, 6, 6, 0, "assumed")
TFT_SLEEPS = Part("colour display with its light; asleep in deep sleep", 30, 6, 6, 0.02, "assumed")
PAPER = Part("e-paper, refreshed every 30 s while it is on", 1, 0, 0, 0, "assumed")
DS3231 = Part("DS3231 fed by the board", 0.11, 0.11, 0.11, 0.11, "published")
PCF = Part("PCF8523, PCF85063A", 0.001, 0.001, 0.001, 0.001, "published")
GAUGE = Part("MAX17048", 0.023, 0.023, 0.023, 0.004, "published")


class Build(NamedTuple):
    """A board with its parts and a battery that is sold for it."""

    board: str
    parts: tuple[Part, ...]
    battery: str
    mah: int


BUILDS = (
    Build("adafruit_feather_rp2040", (RP2040, OLED, DS3231), "lithium, 500 mAh", 500),
    Build("adafruit_feather_esp32s3_reverse_tft", (ESP32S3, TFT_CUT, PCF, GAUGE), "lithium, 500 mAh", 500),
    Build("lilygo_tdisplay_s3", (TDISPLAY, TFT_CUT, DS3231), "lithium, 500 mAh", 500),
    Build("clue_nrf52840_express", (NRF52840, TFT_SLEEPS, DS3231), "three AAA, 1000 mAh", 1000),
    Build("pimoroni_badger2040w", (PICO_W, PAPER, PCF), "two AAA, 1000 mAh", 1000),
)


class Spell(NamedTuple):
    """The seconds that a wake leads to: the start, the screen on, dark at rest, light sleep."""

    start: float
    on: float
    dark: float
    light: float

    @property
    def whole(self) -> float:
        return sum(self)


def spell(board: str) -> Spell:
    """Return how long a board is awake after a press, by its file."""
    loaded = boards.load(board)
    on, until = loaded["display"].get("off_s", 60), loaded["power"]["deep_sleep_s"]
    if loaded["power"].get("light_sleep", False):
        return Spell(BOOT_S, on, 0, until)
    return Spell(BOOT_S, on, until, 0)


def current(build: Build, state: str) -> float:
    """Return mA of all parts in a state: "on", "dark", "light" or "deep"."""
    return sum(float(getattr(part, state)) for part in build.parts)


def press_mah(build: Build) -> float:
    """Return the charge that a press costs, until the board sleeps deeply again."""
    times = spell(build.board)
    awake = (times.start + times.on) * current(build, "on")
    return (awake + times.dark * current(build, "dark") + times.light * current(build, "light")) / 3600


def life_days(build: Build, presses: int) -> float:
    """Return for how many days a full battery lasts."""
    asleep_s = max(0.0, DAY_S - presses * spell(build.board).whole)
    day_mah = presses * press_mah(build) + asleep_s * current(build, "deep") / 3600
    return build.mah * USABLE / day_mah


def sleepless_hours(build: Build) -> float:
    """Return for how many hours it lasts with the screen off and no sleep but `time.sleep`."""
    return build.mah * USABLE / current(build, "dark")


def paper_at_each_step_days(build: Build) -> float:
    """Return for how many days e-paper lasts that shows a new code every 30 s, day and night."""
    wake_mah = (BOOT_S + REFRESH_S) * current(build, "on") / 3600
    day_mah = DAY_S / STEP_S * wake_mah + 24 * current(build, "deep")
    return build.mah * USABLE / day_mah


def days(value: float) -> str:
    """Return days in words that do not promise more than is known."""
    if value < 2:
        return f"{value * 24:.0f} h"
    if value < 60:
        return f"{value:.0f} days"
    return f"{value / 30.4:.0f} months"


def life() -> str:
    head = " | ".join(f"{presses} presses a day" for presses in PRESSES)
    rows = [f"| board | battery | {head} | a press | never asleep, screen off |", "|---" * 7 + "|"]
    for build in BUILDS:
        lives = " | ".join(days(life_days(build, presses)) for presses in PRESSES)
        rest = f"{press_mah(build):.2f} mAh | {sleepless_hours(build):.0f} h"
        rows.append(f"| `{build.board}` | {build.battery} | {lives} | {rest} |")
    return "\n".join(rows)


def awake() -> str:
    rows = ["| board | start | screen on | dark, at rest | light sleep | then |", "|---" * 6 + "|"]
    for build in BUILDS:
        times = spell(build.board)
        latch = "power_latch" in boards.load(build.board)
        cells = " | ".join(f"{value:g} s" if value else "" for value in times)
        rows.append(f"| `{build.board}` | {cells} | {'off' if latch else 'deep sleep'} |")
    return "\n".join(rows)


def currents() -> str:
    rows = ["| part | screen on | screen off | light sleep | deep sleep | how known |", "|---" * 6 + "|"]
    used = {part.name: part for build in BUILDS for part in build.parts}
    for part in used.values():
        figures = " | ".join(f"{value:g}" for value in part[1:5])
        rows.append(f"| {part.name} | {figures} | {part.known} |")
    return "\n".join(rows)


def paper() -> str:
    build = BUILDS[-1]
    often = days(paper_at_each_step_days(build))
    return (
        f"A badge that woke for every time step of {STEP_S} s would last {often} (computed), instead of"
        f" {days(life_days(build, 10))} with ten presses a day."
    )


def written(page: str) -> str:
    """Return `page` with what follows each marker, up to the next empty line, written anew."""
    for marker, text in (("life", life()), ("awake", awake()), ("currents", currents()), ("paper", paper())):
        head, rest = page.split(f"<!-- {marker} -->\n", 1)
        following = rest.find("\n\n", 1)
        page = f"{head}<!-- {marker} -->\n\n{text}{rest[following:]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
