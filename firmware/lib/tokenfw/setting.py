"""What a clock chip that is set needs besides its new time. Loaded when that happens."""

from .clock import DAYS, days_before, leap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .clock import Civil, Rtc
    from .discipline import Discipline


def learn(
    discipline: "Discipline",
    rtc: "Rtc",
    utc: int,
    late_ms: int,
    doubt_ms: int,
    error: "int | None",
    noise: int,
    by: str,
) -> bool:
    """Have `discipline` learn from the chip's new time (see `Discipline.sync`), and trim the chip by that.

    Return whether what is in its register is known.
    """
    known, trim = True, None
    try:
        trim = rtc.trim()
    except OSError:
        known = False  # The time is set; the register is read when the chip answers again.
    state = discipline.state
    recorded = state.trim if state else 0
    discipline.sync(utc, late_ms, doubt_ms, error, noise, recorded if trim is None else trim, by)
    wanted = discipline.wanted_trim()
    if trim is None or wanted == trim:
        return known
    try:
        rtc.set_trim(wanted)
        held = rtc.trim()
        if held is not None:
            discipline.trimmed(held, True)
    except OSError:
        return False
    return known


def calibrate(discipline: "Discipline", rtc: "Rtc", quarters: int) -> None:
    """Tell `discipline` that it is `quarters` (degrees Celsius times 4) where the chip is."""
    try:
        measured = rtc.temperature()
    except OSError:
        return  # As if nobody had read a thermometer.
    if measured is not None:
        discipline.calibrate(measured, quarters)


def civil(utc: int) -> "Civil":
    """Return UTC seconds as (year, month, day, hour, minute, second, weekday from Monday = 0)."""
    days, second = divmod(utc, 86400)
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    year = 1970 + days // 366
    while days_before(year + 1) <= days:
        year += 1
    day = days - days_before(year)
    month = 1
    while day >= DAYS[month - 1] + (month == 2 and leap(year)):
        day -= DAYS[month - 1] + (month == 2 and leap(year))
        month += 1
    return year, month, day + 1, second // 3600, second // 60 % 60, second % 60, weekday
