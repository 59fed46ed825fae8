"""Digits as strokes: polylines that a round pen of a given width follows, drawn at any size.

Written for one thing, to be told apart at arm's length: the 1 has a foot and a flag and the 7 neither, the
4 is open, 6 and 9 are curved stems on a bowl, and the 8 is smaller above than below.
"""

from __future__ import annotations

import itertools
import math

Point = tuple[float, float]
Path = list[Point]


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Path:
    """Return a part of an ellipse; degrees, 0 to the right, clockwise on the screen."""
    steps = max(4, int(abs(end - start) / 6))
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def loop(left: float, top: float, right: float, bottom: float) -> Path:
    """Return a closed shape with round ends above and below, straight between them if it is tall."""
    rx = (right - left) / 2
    ry = min(rx * 1.1, (bottom - top) / 2)
    cx = (left + right) / 2
    path = arc(cx, top + ry, rx, ry, 180, 360) + arc(cx, bottom - ry, rx, ry, 0, 180)
    return path + path[:1]


def digit(number: int, width: int, height: int, pen: float) -> list[Path]:
    """Return the paths of a digit that fills `width` x `height` pixels with strokes of `pen` pixels."""
    left, right = pen / 2, width - pen / 2
    top, bottom = pen / 2, height - pen / 2
    cx = (left + right) / 2
    rx = (right - left) / 2
    tall = bottom - top
    middle = top + tall * 0.47
    if number == 0:
        return [loop(left, top, right, bottom)]
    if number == 1:
        flag = top + tall * 0.24
        stem = cx + rx * 0.1
        return [[(left + rx * 0.1, flag), (stem, top), (stem, bottom)], [(left, bottom), (right, bottom)]]
    if number == 2:
        ry = min(rx * 1.1, tall * 0.32)
        bowl = arc(cx, top + ry, rx, ry, 180, 360)
        bend = arc(cx, top + ry, rx, ry * 1.1, 0, 40)
        return [bowl + bend + [(left, bottom), (right, bottom)]]
    if number == 3:
        upper, lower = (middle - top) / 2, (bottom - middle) / 2
        ux = rx * 0.94
        return [
            [*arc(cx, top + upper, ux, upper, 214, 450), (cx - rx * 0.25, middle)],
            [(cx - rx * 0.25, middle), *arc(cx, middle + lower, rx, lower, -90, 146)],
        ]
    if number == 4:
        bar = top + tall * 0.7
        stem = right - rx * 0.42
        return [
            [(cx + rx * 0.05, top), (left, bar), (right, bar)],
            [(stem, top + tall * 0.4), (stem, bottom)],
        ]
    if number == 5:
        ry = tall * 0.3
        bowl = arc(cx, bottom - ry, rx, ry, -138, 158)
        return [[(right - rx * 0.1, top), (left + rx * 0.12, top), bowl[0], *bowl]]
    if number == 6:
        return _six(left, top, right, bottom)
    if number == 7:
        return [[(left, top), (right, top), (left + rx * 0.62, bottom)]]
    if number == 8:
        inset = rx * 0.08
        return [loop(left + inset, top, right - inset, middle), loop(left, middle, right, bottom)]
    return [
        [(left + right - x, top + bottom - y) for x, y in path] for path in _six(left, top, right, bottom)
    ]


def _six(left: float, top: float, right: float, bottom: float) -> list[Path]:
    cx, rx, tall = (left + right) / 2, (right - left) / 2, bottom - top
    bowl_top = top + tall * 0.4
    ry = min(rx * 1.1, (bottom - bowl_top) / 2)
    stem = arc(cx, top + rx * 1.25, rx, rx * 1.25, 315, 180)
    return [loop(left, bowl_top, right, bottom), [*stem, (left, bottom - ry)]]


def cover(paths: list[Path], pen: float, x: int, y: int) -> float:
    """Return how much of the pixel (x, y) a pen of that width covers, 0 to 1."""
    px, py = x + 0.5, y + 0.5
    distance = min(_distance(px, py, start, end) for path in paths for start, end in itertools.pairwise(path))
    return min(1.0, max(0.0, pen / 2 - distance + 0.5))


def _distance(px: float, py: float, start: Point, end: Point) -> float:
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = min(1.0, max(0.0, ((px - ax) * dx + (py - ay) * dy) / length)) if length else 0.0
    return math.hypot(px - ax - along * dx, py - ay - along * dy)
