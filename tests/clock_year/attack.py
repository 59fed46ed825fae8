"""How far a sync-only key whose host lies can move a clock: python -m tests.clock_year.attack

It makes the largest step that `timekeeping` lets it, again and again, on a chip that is itself right.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from tokencore.errors import NotOwner
from tokenfw import timekeeping, turning
from tokenfw.discipline import DAY, OWNER, SEEN, SYNC_ONLY, of_chip
from tokenfw.question import Pending

START = 1_800_000_000
DESK_MS, READ_MS = 25, 25  # what an honest sync leaves open
NAMES = {"ds3231": "DS3231", "pcf8523": "PCF8523, PCF8563, PCF85063A"}
_STEPS = (2000, 1000, 500, 200, 60)  # ms
_TRY_S = 3 * turning.PAUSE_S  # More often is of no use: 2 s in three hours are 185 ppm.


class Victim:
    """What `timekeeping` asks of a token, of which nothing matters here but its clock's discipline."""

    def __init__(self, driver: str, taught: bool) -> None:
        self.discipline = of_chip(driver)
        self.utc = START
        for days in (0, 3, 90) if taught else (0,):
            self.utc += days * DAY
            by = OWNER if days else SEEN
            self.discipline.sync(self.utc, 0, DESK_MS, 0 if days else None, READ_MS, 0, by)
        self.moved_ms = 0
        self.state = "ok"
        self.clock = self
        self.vault = SimpleNamespace(locked=True)
        self.role = SYNC_ONLY

    def utc_ms(self, _tick: int) -> int:
        return self.utc * 1000

    def room_ms(self, _tick: int) -> int:
        return self.discipline.room_ms(self.utc)

    def noise_ms(self, _tick: int) -> int:
        return READ_MS

    def try_step(self, step_ms: int) -> bool:
        """Make a step, with as much doubt as can help; return whether it was let."""
        values = {"utc": self.utc, "at": 0, "uncertainty": min(500, step_ms - 1)}
        app: Any = self
        app.utc_ms = lambda _tick: self.utc * 1000 - step_ms
        try:
            outcome = timekeeping.set_time(app, values, 0)
        except NotOwner:
            return False
        finally:
            del app.utc_ms
        assert isinstance(outcome, Pending) and outcome.question is None
        self.discipline.sync(self.utc, 0, values["uncertainty"], -step_ms, READ_MS, 0, SYNC_ONLY)
        self.moved_ms += step_ms
        return True


def worst(driver: str, taught: bool) -> Iterator[float]:
    """Yield by how many seconds the clock has been moved after a day and after a year."""
    victim = Victim(driver, taught)
    start = victim.utc
    for days in (1, 365):
        while victim.utc - start < days * DAY:
            victim.utc += _TRY_S
            any(victim.try_step(step_ms) for step_ms in _STEPS)
        yield victim.moved_ms / 1000


def lines() -> Iterator[str]:
    """Yield the rows of the table in docs/clock.md."""
    for driver, name in NAMES.items():
        for taught, how in ((False, "new"), (True, "taught")):
            day, year = worst(driver, taught)
            yield f"| {name} | {how} | {day:.1f} s | {year:.0f} s |"


if __name__ == "__main__":
    print("\n".join(lines()))
