"""How times, spans and offsets are written on the pages."""

from datetime import UTC, datetime

_SPANS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))
_MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def minute(utc: int) -> str:
    """Return UTC seconds as a date and a time to the minute."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%d %H:%M")


def second(utc: int) -> str:
    """Return UTC seconds as a date and a time to the second."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%d %H:%M:%S")


def day(utc: int) -> str:
    """Return the date of UTC seconds."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%d")


def clock(utc: int) -> str:
    """Return the time of day of UTC seconds, to the minute."""
    return datetime.fromtimestamp(utc, UTC).strftime("%H:%M")


def iso(utc: int) -> str:
    """Return UTC seconds as HTML's <time> wants them."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: int) -> str:
    """Return a length of time in its largest unit, rounded down."""
    for length, name in _SPANS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} s"


def ago(utc: int, now: int) -> str:
    """Return how long ago, or in how long, an instant is."""
    away = now - utc
    if abs(away) < 60:
        return "just now" if away >= 0 else "in a moment"
    return f"{span(away)} ago" if away > 0 else f"in {span(-away)}"


def signed(value: float, digits: int = 0) -> str:
    """Return a number with its sign."""
    said = f"{abs(value):,.{digits}f}"
    if not said.strip("0.,"):
        return said
    return f"{'+' if value > 0 else _MINUS}{said}"


def seconds(value: float) -> str:
    """Return an offset in whole seconds, with its sign."""
    return f"{signed(value)} s"


def sure(spread: float) -> str:
    """Return a standard deviation in seconds as the bound that holds 19 times of 20."""
    return f"{max(1, round(2 * spread)):,} s"


def count(number: float, name: str) -> str:
    """Return how many there are of what `name` is one of."""
    said = f"{number:,.0f}" if number == int(number) else f"{number:,.1f}"
    return f"{said} {name}{'' if said == '1' else 's'}"


def odds(chance: float) -> str:
    """Return a small chance as so many in a million."""
    return f"{chance * 1e6:,.1f} in a million"
