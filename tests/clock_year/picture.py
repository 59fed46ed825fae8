"""Draws docs/clock-year.svg: `python -m tests.clock_year.picture`."""

from __future__ import annotations

from pathlib import Path

from tests.clock_year.year import CASES, SYNC_DAYS, Day, Year

PAGE = Path(__file__).parents[2] / "docs/clock-year.svg"
SEED = 5
WIDTH, PANEL, LEFT, TOP = 720, 150, 60, 34


def svg() -> str:
    """Return each case over a year: the error as a line in the band of the bound."""
    height = len(CASES) * (PANEL + TOP) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, name in enumerate(CASES):
        title = name if number else f"{name}: error and bound"
        parts += _panel(list(Year(name, SEED).days()), title, number * (PANEL + TOP) + TOP)
    parts.append(f'<text x="{WIDTH // 2}" y="{height - 6}" text-anchor="middle">day</text></svg>')
    return "\n".join(parts) + "\n"


def _panel(days: list[Day], title: str, top: int) -> list[str]:
    most = max(day.bound_ms for day in days)
    points = [_start(days[0]), *[point for day in days for point in _points(day)]]

    def place(day: float, ms: float) -> str:
        x = LEFT + day / SYNC_DAYS[-1] * (WIDTH - LEFT - 10)
        return f"{x:.1f},{top + PANEL / 2 - ms / most * (PANEL / 2 - 5):.1f}"

    upper = [place(day, bound) for day, _error, bound in points]
    lower = [place(day, -bound) for day, _error, bound in points]
    error = [place(day, error) for day, error, _bound in points]
    parts = [
        f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{title}</text>',
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="#dce6f2"/>',
    ]
    for seconds in (-(most // 2000), 0, most // 2000):
        start, end = place(0, seconds * 1000), place(SYNC_DAYS[-1], seconds * 1000)
        parts.append(f'<polyline points="{start} {end}" stroke="#bbb" fill="none"/>')
        label = f"{seconds:+d} s" if seconds else "0"
        parts.append(
            f'<text x="{LEFT - 6}" y="{float(start.split(",")[1]) + 4:.1f}" text-anchor="end">{label}</text>'
        )
    for day in SYNC_DAYS[1:]:
        x = place(day, 0).split(",")[0]
        parts.append(f'<text x="{x}" y="{top + PANEL + 10}" text-anchor="middle">{day}</text>')
    parts.append(f'<polyline points="{" ".join(error)}" stroke="#c0392b" stroke-width="1.5" fill="none"/>')
    return parts


def _start(first: Day) -> tuple[float, int, int]:
    return 0.0, 0, min(100, first.bound_ms)


def _points(day: Day) -> list[tuple[float, int, int]]:
    """Return (day, error, bound); where a sync follows, what it leaves too."""
    points = [(day.day, day.error_ms, day.bound_ms)]
    return [*points, (day.day, 0, 30)] if day.synced else points


if __name__ == "__main__":
    PAGE.write_text(svg())
