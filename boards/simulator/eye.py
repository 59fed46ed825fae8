"""Reads the texts on a picture back, as an eye would: by the shapes of the fonts' own glyphs.

A glyph is seen where its whole cell, blank pixels included, is on the picture: letters at scale 1, 2 or 3,
the large digits of the firmware's sheets as they are. Neighbouring glyphs of one line, font and scale are a
text. Ink that runs on beyond a text's cells, as a bar's or a frame's does, belongs to no text.

A row of pixels is an integer, its leftmost pixel the highest bit, so that a pattern is looked for at all
places of a row at once.
"""

import importlib.util
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import BdfFontFile, Image
from tokenfw.letters import EXTRA

from .. import bundle

_FONT = "resources/ter-u12n.bdf"  # the font of CircuitPython's terminalio, as Blinka's displayio has it
# Of these alone no text is made: bars and signs have the same shapes.
_STROKES = "_- |.·…'\u2013\u2019"
_WIDEST_GAP = 2  # blank cells within a text
_STEP = 112  # of 255: how far a channel is from the background's where there is ink
_BITS = b"0" * 128 + b"1" * 128  # a pixel's digit, by its lightness

Colour = bool | int | tuple[int, int, int]


@dataclass(frozen=True)
class Text:
    """A text, its upper left pixel, the scale of its glyphs, and whether it is dark on light.

    The scale of large digits is their height in lines of small letters, rounded down: 2 or more.
    """

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
    scales: tuple[int, ...] = (3, 2, 1)
    space: int = 0  # pixels between two groups, where no blank cell parts them


@dataclass(frozen=True)
class _Run:
    """A text: x and character of its glyphs, left to right; its ink by row."""

    cells: tuple[tuple[int, str], ...]
    y: int
    scale: int
    ink: tuple[int, ...] = field(repr=False)

    @property
    def amount(self) -> int:
        return sum(row.bit_count() for row in self.ink)

    @property
    def text(self) -> str:
        return "".join(character for _x, character in self.cells)


@lru_cache(maxsize=1)
def fonts() -> tuple[Font, ...]:
    """Return the small font and the sheets of digits in firmware/fonts."""
    folder = bundle.firmware_folder() / "fonts"
    return (_letters(folder), *(_digits(path) for path in sorted(folder.glob("digits-*.bmp"))))


def read(picture: Sequence[Sequence[Colour]]) -> list[Text]:
    """Return the texts on a picture, from the top and from the left; its pixels are lit, or have colours."""
    return list(_read(tuple(_lit(picture)), len(picture[0])))


@lru_cache(maxsize=16)  # who waits for a text looks at one picture many times
def _read(lit: tuple[int, ...], width: int) -> list[Text]:
    full = (1 << width) - 1
    rows, dark = list(lit), [row ^ full for row in lit]
    texts = [_text(run, False) for run in _runs(rows, width, fonts(), False)]
    texts += [_text(run, True) for run in _runs(dark, width, fonts()[:1], True)]
    return sorted(texts, key=lambda text: (text.y, text.x))


def _letters(folder: Path) -> Font:
    spec = importlib.util.find_spec("displayio")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("adafruit-blinka-displayio is not installed: it has the font")
    with (Path(spec.submodule_search_locations[0]) / _FONT).open("rb") as file:
        images = BdfFontFile.BdfFontFile(file).glyph
    font = Font(6, 12, {})
    for code in range(0x20, 0x7F):
        glyph = images[code]
        assert glyph is not None
        _add(font, chr(code), glyph[3], 0)
    with Image.open(folder / "letters.bmp") as sheet:
        for place, character in enumerate(EXTRA):
            _add(font, character, sheet, place * font.width)
    return font


