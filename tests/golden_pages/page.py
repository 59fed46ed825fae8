"""An HTML page with all pictures; where one differs, expected, actual and difference stand side by side."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

_STYLE = Path(__file__).with_name("page.css").read_text("utf-8")


@dataclass(frozen=True)
class Shown:
    """A state's picture as it is now and as it was accepted, None where there is none of either."""

    screen: str
    language: str
    name: str
    actual: Image.Image | None
    expected: Image.Image | None

    @property
    def differing(self) -> int:
        """How many pixels differ; all of them where a picture is missing or has another size."""
        if self.actual is None or self.expected is None or self.actual.size != self.expected.size:
            there = self.actual or self.expected
            return there.width * there.height if there else 0
        before, now = (picture.convert("RGB").tobytes() for picture in (self.expected, self.actual))
        if before == now:
            return 0
        return sum(before[at : at + 3] != now[at : at + 3] for at in range(0, len(now), 3))


def page(shown: list[Shown]) -> str:
    """Return the page."""
    wrong = [one for one in shown if one.differing]
    screens = list(dict.fromkeys(one.screen for one in shown))
    summary = f"{len(shown)} pictures on {len(screens)} displays; "
    if wrong:
        summary += f'<span class="bad">{len(wrong)} of them differ</span>'
    else:
        summary += "0 differing pixels"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Fobsmith screens</title><style>{_STYLE}</style></head><body>",
            f"<h1>Every screen of the token</h1><p>{summary}</p><nav>",
            *(f'<a href="#{screen}">{_title(screen)}</a>' for screen in screens),
            "</nav>",
            *_differences(wrong),
            *(part for screen in screens for part in _section(screen, shown)),
            "</body></html>",
        ]
    )


def _title(screen: str) -> str:
    kind, _, size = screen.partition("-")
    return f"{kind.capitalize()}, {size.replace('x', ' &times; ')}"


def _differences(wrong: list[Shown]) -> Iterator[str]:
    if wrong:
        yield '<h2>Differences</h2><div class="grid" style="--width: 100%">'
        yield from (_compared(one) for one in wrong)
        yield "</div>"


def _section(screen: str, shown: list[Shown]) -> Iterator[str]:
    here = [one for one in shown if one.screen == screen]
    yield f'<h2 id="{screen}">{_title(screen)}</h2>'
    size = next((one.actual or one.expected for one in here), None)
    width = f"{max(256, size.width if size else 256) / 16 + 1.3:.1f}rem"
    for language in dict.fromkeys(one.language for one in here):
        yield f'<h3>{language}</h3><div class="grid" style="--width: {width}">'
        for one in here:
            picture = one.actual or one.expected
            if one.language == language and picture is not None:
                caption = f"<figcaption>{html.escape(one.name)}</figcaption>"
                yield f"<figure>{_image(picture, one.name)}{caption}</figure>"
        yield "</div>"


def _compared(one: Shown) -> str:
    parts = []
    for label, picture in (
        ("expected", one.expected),
        ("actual", one.actual),
        ("difference", _difference(one)),
    ):
        image = _image(picture, label) if picture is not None else "<p>none</p>"
        parts.append(f"<div>{image}<span>{label}</span></div>")
    where = html.escape(f"{one.screen} / {one.language} / {one.name}")
    caption = f'<figcaption>{where}: <span class="bad">{one.differing} pixels</span></figcaption>'
    return f'<figure class="wrong"><div class="three">{"".join(parts)}</div>{caption}</figure>'


def _difference(one: Shown) -> Image.Image | None:
    if one.actual is None or one.expected is None or one.actual.size != one.expected.size:
        return None
    before, now = (picture.convert("L") for picture in (one.expected, one.actual))
    # What has gone is red, what has come is green, what stayed is grey.
    return Image.merge("RGB", (before, now, ImageChops.darker(before, now)))


def _image(picture: Image.Image, label: str) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{html.escape(label)}" width="{picture.width}" src="data:image/png;base64,{data}">'
