"""How full a lithium cell is, by its voltage: the curve of a cell that is discharged slowly in a room."""

# (mV of a cell, percent), ascending; between them it is a straight line
_CURVE = (
    (3000, 0),
    (3450, 5),
    (3680, 10),
    (3740, 20),
    (3770, 30),
    (3790, 40),
    (3820, 50),
    (3870, 60),
    (3920, 70),
    (3980, 80),
    (4060, 90),
    (4200, 100),
)
_SCALE = 100  # parts of a percent, while whole numbers are divided


def percent(mv: int, empty_mv: int, full_mv: int) -> int:
    """Return 0 to 100: what of the charge between `empty_mv` and `full_mv` there is at `mv`.

    `empty_mv` is where the board stops, `full_mv` what the cell has when its charger stops: both lie on
    the curve, `full_mv` above.
    """
    low, high = _charge(empty_mv), _charge(full_mv)
    return max(0, min(100, (100 * (_charge(mv) - low) + (high - low) // 2) // (high - low)))


def _charge(mv: int) -> int:
    """Return the hundredths of a percent of a whole cell's charge at `mv`."""
    before = _CURVE[0]
    for point in _CURVE:
        if mv <= point[0]:
            width = point[0] - before[0]
            if not width:
                return point[1] * _SCALE
            return _SCALE * before[1] + _SCALE * (point[1] - before[1]) * (mv - before[0]) // width
        before = point
    return before[1] * _SCALE
