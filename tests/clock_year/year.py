"""A year of one token: a crystal, its temperature, an imperfect thermometer, syncs, and the discipline.

The world counts in whole seconds and ppb s, so that nothing is rounded away; randomness is seeded.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from tokenfw.discipline import CHIPS, DAY, of_chip

from boards.simulator import crystal

START = 1_800_000_000
STEP_S = 900  # between two temperatures
SYNC_DAYS = (0, 3, 93, 183, 273, 363)  # three days after the first, then every 90 days
HOST_MS, READ_MS = 20, 25  # how wrong a host's second, and a look at the chip's, can be

# driver: ppb at 25 degrees, ppb of ageing a year, quarters of a degree that the thermometer is wrong, up to
SPREADS = {
    "ds3231": (2000, 300, 2),
    "pcf8523": (20000, 1000, 4),
    "pcf8563": (20000, 1000, 4),
    "pcf85063a": (20000, 1000, 4),
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
    """The days of one token's year, given by `driver` and `seed` alone."""

    def __init__(self, driver: str, seed: int, sync_days: tuple[int, ...] = SYNC_DAYS) -> None:
        self._driver = driver
        self._random = random.Random(f"{driver} {seed}")
        most_ppb, most_ageing, most_wrong = SPREADS[driver]
        kind, self._steps = CHIPS[driver]
        self._curve = crystal.KIND[kind]
        self._ppb = self._random.randint(-most_ppb, most_ppb)
        self._ageing = self._random.randint(-most_ageing, most_ageing)
        self._wrong = self._random.randint(-most_wrong, most_wrong)
        # A chip that pulls its crystal does it more or less; one that leaves out cycles does it exactly.
        about = 5 if self._steps and self._steps.doubt > 1 else 0
        self._step_ppb = (
            self._steps.step * self._random.randint(100 - about, 100 + about) // 100 if self._steps else 0
        )
        self._phase = self._random.randrange(365)
        self._fast = 0  # ppb s since the chip was set
        self._zero_ms = 0  # the chip less the world when it was set
        self._trim = 0
        self._sync_days = sync_days
        self.discipline = of_chip(driver)

    def days(self) -> Iterator[Day]:
        """Yield the day's end of each day, and before each sync, of the year after the second sync."""
        for step in range(self._sync_days[-1] * DAY // STEP_S + 1):
            second = step * STEP_S
            day, rest = divmod(second, DAY)
            if not rest:
                due = day in self._sync_days
                if second:
                    yield self._day(second, due)
                if due:
                    self._sync(second)
            warm = temperature(second, self._phase)
            self._fast += STEP_S * (
                self._ppb
                + self._curve(warm)
                + crystal.aged(self._ageing, second * 1_000_000_000)
                - self._trim * self._step_ppb
            )
            if self.discipline.needs_temperature:
                after = second + STEP_S
                self.discipline.feel(self._chip_ms(after) // 1000, warm + self._wrong)

    def _chip_ms(self, second: int) -> int:
        return (START + second) * 1000 + self._zero_ms + self._fast // 1_000_000

    def _day(self, second: int, due: bool) -> Day:
        chip_ms = self._chip_ms(second)
        bound, state = self.discipline.bound_ms(chip_ms), self.discipline.state
        assert bound is not None and state is not None
        error = self.discipline.utc_ms(chip_ms) - (START + second) * 1000
        return Day(second / DAY, error, bound, state.rate, state.trim, due)

    def _sync(self, second: int) -> None:
        wrong = self._random.randint(-HOST_MS, HOST_MS)
        read = self._random.randint(-READ_MS, READ_MS)
        late = self._random.randint(0, 10)
        error = None
        if second:
            error = self._day(second, True).error_ms - wrong + read
        utc = START + second
        self._zero_ms, self._fast = wrong - late, 0
        self.discipline.sync(utc, late, HOST_MS, error, READ_MS, self._trim)
        self._trim = self.discipline.wanted_trim()
        self.discipline.trimmed(self._trim)
        # What the vault keeps is all that is needed to go on.
        kept = of_chip(self._driver, None, self.discipline.record())
        assert kept.state == self.discipline.state
