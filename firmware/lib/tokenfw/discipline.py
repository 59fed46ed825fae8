"""What the clock chip's error is: learned from synchronisations (`learning`), corrected, and bounded.

The chip's own count is never changed between two syncs; UTC is that count plus a correction. A crystal's
rate is kept as an interval, `rate` ± `spread`, that the true rate cannot leave by the crystal's data; a
sync narrows it to what the measured error allows. So the bound is a bound, not a guess (docs/clock.md).
Whole numbers only: rates in ppb (1e-9), times in s and ms.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# What is known of a kind of crystal before anything is learned, all in ppb:
# initial  by how much one may be off, its age included
# wander   by how much its mean over some days may leave its long-run rate (temperature, thermometer)
# ageing   by how much its rate may change in a year
# limit    beyond it a sync contradicts the chip: somebody has set another time
# curve    per square degree from 25 degrees Celsius; 0 where the chip compensates it itself
Crystal = namedtuple("Crystal", ("initial", "wander", "ageing", "limit", "curve"))

CRYSTALS = {
    # DS3231, 19-5170 rev 10: 2 ppm from 0 to 40 degrees, 5 ppm of ageing in ten years, 1 ppm in the first.
    "compensated": Crystal(7000, 250, 1000, 50000, 0),
    # A watch crystal: 20 ppm at 25 degrees, -0.034 ppm a square degree, 3 ppm in the first year.
    "plain": Crystal(30000, 1500, 3000, 150000, -34),
}

# What a step in a chip's register does:
# step    ppb by which it makes the chip slower, give or take `doubt`
# low     the least number of steps, and `high` the greatest
# ripple  us by which a step makes the chip's seconds uneven, where it works on some of them only
Trim = namedtuple("Trim", ("step", "doubt", "low", "high", "ripple"))

# driver: the crystal that the chip is sold with; its trim, None where it has none; and whether the
# temperature comes from the chip itself: the board's may be wrong by many degrees until it is told better
CHIPS = {
    "ds3231": ("compensated", Trim(100, 10, -128, 127, 0), True),  # "about 0.1 ppm"
    # Both with their faster mode: 1/4096 s a minute, 1/1024 s every four minutes.
    "pcf8523": ("plain", Trim(4069, 1, -64, 63, 245), False),
    "pcf85063a": ("plain", Trim(4069, 1, -64, 63, 977), False),
    "pcf8563": ("plain", None, False),
}

# synced  UTC s of the last sync         late   ms by which the chip was behind right after it
# doubt   ms: what that sync left open   rate   ppb by which the chip is too fast with its trim
# spread  ppb: the true rate is within   trim   steps in the chip's register
# since   UTC s of the sync that the next lesson is measured from; the ms that syncs have moved the
#         clock by since then are `slip`, and what those left open is `noise`
# room    ms by which the crystal can have gone wrong between the owner's last sync and the last of all,
#         and `moved`: by how many ms sync-only keys have moved the clock between them
# spent   ms that the owner has moved the clock without a press by more than the crystal explains
State = namedtuple(
    "State",
    ("synced", "late", "doubt", "rate", "spread", "trim", "since", "slip", "noise", "room", "moved", "spent"),
)
FIELDS = 12
_OLD_FIELDS = 9  # of records without the last three

# Who has set the clock: somebody who saw it (or before there was anything to protect), the owner's key
# without a press, or a sync-only key.
SEEN, OWNER, SYNC_ONLY = "seen", "owner", "clock"

DAY = 86400  # s
_YEAR = 365 * DAY
_BAD_TRIM = 200  # ppb; less is left to software
_SPAN2 = 400  # square degrees: 5 to 45 degrees Celsius where nothing measures the temperature
_GAP_S = 900  # s between two temperatures; over a longer gap nobody knows what it was


class Discipline:
    """The correction of one chip. `record` is what `record` gave when the last sync was stored, or empty.

    `trim` is what the chip's register does, None where it has none; `thermometer` is whether the
    temperatures are true to a degree as they come. Others are of use once `calibrate` was called.
    """

    def __init__(
        self,
        crystal: Crystal,
        record: "Sequence[int]" = (),
        trim: "Trim | None" = CHIPS["ds3231"][1],
        thermometer: bool = True,
    ) -> None:
        self.crystal = crystal
        self.register = trim
        if len(record) in (_OLD_FIELDS, _OLD_FIELDS + 1):
            record = list(record[:_OLD_FIELDS]) + [0, 0, 0] + list(record[_OLD_FIELDS:])
        known = len(record) in (FIELDS, FIELDS + 1)
        self.state: State | None = State(*record[:FIELDS]) if known else None
        self._warm: int | None = 0 if thermometer else None  # by how much the thermometer shows too much
        if len(record) > FIELDS and known and not thermometer:
            self._warm = record[FIELDS]
        self._stores_warm = not thermometer
        self._measured = 0  # s since the sync for which the temperature is known
        self._heat = 0  # ppb s that the temperature has made in them
        self._felt = -1  # the chip's time of the last temperature

    def record(self) -> "list[int]":
        """Return the state as whole numbers for the vault: they change with syncs only."""
        if not self.state:
            return []
        return list(self.state) + ([self._warm] if self._stores_warm and self._warm is not None else [])

    def utc_ms(self, chip_ms: int) -> int:
        """Return UTC in ms when the chip's count is `chip_ms` (ms since 1970)."""
        state = self.state
        if state is None or chip_ms < state.synced * 1000:
            return chip_ms
        elapsed_ms = chip_ms - state.synced * 1000
        fast = state.rate * elapsed_ms + self._thermal(elapsed_ms // 1000) * 1000
        return int(chip_ms + state.late - (fast + 500000000) // 1000000000)

    def bound_ms(self, chip_ms: int) -> "int | None":
        """Return the ms that `utc_ms` may be off by, or None before any sync is known."""
        if self.state is None:
            return None
        return int(self.state.doubt + self._grown_ms(chip_ms // 1000))

    def room_ms(self, chip_s: int) -> int:
        """Return by how many ms the crystal can have gone wrong since the owner's last sync."""
        return int(self.state.room + self._grown_ms(chip_s)) if self.state else 0

    def _grown_ms(self, chip_s: int) -> int:
        elapsed = max(0, chip_s - self.state.synced) if self.state else 0
        return int((elapsed * self.growth(chip_s) + self.thermal_doubt(elapsed)) // 1000000 + 1)

    def growth(self, chip_s: int) -> int:
        """Return how fast the bound grows, in ppb: 11.6 ppm are a second a day."""
        if self.state is None:
            return int(self.crystal.initial)
        state = self.state
        # Over a span the mean rate leaves that at its beginning by half of what ageing does in it.
        old = self.aged(state.synced - state.since) + self.aged(chip_s - state.synced) // 2
        return int(state.spread + self.crystal.wander + old)

    def feel(self, chip_s: int, quarters: int) -> None:
        """Take a temperature (degrees Celsius times 4), measured now, at the chip's second `chip_s`."""
        if self._warm is None:
            return
        quarters -= self._warm
        passed = chip_s - self._felt
        if self.state and 0 < passed <= _GAP_S and self._felt >= self.state.synced:
            self._measured += passed
            self._heat += self.crystal.curve * (quarters - 100) * (quarters - 100) * passed // 16
        self._felt = chip_s

    @property
    def ripple_ms(self) -> int:
        """By how many ms the chip's seconds are uneven with the steps in its register."""
        if self.state is None or self.register is None:
            return 0
        return int((abs(self.state.trim) * self.register.ripple + 999) // 1000)

    def calibrate(self, measured: int, quarters: int) -> None:
        """The board's thermometer shows `measured` where it is `quarters` (degrees Celsius times 4).

        It comes with a sync, after it: what the thermometer has shown since the last one is forgotten.
        """
        if self._stores_warm:
            self._warm = measured - quarters

    @property
    def takes_temperature(self) -> bool:
        """Whether `calibrate` does anything."""
        return self._stores_warm

    @property
    def needs_temperature(self) -> bool:
        """Whether the temperature tells anything about this crystal."""
        return bool(self.crystal.curve) and self._warm is not None

    def sync(
        self,
        utc: int,
        late_ms: int,
        doubt_ms: int,
        error_ms: "int | None",
        noise_ms: int,
        trim: int,
        by: str = SEEN,
    ) -> None:
        """The chip has been set: see `learning.sync`."""
        from .learning import sync  # Takes memory, and is seldom needed.

        self.state = sync(self, utc, late_ms, doubt_ms, error_ms, noise_ms, trim, by)
        self._measured, self._heat, self._felt = 0, 0, -1

    def wanted_trim(self) -> int:
        """Return the steps to be in the chip's register for the least that software has to correct."""
        if self.state is None or self.register is None:
            return 0
        steps = (self.state.rate + self.register.step // 2) // self.register.step
        if abs(steps) * self.register.step < _BAD_TRIM:
            steps = 0
        return int(max(self.register.low, min(self.register.high, self.state.trim + steps)))

    def trimmed(self, trim: int, known_since: bool = True) -> None:
        """The chip's register holds `trim` steps: since the sync, or nobody knows since when."""
        if self.state is None or self.register is None or trim == self.state.trim:
            return
        from .learning import trimmed

        self.state = trimmed(self, trim, known_since)

    def aged(self, seconds: int) -> int:
        """Return by how many ppb the rate may have changed in so many seconds."""
        return int(self.crystal.ageing * max(0, seconds) // _YEAR)

    def _thermal(self, elapsed: int) -> int:
        """Return the ppb s of the temperature: as measured, and in the middle of what it may have been."""
        return int(self._heat + self.crystal.curve * _SPAN2 // 2 * max(0, elapsed - self._measured))

    def thermal_doubt(self, elapsed: int) -> int:
        """Return the ppb s by which the temperature may have made otherwise in `elapsed` seconds."""
        return int(-self.crystal.curve * _SPAN2 // 2 * max(0, elapsed - self._measured))


def of_chip(driver: str, crystal: "str | None" = None, record: "Sequence[int]" = ()) -> Discipline:
    """Return the correction of a chip, with another crystal than it is sold with where one is named.

    Raises KeyError for an unknown driver or crystal.
    """
    sold, trim, thermometer = CHIPS[driver]
    return Discipline(CRYSTALS[crystal or sold], record, trim, thermometer)
