"""What temperature and age do to a crystal: how much too fast it runs, in ppb.

`temperature` is degrees Celsius times 4, as the DS3231's thermometer has it; `ppb` is the error at 25
degrees, `ageing` what a year adds.
"""

from collections.abc import Callable

KINDS = ("compensated", "plain")
ROOM = 100  # 25 degrees
RESIDUAL_PPB = 150  # what compensation leaves 20 degrees away from there
_CURVE_PPB = -34  # a square degree; turned over at 25 degrees, as watch crystals are
_YEAR_NS = 365 * 86400 * 1_000_000_000


def compensated(temperature: int) -> int:
    """Return the error that a DS3231's compensation leaves, well within its data's 2 ppm."""
    away = temperature - ROOM
    return round(RESIDUAL_PPB * away**3 / 80**3)


def plain(temperature: int) -> int:
    """Return the error of a 32.768 kHz tuning fork: a parabola."""
    away = temperature - ROOM
    return round(_CURVE_PPB * away * away / 16)


KIND: dict[str, Callable[[int], int]] = {"compensated": compensated, "plain": plain}


def aged(ageing: int, ns: int) -> int:
    """Return what `ns` of the world's time have added to a crystal that ages by `ageing` ppb a year."""
    return ageing * ns // _YEAR_NS
