"""How a store wears: python -m tests.firmware.wear [OPERATIONS] (100,000 unless told, some minutes).

Mixed operations on a vault, and HOTP steps alone on one that is full, the worst ten years there can be.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import NamedTuple

from tokenfw.pages import MARGIN, PAGE

from tests.firmware.media import SECTOR
from tests.firmware.vaults import PIN, Flash, account, opened, set_pin, unlock

DAYS, A_DAY = 3652, 100
ENDURANCE = 100_000  # erases of a sector that flash chips are made for


class Wear(NamedTuple):
    """Erases of the least and most worn sector, of those that the log alone has, and by operation."""

    least: int
    most: int
    operations: int
    capacity: int

    @property
    def ten_years(self) -> int:
        """Erases of the most worn sector after ten years of 100 operations a day."""
        return self.most * DAYS * A_DAY // self.operations

    def __str__(self) -> str:
        years = ENDURANCE * self.operations / (self.most * 365.25 * A_DAY)
        return (
            f"{self.operations} operations, {self.capacity} places: {self.least} to {self.most} erases each"
            f" ({self.most / self.least:.2f}); ten years of {A_DAY} a day: {self.ten_years} of {ENDURANCE},"
            f" worn out after {years:.0f} years"
        )


def mixed(operations: int, capacity: int = 100, phase: int = 3) -> Wear:
    """Do everything that a token does, on accounts that come and go; the store begins inside a sector."""
    chance = random.Random(operations)
    flash = Flash()
    flash.medium.phase = phase * PAGE
    vault = flash.start(capacity)
    for number in range(capacity // 2):
        vault.add(account(str(number)))
    set_pin(vault)
    names = iter(range(capacity, 10**9))

    def some() -> int:
        return chance.randrange(len(vault)) if chance.random() < 0.5 else 0  # one is used more than others

    def come_or_go() -> None:
        if len(vault) < capacity and chance.random() < 0.5:
            vault.add(account(str(next(names))))
        elif len(vault) > 2:
            vault.remove(some())

    acts: list[tuple[int, Callable[[], object]]] = [
        (60, lambda: vault.take_counter(some())),
        (8, lambda: vault.set_clock_floor(1_800_000_000 + next(names), (1, 2, 3))),
        (8, come_or_go),
        (6, lambda: vault.rename(some(), "", str(next(names)))),
        (6, lambda: vault.move(some(), some())),
        (4, lambda: vault.set_typing(some(), chance.choice(("off", "code", "enter")))),
        (3, lambda: vault.set_settings(language=chance.choice(("de", "es")))),
        (5, lambda: (vault.lock(), unlock(vault, b"0000"), unlock(vault, PIN))),
    ]
    weights = [weight for weight, _ in acts]
    flash.medium.erases.clear()
    for number in range(operations):
        chance.choices(acts, weights)[0][1]()
        if number % 1000 == 999:
            vault = opened(flash)
    return _wear(flash, operations, capacity)


def counting(operations: int, capacity: int = 100, phase: int = 3) -> Wear:
    """Take codes of the one counter-based account of a full vault."""
    flash = Flash()
    flash.medium.phase = phase * PAGE
    vault = flash.start(capacity)
    for number in range(capacity):
        vault.add(account(str(number)))
    flash.medium.erases.clear()
    for _ in range(operations):
        vault.take_counter(capacity // 2)
    return _wear(flash, operations, capacity)


def _wear(flash: Flash, operations: int, capacity: int) -> Wear:
    """Count by sector; those at both ends that other files share are worn less, and are left out."""
    first = -(-(flash.medium.phase + MARGIN * PAGE) // SECTOR)
    end = (flash.medium.phase + flash.medium.size() - MARGIN * PAGE) // SECTOR
    erases = [flash.medium.erases.get(sector, 0) for sector in range(first, end)]
    assert not set(flash.medium.erases) - set(range(first - 1, end + 1))
    return Wear(min(erases), max(erases), operations, capacity)


def main(operations: int) -> None:
    for capacity in (100, 7, 150):
        print(f"mixed: {mixed(operations, capacity)}", flush=True)
        print(f"HOTP:  {counting(operations, capacity)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
