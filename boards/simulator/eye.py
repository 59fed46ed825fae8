"""Reads the texts on a picture back, as an eye would: by the shapes of the font's own glyphs.

A glyph is seen where its whole cell, blank pixels included, is on the picture at scale 1, 2 or 3.
Neighbouring glyphs of one line and scale are a text. Ink that runs on beyond a text's cells, as a bar's
or a frame's does, belongs to no text.
"""

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import BdfFontFile

from .oled import Picture

SCALES = (3, 2, 1)
_FONT = "resources/ter-u12n.bdf"  # the font of CircuitPython's terminalio, as Blinka's displayio has it
_STROKES = "_- "  # of these alone no text is made: a short bar has the same shape
_WIDEST_GAP = 2  # blank cells within a text


@dataclass(frozen=True)
class Text:
    """A text, its upper left pixel, the scale of its glyphs, and whether it is dark on light."""

    text: str
    x: int
    y: int
    scale: int
    inverse: bool


@dataclass(frozen=True)
class Font:
    """Glyph cells of `width` x `height`; `glyphs` leads by a cell's rows, as integers, to its character."""

    width: int
    height: int
    glyphs: dict[int, Any]  # row -> row -> … -> character: most cells fail at their first rows


@dataclass(frozen=True)
class _Run:
    cells: tuple[tuple[int, str], ...]  # x and character, left to right
    y: int
    scale: int
    ink: int


@lru_cache(maxsize=1)
def terminal_font() -> Font:
    """Return the built-in font's printable ASCII characters."""
    spec = importlib.util.find_spec("displayio")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("adafruit-blinka-displayio is not installed: it has the font")
    with (Path(spec.submodule_search_locations[0]) / _FONT).open("rb") as file:
        images = BdfFontFile.BdfFontFile(file).glyph
    glyphs: dict[int, Any] = {}
    width = height = 0
    for code in range(0x21, 0x7F):
        glyph = images[code]
        assert glyph is not None
        image = glyph[3]
        width, height = image.size
        rows = [[bool(image.getpixel((x, y))) for x in range(width)] for y in range(height)]
        node = glyphs
        for row in rows[:-1]:
            node = node.setdefault(_number(row), {})
        node[_number(rows[-1])] = chr(code)
    return Font(width, height, glyphs)


def read(picture: Picture, font: Font) -> list[Text]:
    """Return the texts on a picture, from the top and from the left."""
    dark = [[not pixel for pixel in row] for row in picture]
    texts = [_text(run, False) for run in _runs(picture, font)]
    texts += [_text(run, True) for run in _runs(dark, font)]
    return sorted(texts, key=lambda text: (text.y, text.x))


def _number(row: list[bool]) -> int:
    """Return a row of pixels as an integer, the leftmost pixel its highest bit."""
    value = 0
    for pixel in row:
        value = value << 1 | pixel
    return value


def _text(run: _Run, inverse: bool) -> Text:
    return Text("".join(character for _x, character in run.cells), run.cells[0][0], run.y, run.scale, inverse)


def _runs(picture: Picture, font: Font) -> list[_Run]:
    """Return the texts that share no ink, those with most ink first chosen."""
    found: list[_Run] = []
    for scale in SCALES:
        found += _runs_at(picture, font, scale)
    found.sort(key=lambda run: (-run.ink, run.y))
    taken: set[tuple[int, int]] = set()
    chosen = []
    for run in found:
        if all(character in _STROKES for _x, character in run.cells):
            continue
        ink = _ink(picture, font, run)
        if not ink & taken and not _touches(picture, ink):
            taken |= ink
            chosen.append(run)
    return chosen


def _runs_at(picture: Picture, font: Font, scale: int) -> list[_Run]:
    width, height = len(picture[0]), len(picture)
    rows = [_number(row) for row in picture]
    runs = []
    for y in range(height - font.height * scale + 1):
        band = rows[y : y + font.height * scale]
        glyphs = _glyphs(band, width, font, scale) if any(band) else {}
        runs += _joined(glyphs, band, y, width, font, scale)
    return runs


def _glyphs(band: list[int], width: int, font: Font, scale: int) -> dict[int, str]:
    """Return the characters whose cells are in a band of rows, by x; " " for a blank cell."""
    cell = font.width * scale
    mask = (1 << cell) - 1
    anywhere, everywhere = 0, -1
    for row in band:
        anywhere |= row
        everywhere &= row
    glyphs: dict[int, str] = {}
    for x in range(width - cell + 1):
        shift = width - cell - x
        if not anywhere >> shift & mask:
            glyphs[x] = " "
        elif everywhere >> shift & mask != mask:
            character = _glyph(band, shift, font, scale)
            if character is not None:
                glyphs[x] = character
    return glyphs


def _glyph(band: list[int], shift: int, font: Font, scale: int) -> str | None:
    """Return the character whose cell ends `shift` pixels before the right edge."""
    mask = (1 << font.width * scale) - 1
    node: Any = font.glyphs
    for top in range(0, len(band), scale):
        row = band[top] >> shift & mask
        bits = row if scale == 1 else _narrowed(row, font.width, scale)
        if bits is None or any(band[top + n] >> shift & mask != row for n in range(1, scale)):
            return None
        node = node.get(bits)
        if node is None:
            return None
    return str(node)


def _narrowed(row: int, width: int, scale: int) -> int | None:
    """Return a row with every `scale` equal pixels made one; None where they are not equal."""
    bits = 0
    full = (1 << scale) - 1
    for n in range(width - 1, -1, -1):
        group = row >> n * scale & full
        if group not in (0, full):
            return None
        bits = bits << 1 | (group == full)
    return bits


def _joined(
    glyphs: dict[int, str], band: list[int], y: int, width: int, font: Font, scale: int
) -> list[_Run]:
    """Join glyphs that stand one cell apart, blanks between them included."""
    cell = font.width * scale
    runs = []
    used: set[int] = set()
    for start in sorted(x for x, character in glyphs.items() if character != " "):
        if start in used:
            continue
        cells: list[tuple[int, str]] = []
        x = start
        while x in glyphs:
            cells.append((x, glyphs[x]))
            if "".join(character for _x, character in cells[-_WIDEST_GAP - 1 :]).isspace():
                break
            x += cell
        while cells[-1][1] == " ":
            cells.pop()
        used.update(x for x, _character in cells)
        mask = (1 << (cells[-1][0] + cell - start)) - 1
        shift = width - cells[-1][0] - cell
        ink = sum((row >> shift & mask).bit_count() for row in band)
        runs.append(_Run(tuple(cells), y, scale, ink))
    return runs


def _ink(picture: Picture, font: Font, run: _Run) -> set[tuple[int, int]]:
    left, right = run.cells[0][0], run.cells[-1][0] + font.width * run.scale
    rows = range(run.y, run.y + font.height * run.scale)
    return {(x, y) for y in rows for x in range(left, right) if picture[y][x]}


def _touches(picture: Picture, ink: set[tuple[int, int]]) -> bool:
    """Whether ink outside lies at the left or right of this ink, or above or below it."""
    for x, y in ink:
        for beside in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
            column, row = beside
            if (
                beside not in ink
                and 0 <= row < len(picture)
                and 0 <= column < len(picture[0])
                and picture[row][column]
            ):
                return True
    return False
