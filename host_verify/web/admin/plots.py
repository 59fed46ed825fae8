"""The pages' plots, as SVG from data alone: a token's clock over its life, counts, a fleet's clocks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from . import svg, texts
from .axes import Scale, instants, round_values
from .svg import Size

# Of each plot two are made, for a desk's screen and for a phone's; the style sheet shows one of them.
Sizes = tuple[Size, Size]
CLOCK = (Size(740, 290, "wide"), Size(326, 250, "narrow"))
COUNTS = (Size(1050, 150, "wide"), Size(326, 130, "narrow"))
HALF = (Size(500, 150, "wide"), Size(326, 130, "narrow"))
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 10, 24
_TICK = 66  # units for each tick's name
_COLUMN = 2  # units: what lies closer together than that is drawn as one point


@dataclass(frozen=True, slots=True)
class ClockPoint:
    """What was known of a token's clock at UTC second `at`, in seconds ahead of the server's.

    offset     where it was believed to be
    low, high  the offsets of which codes were accepted around that
    seen       the offset that a code accepted then showed (the middle of its step), if one was
    """

    at: int
    offset: float
    low: float
    high: float
    seen: float | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there were in the span that begins at UTC second `at`; `name` says when that was."""

    at: int
    value: int
    name: str


def clock(points: Sequence[ClockPoint], label: str) -> Markup:
    """Return the plot of a token's clock; `points` are of at least two different instants, oldest first."""
    return _both(CLOCK, lambda size: svg.drawing(size, label, _clock(points, size)))


def counts(values: Sequence[Count], span: int, name: str, label: str, sizes: Sizes = COUNTS) -> Markup:
    """Return bars of counts, one for each `span` seconds without gaps; `name` is the bars' class."""
    return _both(sizes, lambda size: svg.drawing(size, label, _counts(values, span, name, size)))


def offsets(bins: Sequence[tuple[int, int]], width: int, label: str, sizes: Sizes = COUNTS) -> Markup:
    """Return bars of how many tokens' clocks lie in each bin of `width` seconds; a bin is (begin, tokens)."""
    return _both(sizes, lambda size: svg.drawing(size, label, _offsets(bins, width, size)))


def _both(sizes: Sizes, draw: Callable[[Size], Markup]) -> Markup:
    return Markup("").join(draw(size) for size in sizes)


def _clock(points: Sequence[ClockPoint], size: Size) -> Iterator[str]:
    seen = [point.seen for point in points if point.seen is not None]
    low = min(0.0, *(point.low for point in points), *seen)
    high = max(0.0, *(point.high for point in points), *seen)
    room = (high - low) * 0.05 or 1.0
    across = Scale(points[0].at, points[-1].at, _LEFT, size.width - _RIGHT)
    up = Scale(low - room, high + room, size.height - _BOTTOM, _TOP)
    points = _thinned(points, across)
    band = [(across(point.at), up(point.high)) for point in points]
    band += [(across(point.at), up(point.low)) for point in reversed(points)]
    yield svg.path("band", band, closed=True)
    yield from _sides(up, size, " s", signed=True)
    yield from _times(across, size)
    yield svg.path("belief", [(across(point.at), up(point.offset)) for point in points])
    for point in points:
        if point.seen is not None:
            title = f"{texts.minute(point.at)}: {texts.seconds(point.seen)}"
            yield svg.dot("seen", across(point.at), up(point.seen), title)


def _thinned(points: Sequence[ClockPoint], across: Scale) -> list[ClockPoint]:
    """Return at most one point for each column: the last, with the widest window of those it stands for."""
    kept: list[ClockPoint] = []
    column = None
    for point in points:
        if column == (column := int(across(point.at) / _COLUMN)):
            before = kept.pop()
            kept.append(replace(point, low=min(before.low, point.low), high=max(before.high, point.high)))
        else:
            kept.append(point)
    return kept


def _counts(values: Sequence[Count], span: int, name: str, size: Size) -> Iterator[str]:
    first, last = values[0].at, values[-1].at + span
    across = Scale(first, last, _LEFT, size.width - _RIGHT)
    up = _from_zero(max(each.value for each in values), size)
    yield from _sides(up, size)
    width = across(first + span) - across(first)
    for each in values:
        if each.value:
            yield _bar(name, across(each.at), width, up, each.value, f"{each.name}: {each.value:,}")
    yield from _times(across, size)


def _offsets(bins: Sequence[tuple[int, int]], step: int, size: Size) -> Iterator[str]:
    first, last = bins[0][0], bins[-1][0] + step
    across = Scale(first, last, _LEFT, size.width - _RIGHT)
    up = _from_zero(max(tokens for _, tokens in bins), size)
    yield from _sides(up, size)
    width = across(first + step) - across(first)
    for begin, tokens in bins:
        if tokens:
            title = f"{texts.seconds(begin)} to {texts.seconds(begin + step)}: {tokens:,}"
            yield _bar("all", across(begin), width, up, tokens, title)
    for value in round_values(first, last, max(2, (size.width - _LEFT) // _TICK)):
        yield _below(across(value), texts.seconds(value), size)


def _from_zero(most: int, size: Size) -> Scale:
    return Scale(0, max(most, 1) * 1.08, size.height - _BOTTOM, _TOP)


def _bar(name: str, x: float, width: float, up: Scale, value: int, title: str) -> str:
    gap = min(1.0, width / 4)
    height = max(1.5, up(0) - up(value))  # one of many thousands is seen too
    return svg.rectangle(f"bar {name}", x + gap / 2, up(0) - height, width - gap, height, title)


def _sides(up: Scale, size: Size, unit: str = "", signed: bool = False) -> Iterator[str]:
    for value in round_values(up.first, up.last, max(2, size.height // 36)):
        if not signed and value != int(value):
            continue
        y = up(value)
        yield svg.line("zero" if value == 0 else "grid", _LEFT, y, size.width - _RIGHT, y)
        said = texts.signed(value) if signed else f"{value:,.0f}"
        yield svg.text("tick", _LEFT - 8, y + 4, said + unit, "end")


def _times(across: Scale, size: Size) -> Iterator[str]:
    for utc, name in instants(int(across.first), int(across.last), max(2, (size.width - _LEFT) // _TICK)):
        x = across(utc)
        yield svg.line("grid", x, size.height - _BOTTOM, x, size.height - _BOTTOM + 4)
        yield _below(x, name, size)


def _below(x: float, name: str, size: Size) -> str:
    half = 3.4 * len(name)
    x = min(max(x, _LEFT + half - 20), size.width - half)
    return svg.text("tick", x, size.height - 6, name, "middle")
