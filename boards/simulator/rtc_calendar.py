"""The calendar of a clock chip: seconds since 2000-01-01 and the digits that the chip makes of them.

Every fourth year is a leap year to the chip, 2100 too. The year counts to 199, the hundred being the
century bit of the chips that have one; after it comes the year 0.
"""

DAY = 86400
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FOUR_YEARS = 4 * 365 + 1
_CYCLE = 50 * _FOUR_YEARS  # days of the chip's 200 years

Digits = tuple[int, int, int, int, int, int]  # year 0 to 199, month, date, hour, minute, second


def _length(year: int, month: int) -> int:
    return _MONTHS[month - 1] + (month == 2 and year % 4 == 0)


def seconds(digits: Digits) -> int | None:
    """Return the seconds since 2000 of a time, or None where the chip cannot reach it by counting."""
    year, month, date, hour, minute, second = digits
    if not (0 <= year < 200 and 1 <= month <= 12 and 1 <= date <= _length(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    days = year * 365 + (year + 3) // 4 + sum(_length(year, m) for m in range(1, month)) + date - 1
    return days * DAY + hour * 3600 + minute * 60 + second


def digits(time: int) -> Digits:
    """Return the time that the chip shows at `time` seconds since 2000."""
    days, rest = divmod(time, DAY)
    fours, days = divmod(days % _CYCLE, _FOUR_YEARS)
    years = 0 if days < 366 else (days - 1) // 365  # the first of four is the leap year
    year = 4 * fours + years
    days -= years * 365 + (years > 0)
    month = 1
    while days >= _length(year, month):
        days -= _length(year, month)
        month += 1
    return year, month, days + 1, rest // 3600, rest // 60 % 60, rest % 60
