"""One token's clock over its life, for its page: the plot, the same as a table, and a sentence."""

from typing import Any

from ... import fleet
from ...core import Status
from ...policy import Policy
from ...records import Token
from ...store import Store
from . import plots, texts
from .plots import ClockPoint

_ROWS = 100  # of the table, the latest
_NOT_SEEN = "No code of it was seen yet, so nothing is known of its clock but the server's time."


def of_token(store: Store, token: Token, policy: Policy, utc: int) -> dict[str, Any]:
    """Return the title, the text and, where something is known, the plot and its rows."""
    if token.kind == "hotp":
        text = "It counts: each press shows the next code, and there is no clock to follow."
        return {"title": "Its counter", "text": text, "plot": None, "rows": []}
    title = "Its clock over its life"
    drift = token.state.drift
    if drift is None:
        return {"title": title, "text": _NOT_SEEN, "plot": None, "rows": []}
    window = fleet.now(token, policy, utc)
    offset, _ = drift.standing(utc)
    points = [
        ClockPoint(
            moment.at,
            moment.offset,
            moment.window_low,
            moment.window_high,
            (moment.shown_low + moment.shown_high) / 2,
        )
        for moment in fleet.history(store, token, policy)
    ]
    rows = [
        {
            "at": point.at,
            "seen": texts.seconds(point.seen or 0.0),
            "offset": texts.seconds(point.offset),
            "window": _between(point.low, point.high),
        }
        for point in reversed(points[-_ROWS:])
    ]
    points.append(ClockPoint(utc, offset, window.low, window.high))
    text = (
        f"Its clock is believed to be {_ahead(offset)}, {_rate(drift.rate)}, sure to "
        f"{texts.sure(drift.spread(utc))}. "
    )
    if token.state.status in (Status.NEW, Status.ACTIVE):
        text += (
            f"Now {texts.count(window.codes, 'code')} would be accepted, of clocks "
            f"{_between(window.low, window.high)} off: a guess is right with a chance of "
            f"{texts.odds(window.odds)}."
        )
    else:
        text += f"No code of it is accepted while it is {token.state.status}."
    plot = None
    if len(points) > 2 and points[0].at < utc:
        label = (
            f"Plot of its clock's offset from {texts.day(points[0].at)} to {texts.day(utc)}, of "
            f"{len(rows)} accepted codes and the window around it. {text}"
        )
        plot = plots.clock(points, label)
    return {"title": title, "text": text, "plot": plot, "rows": rows}


def _ahead(offset: float) -> str:
    said = round(abs(offset))
    if not said:
        return "in step with the server's"
    return f"{said:,} s {'ahead of' if offset > 0 else 'behind'} the server's"


def _rate(rate: float) -> str:
    a_day = abs(rate) * 86_400
    if a_day < 0.005:
        return "steady"
    return f"{'gaining' if rate > 0 else 'losing'} {a_day:.2f} s a day ({abs(rate) * 1e6:.1f} ppm)"


def _between(low: float, high: float) -> str:
    return f"{texts.seconds(low)} to {texts.seconds(high)}"
