"""What screens are made of: lines of letters and codes, each a TileGrid, and boxes of one colour."""

import displayio
import vectorio

from tokenfw import letters

from . import fonts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLANK = fonts.DIGITS - 1


def ink(colour: int, paper: int = 0) -> "displayio.Palette":
    """Return the palette of a bitmap with two values."""
    palette = displayio.Palette(2)
    palette[0], palette[1] = paper, colour
    return palette


def hide(part: "Any", hidden: bool) -> None:
    """Hide or show a part, where it is not so already: displayio draws anew all that it is told."""
    if part.hidden != hidden:
        part.hidden = hidden


def paint(grid: "displayio.TileGrid", palette: "displayio.Palette") -> None:
    """Give a grid that palette, where it has another one."""
    if grid.pixel_shader is not palette:
        grid.pixel_shader = palette


class Line:
    """One line of small letters."""

    def __init__(
        self, group: "displayio.Group", sheet: "displayio.Bitmap", palette: "displayio.Palette", columns: int
    ) -> None:
        self.columns = columns
        self.text = ""
        self.grid = displayio.TileGrid(
            sheet,
            pixel_shader=palette,
            width=columns,
            height=1,
            tile_width=fonts.WIDTH,
            tile_height=fonts.HEIGHT,
        )
        self.grid.hidden = True
        group.append(self.grid)

    def write(self, text: str, x: int, y: int, columns: int = 0) -> None:
        """Put `text` at (x, y), cut to `columns`, if given, or to what the line has."""
        grid = self.grid
        text = letters.fit(text, columns or self.columns)
        if grid.x != x:
            grid.x = x
        if grid.y != y:
            grid.y = y
        if text == self.text:
            return
        length, before = len(text), len(self.text)
        for place in range(max(length, before)):
            grid[place] = letters.tile(text[place]) if place < length else 0
        self.text = text
        hide(grid, not text)


class Digits:
    """A code in two groups of `each` digits."""

    def __init__(self, group: "displayio.Group", name: str, palette: "displayio.Palette", each: int) -> None:
        sheet = fonts.read(name)
        self._cell = sheet.width // fonts.DIGITS
        self._each = each
        self.grids = [
            displayio.TileGrid(
                sheet,
                pixel_shader=palette,
                width=each,
                height=1,
                tile_width=self._cell,
                tile_height=sheet.height,
                default_tile=_BLANK,
            )
            for _ in range(2)
        ]
        for grid in self.grids:
            group.append(grid)

    def write(self, parts: "list[str]", width: int, y: int) -> None:
        """Put the digits of `parts` in the middle of `width` pixels."""
        gap = self._cell // 2 if parts[1] else 0
        x = (width - self._cell * (len(parts[0]) + len(parts[1])) - gap) // 2 + self._cell // 12
        for grid, part in zip(self.grids, parts):
            hide(grid, False)
            if grid.x != x or grid.y != y:
                grid.x, grid.y = x, y
            for place in range(self._each):
                character = part[place : place + 1]
                tile = ord(character) - 0x30 if "0" <= character <= "9" else _BLANK
                if grid[place] != tile:
                    grid[place] = tile
            x += self._cell * len(part) + gap

    def hide(self) -> None:
        for grid in self.grids:
            hide(grid, True)


def box(colour: int, x: int, y: int, width: int, height: int) -> "vectorio.Rectangle":
    palette = displayio.Palette(1)
    palette[0] = colour
    return vectorio.Rectangle(pixel_shader=palette, x=x, y=y, width=width, height=height)


def mix(paper: int, colour: int, part: int, whole: int) -> int:
    """Return a colour `part` of `whole` of the way from `paper` to `colour`."""
    mixed = 0
    for shift in (16, 8, 0):
        low, high = paper >> shift & 0xFF, colour >> shift & 0xFF
        mixed |= low + (high - low) * part // whole << shift
    return mixed