def _digits(path: Path) -> Font:
    with Image.open(path) as sheet:
        image = sheet.convert("L")
    width = image.width // 11
    font = Font(width, image.height, {}, (1,), width // 2)
    for number in range(10):
        _add(font, str(number), image, number * width)
    return font


def _add(font: Font, character: str, image: Image.Image, left: int) -> None:
    cell = image.crop((left, 0, left + font.width, font.height)).convert("L")
    digits = cell.tobytes().translate(_BITS)
    rows = [int(digits[at : at + font.width], 2) for at in range(0, len(digits), font.width)]
    node = font.glyphs
    for row in rows[:-1]:
        node = node.setdefault(row, {})
    node[rows[-1]] = character


def _lit(picture: Sequence[Sequence[Colour]]) -> list[int]:
    """Return the rows of a picture as integers: a bit is set where there is ink on the background."""
    ink: dict[Colour, int] = {False: ord("0"), True: ord("1")}
    if not isinstance(picture[0][0], bool):
        counts: Counter[Colour] = Counter()
        for row in picture:
            counts.update(row)
        background = _channels(counts.most_common(1)[0][0])
        for colour in counts:
            far = max(abs(a - b) for a, b in zip(_channels(colour), background, strict=True))
            ink[colour] = ord("1" if far >= _STEP else "0")
    return [int(bytes(map(ink.__getitem__, row)), 2) for row in picture]


def _channels(colour: Colour) -> tuple[int, int, int]:
    if isinstance(colour, tuple):
        return colour
    return colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF


def _text(run: _Run, inverse: bool) -> Text:
    return Text(run.text, run.cells[0][0], run.y, run.scale, inverse)


def _runs(rows: list[int], width: int, fonts: Sequence[Font], inverse: bool) -> list[_Run]:
    """Return the texts that share no ink, those with most ink first chosen."""
    found = [
        run for font in fonts for scale in font.scales for run in _Search(rows, width, font, scale).runs()
    ]
    found.sort(key=lambda run: (-run.amount, run.y))
    free = list(rows)
    chosen = []
    for run in found:
        lines = range(run.y, run.y + len(run.ink))
        if set(run.text) <= set(_STROKES) or any(
            free[y] & ink != ink for y, ink in zip(lines, run.ink, strict=True)
        ):
            continue
        for y, ink in zip(lines, run.ink, strict=True):
            free[y] ^= ink
        chosen.append(run)
    # What stays free is no text. A text that touches it is none either, nor one that touches that.
    while touching := [run for run in chosen if _touches(run, free, inverse)]:
        for run in touching:
            chosen.remove(run)
            for y, ink in enumerate(run.ink, run.y):
                free[y] |= ink
    return chosen


def _touches(run: _Run, free: list[int], inverse: bool) -> bool:
    """Whether free ink lies beside a text's ink; on light, where rows end with their letters, not above."""
    for y, ink in enumerate(run.ink, run.y):
        beside = (ink << 1 | ink >> 1) & free[y]
        above = free[y - 1] & ink if y else 0
        below = free[y + 1] & ink if y + 1 < len(free) else 0
        if beside or (not inverse and (above or below)):
            return True
    return False


class _Search:
    """Looks for the glyphs of one font at one scale."""

    def __init__(self, rows: list[int], width: int, font: Font, scale: int) -> None:
        self._rows, self._width, self._font, self._scale = rows, width, font, scale
        self._cell = font.width * scale
        self._full = (1 << width) - 1
        # Where a cell may begin: its leftmost pixel's bit.
        self._places = self._full & ~((1 << self._cell - 1) - 1) if self._cell <= width else 0
        self._even: list[tuple[int, int] | None] = [None] * len(rows)
        self._known: dict[tuple[int, int], int] = {}

    def runs(self) -> Iterator[_Run]:
        height = self._font.height * self._scale
        for y in range(len(self._rows) - height + 1):
            if any(self._rows[y : y + height]):
                glyphs: dict[int, str] = {}
                blanks = self._find(self._font.glyphs, y, 0, self._places, glyphs)
                if glyphs:
                    yield from self._joined(glyphs, blanks, y)

    def _find(self, node: dict[int, Any], y: int, row: int, places: int, glyphs: dict[int, str]) -> int:
        """Put the glyphs at `places` whose rows from `row` on are those of `node` into `glyphs`, by x.

        Return the places of blank cells.
        """
        blanks = 0
        for pattern, child in node.items():
            matching = places & self._match(y + row * self._scale, pattern)
            if not matching:
                continue
            if isinstance(child, dict):
                blanks |= self._find(child, y, row + 1, matching, glyphs)
            elif child == " ":
                blanks |= matching
            else:
                while matching:
                    glyphs[self._width - matching.bit_length()] = child
                    matching &= ~(1 << matching.bit_length() - 1)
        return blanks

    def _match(self, y: int, pattern: int) -> int:
        """Return where the `scale` rows from `y` on show the row of a glyph."""
        key = (y, pattern)
        if key in self._known:
            return self._known[key]
        lit, dark = self._evenly(y)
        places = self._full
        width, scale = self._font.width, self._scale
        for wanted, rows in ((1, lit), (0, dark)):
            for column in range(width):
                if pattern >> width - 1 - column & 1 == wanted:
                    places &= rows << column * scale
                    if not places:
                        break
        self._known[key] = places
        return places

    def _evenly(self, y: int) -> tuple[int, int]:
        """Return where a block of `scale` x `scale` pixels from row `y` on is lit, and where it is dark."""
        known = self._even[y]
        if known is None:
            lit = dark = self._full
            for row in self._rows[y : y + self._scale]:
                for step in range(self._scale):
                    lit &= row << step
                    dark &= (row ^ self._full) << step
            known = self._even[y] = lit, dark
        return known

    def _joined(self, glyphs: dict[int, str], blanks: int, y: int) -> Iterator[_Run]:
        """Join glyphs that stand one cell apart, blanks between them included."""
        used: set[int] = set()
        for start in sorted(glyphs):
            if start in used:
                continue
            cells: list[tuple[int, str]] = []
            x, gap = start, 0
            while gap <= _WIDEST_GAP:
                if x in glyphs:
                    cells.append((x, glyphs[x]))
                    gap = 0
                elif self._font.space and x + self._font.space in glyphs:
                    cells.append((x, " "))
                    x += self._font.space
                    continue
                elif x < self._width and blanks >> self._width - 1 - x & 1:
                    cells.append((x, " "))
                    gap += 1
                else:
                    break
                x += self._cell
            while cells[-1][1] == " ":
                cells.pop()
            used.update(x for x, _character in cells)
            yield self._run(tuple(cells), y)

    def _run(self, cells: tuple[tuple[int, str], ...], y: int) -> _Run:
        left, right = cells[0][0], cells[-1][0] + self._cell
        mask = (1 << self._width - left) - (1 << self._width - right)
        rows = self._rows[y : y + self._font.height * self._scale]
        scale = self._scale if not self._font.space else self._font.height // 12
        return _Run(cells, y, scale, tuple(row & mask for row in rows))
