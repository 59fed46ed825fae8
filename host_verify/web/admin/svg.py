"""Elements of SVG as text. Colours and fonts are the style sheet's, by class, for both schemes."""

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

Number = float | int


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing's width and height in its own units (CSS pixels where it has room), and its class."""

    width: int
    height: int
    name: str


def drawing(size: Size, label: str, parts: Iterable[str]) -> Markup:
    """Return a picture of `parts` (safe markup) that a screen reader reads as `label`."""
    head = Markup('<svg class="plot {}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        size.name, size.width, size.height, label
    )
    return head + Markup("".join(parts)) + Markup("</svg>")  # noqa: S704  # the parts escape what they hold


def line(name: str, x1: Number, y1: Number, x2: Number, y2: Number) -> str:
    """Return a straight line."""
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def path(name: str, points: Iterable[tuple[Number, Number]], closed: bool = False) -> str:
    """Return a line through all points, or a filled shape."""
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{name}" d="M{way}{"Z" if closed else ""}"/>'


def rectangle(name: str, x: Number, y: Number, width: Number, height: Number, title: str = "") -> str:
    """Return a rectangle; the pointer over it is shown `title`."""
    shape = f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f"{shape}><title>{escape(title)}</title></rect>" if title else f"{shape}/>"


def dot(name: str, x: Number, y: Number, title: str) -> str:
    """Return a dot; the pointer over it is shown `title`."""
    return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="2"><title>{escape(title)}</title></circle>'


def text(name: str, x: Number, y: Number, content: str, anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'
