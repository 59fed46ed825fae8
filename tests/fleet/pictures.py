"""Draws docs/fleet/*.svg: `python -m tests.fleet.pictures`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from host_verify.core import Reason
from host_verify.policy import Policy
from host_verify.windows import accepted_offsets
from tests.fleet.simulation import Core
from tests.fleet.world import DAY, PERIOD, START, Life

FOLDER = Path(__file__).parents[2] / "docs/fleet"
_YEARS = 5
_TOKENS = 40  # whose clocks are drawn
_SHOWN = "picture 2"  # whose window is drawn, from one day to another
_FIRST, _LAST = 250, 650
_POLICY = Policy()
_LINE, _BAND, _TRUE = "#1f5fa8", "#bcd4ee", "#c0392b"


def main() -> None:
    """Draw all."""
    # The same input gives the same bytes.
    mpl.rcParams.update({"svg.hashsalt": "fleet", "svg.fonttype": "none", "font.size": 9})
    FOLDER.mkdir(exist_ok=True)
    with _plot("clocks", "years", "s ahead of UTC") as axes:
        _clocks(axes)
    with _plot("window", "days", "s ahead of UTC, less the mean drift") as axes:
        _window(axes)
    with _plot("silence", "days since the last code", "codes that are right") as axes:
        _silence(axes)


@contextmanager
def _plot(name: str, across: str, up: str) -> Iterator[Axes]:
    """Give the axes of one plot, and write it to its file afterwards."""
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(color="#ddd", linewidth=0.6)
    axes.set_axisbelow(True)
    yield axes
    figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None, "Creator": None})


def _clocks(axes: Axes) -> None:
    days = range(0, 365 * _YEARS + 1, 60)
    for number in range(_TOKENS):
        life = Life(f"picture {number}", _YEARS)
        ahead = [life.ahead(START + day * DAY) for day in days]
        axes.plot([day / 365 for day in days], ahead, color=_LINE, linewidth=0.7, alpha=0.7)
    axes.set_xlim(0, _YEARS)


def _window(axes: Axes) -> None:
    """Draw one token's clock and its window, both without the straight line of its mean rate."""
    life = Life(_SHOWN, _YEARS)
    core = Core(life.secret, _POLICY)
    first, last = (life.ahead(START + day * DAY) for day in (_FIRST, _LAST))
    logins = {login.day: login for login in life.logins() if login.day < _LAST}
    days, low, high, ahead = [], [], [], []
    for day in range(_LAST):
        noon = START + day * DAY + DAY // 2
        if day >= _FIRST and day % 2 == 0:
            line = first + (last - first) * (day - _FIRST) / (_LAST - _FIRST)
            window = accepted_offsets(core.drift, noon, PERIOD, _POLICY)
            days.append(day)
            low.append(window[0] - line)
            high.append(window[1] - line)
            ahead.append(life.ahead(noon) - line)
        if login := logins.get(day):
            assert core.give(life.code(login.utc - login.delay), login.utc) is Reason.ACCEPTED
    axes.fill_between(days, low, high, color=_BAND, linewidth=0, label="accepted")
    axes.plot(days, ahead, color=_TRUE, linewidth=1.2, label="the token's clock")
    axes.set_xlim(_FIRST, _LAST - 2)
    axes.legend(loc="upper left", frameon=False, ncols=2)


def _silence(axes: Axes) -> None:
    """Draw how the window of a token widens that was used twice a day for a month, or for a year."""
    days = [day / 2 for day in range(361)]
    for used, style in ((30, "--"), (365, "-")):
        life = Life(_SHOWN, _YEARS)
        core = Core(life.secret, _POLICY)
        for login in life.logins():
            if login.day > used:
                break
            core.give(life.code(login.utc - login.delay), login.utc)
            seen = login.utc
        codes = []
        for day in days:
            low, high = accepted_offsets(core.drift, seen + int(day * DAY), PERIOD, _POLICY)
            codes.append(1 + (high - low) / PERIOD)
        axes.plot(days, codes, style, color=_LINE, label=f"used for {used} days before")
    axes.set_xlim(0, days[-1])
    axes.set_ylim(0, 14)
    axes.legend(loc="lower right", frameon=False)


if __name__ == "__main__":
    main()
