"""A year of one token: a crystal, its temperature, an imperfect thermometer, syncs, and the discipline.

The world counts in whole seconds and ppb s, so that nothing is rounded away; randomness is seeded.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tokenfw.discipline import CHIPS, DAY, OWNER, SEEN, of_chip

from boards.simulator import crystal

START = 1_800_000_000
STEP_S = 900  # between two temperatures
SYNC_DAYS = (0, 3, 93, 183, 273, 363)  # three days after the first, then every 90 days
HOST_MS, READ_MS = 20, 25  # how wrong a host's second, and a look at the chip's, can be
TOLD_QUARTERS = 2  # how wrong the temperature is that somebody tells at the first sync
PULLED_PERCENT = 5  # by how much a step that pulls the crystal is more or less than it should be


class Case(NamedTuple):
    """A chip in a token, and by how much it may be off: most_ppb at 25 degrees, most_ageing in ppb a year.

    The thermometer is wrong by up to `wrong` quarters of a degree and `slope` percent of a change; `told`
    is whether somebody tells the temperature at the first sync.
    """

    driver: str
    most_ppb: int
    most_ageing: int
    wrong: int
    slope: int
    told: bool


CASES = {
    "DS3231": Case("ds3231", 2000, 300, 2, 0, False),
    "PCF8523": Case("pcf8523", 20000, 1000, 32, 3, True),
    "PCF8563": Case("pcf8563", 20000, 1000, 32, 3, True),
    "PCF85063A": Case("pcf85063a", 20000, 1000, 32, 3, True),
    "PCF8563, not told": Case("pcf8563", 20000, 1000, 32, 3, False),
}


def temperature(second: int, phase: int) -> int:
    """Return degrees Celsius times 4 at a second of the year: 5 to 35 degrees, by season and hour."""
    season = math.cos(2 * math.pi * (second / DAY - phase) / 365)
    hour = math.cos(2 * math.pi * second / DAY)
    return round(4 * (20 + 8 * season + 7 * hour))


@dataclass(frozen=True)
class Day:
    """One evening: the token's UTC less the true one, what it says of that, and what it has learned."""

    day: float
    error_ms: int
    bound_ms: int
    rate: int
    trim: int
    synced: bool  # whether a sync follows at once


class Year:
    """The days of one token's year, given by the name of a case and `seed` alone."""

    def __init__(self, name: str, seed: int, sync_days: tuple[int, ...] = SYNC_DAYS) -> None:
        self._case = case = CASES[name]
        self._random = random.Random(f"{name} {seed}")
        kind, self._register, _own = CHIPS[case.driver]
        self._curve = crystal.KIND[kind]
        self._ppb = self._random.randint(-case.most_ppb, case.most_ppb)
        self._ageing = self._random.randint(-case.most_ageing, case.most_ageing)
        self._wrong = self._random.randint(-case.wrong, case.wrong)
        self._slope = self._random.randint(-case.slope, case.slope)
        self._step_ppb = self._step()
        self._phase = self._random.randrange(365)
        self._fast = 0  # ppb s since the chip was set
        self._zero_ms = 0  # the chip less the world when it was set
        self._trim = 0
        self._sync_days = sync_days
        self.discipline = of_chip(case.driver)

    def _step(self) -> int:
        if self._register is None:
            return 0
        # A step that pulls the crystal is about so much; one that leaves cycles out is exact.
        about = PULLED_PERCENT if self._register.doubt > 1 else 0
        return self._register.step * self._random.randint(100 - about, 100 + about) // 100

    def days(self) -> Iterator[Day]:
        """Yield the day's end of each day, and before each sync, of the year after the second sync."""
        for step in range(self._sync_days[-1] * DAY // STEP_S + 1):
            second = step * STEP_S
            day, rest = divmod(second, DAY)
            warm = temperature(second, self._phase)
            if not rest:
                due = day in self._sync_days
                if second:
                    yield self._day(second, due)
                if due:
                    self._sync(second, warm)
            self._fast += STEP_S * (
                self._ppb
                + self._curve(warm)
                + crystal.aged(self._ageing, second * 1_000_000_000)
                - self._trim * self._step_ppb
            )
            if self.discipline.needs_temperature:
                after = second + STEP_S
                self.discipline.feel(self._chip_ms(after) // 1000, self._shown(warm))

    def _shown(self, warm: int) -> int:
        """Return what the thermometer shows."""
        return warm + self._wrong + (warm - crystal.ROOM) * self._slope // 100

    def _chip_ms(self, second: int) -> int:
        return (START + second) * 1000 + self._zero_ms + self._fast // 1_000_000

    def _day(self, second: int, due: bool) -> Day:
        chip_ms = self._chip_ms(second)
        bound, state = self.discipline.bound_ms(chip_ms), self.discipline.state
        assert bound is not None and state is not None
        error = self.discipline.utc_ms(chip_ms) - (START + second) * 1000
        return Day(second / DAY, error, bound, state.rate, state.trim, due)

    def _sync(self, second: int, warm: int) -> None:
        wrong = self._random.randint(-HOST_MS, HOST_MS)
        read = self._random.randint(-READ_MS, READ_MS)
        late = self._random.randint(0, 10)
        error = None
        if second:
            error = self._day(second, True).error_ms - wrong + read
        utc = START + second
        self._zero_ms, self._fast = wrong - late, 0
        by = OWNER if second else SEEN  # the first time somebody has just paired it
        self.discipline.sync(utc, late, HOST_MS, error, READ_MS, self._trim, by)
        # An honest desk never comes near the 30 s after which a press is asked for.
        assert self.discipline.state is not None and self.discipline.state.spent <= HOST_MS + READ_MS
        if self._case.told and not second:
            told = warm + self._random.randint(-TOLD_QUARTERS, TOLD_QUARTERS)
            self.discipline.calibrate(self._shown(warm), told)
        self._trim = self.discipline.wanted_trim()
        self.discipline.trimmed(self._trim)
        # What the vault keeps is all that is needed to go on.
        kept = of_chip(self._case.driver, None, self.discipline.record())
        assert kept.record() == self.discipline.record()
