"""Draws the firmware's fonts from strokes and letters: `python -m tests.fonts.draw`.

Each is a BMP picture, which a board reads row by row into a small bitmap: letters.bmp and icons.bmp with a
bit a pixel, digits-WxH.bmp (ten digits of that size, then a blank one) with a bit on black-and-white
displays and four shades on those with colours.
"""

from __future__ import annotations

import struct
import unicodedata
from pathlib import Path

from tokenfw.letters import EXTRA

from . import strokes

HERE = Path(__file__).parent
FONTS = HERE.parents[1] / "firmware/fonts"
LETTER = (6, 12)
ICON = (16, 16)
# Width and height of a digit, the blank columns after it, its pen, and its shades.
DIGITS = {
    "digits-15x24": (15, 24, 2, 3.0, 2),  # 128 x 64
    "digits-12x24": (12, 24, 2, 3.0, 2),
    "digits-34x44": (34, 44, 6, 7.0, 2),  # 296 x 128
    "digits-30x44": (30, 44, 4, 6.0, 2),
    "digits-30x50": (30, 50, 4, 5.8, 4),  # 240 x 135
    "digits-24x50": (24, 50, 3, 5.2, 4),
    "digits-30x72": (30, 72, 4, 6.4, 4),  # 240 x 240
    "digits-24x72": (24, 72, 3, 6.0, 4),
    "digits-41x72": (41, 72, 5, 7.8, 4),  # 320 x 170
    "digits-32x72": (32, 72, 4, 6.8, 4),
}
_MARKS = {
    "\u0308": "diaeresis",
    "\u0301": "acute",
    "\u0300": "grave",
    "\u0302": "circumflex",
    "\u0303": "tilde",
    "\u030a": "ring",
    "\u0327": "cedilla",
}

Cell = list[list[int]]


def art(path: Path, size: tuple[int, int]) -> dict[str, Cell]:
    """Return the drawings in a text file as cells of `size`."""
    width, height = size
    drawn = {}
    for block in path.read_text("utf-8").strip().split("\n\n")[1:]:
        heading, *rows = block.split("\n")
        name, top = heading.rsplit(" ", 1)
        blank = "." * width
        whole = [blank] * int(top) + [row.ljust(width, ".") for row in rows]
        whole += [blank] * (height - len(whole))
        drawn[name] = [[int(mark == "#") for mark in row] for row in whole]
    return drawn


def letters() -> list[Cell]:
    """Return the cells of tokenfw.letters.EXTRA, in its order."""
    drawn = art(HERE / "letters.txt", LETTER)
    cells = []
    for character in EXTRA:
        name = character if character < "\ue000" or character > "\uf8ff" else f"\\u{ord(character):04x}"
        if name in drawn:
            cells.append(drawn[name])
            continue
        base, mark = unicodedata.normalize("NFD", character)
        over = _MARKS[mark].upper() if base.isupper() else _MARKS[mark]
        rows = zip(drawn[base], drawn[over], strict=True)
        cells.append([[a | b for a, b in zip(row, above, strict=True)] for row, above in rows])
    return cells


def digits(width: int, height: int, gap: int, pen: float, shades: int) -> list[Cell]:
    """Return the cells of the ten digits and a blank; a pixel's value is its shade, 0 to shades - 1."""
    cells = []
    for number in range(10):
        paths = strokes.digit(number, width, height, pen)
        cells.append(
            [
                [int(strokes.cover(paths, pen, x, y) * (shades - 1) + 0.5) for x in range(width)] + [0] * gap
                for y in range(height)
            ]
        )
    return [*cells, [[0] * (width + gap) for _ in range(height)]]


def bmp(cells: list[Cell], shades: int) -> bytes:
    """Return cells beside each other as an uncompressed BMP of 1 or 4 bits a pixel."""
    bits = 1 if shades == 2 else 4
    rows = [[pixel for cell in cells for pixel in cell[y]] for y in range(len(cells[0]))]
    width, height = len(rows[0]), len(rows)
    palette = b"".join(bytes([255 * n // (shades - 1)] * 3 + [0]) for n in range(shades))
    data = bytearray()
    for row in reversed(rows):
        value = 0
        for pixel in row:
            value = value << bits | pixel
        padded = -(-width * bits // 32) * 32
        data += (value << padded - width * bits).to_bytes(padded // 8, "big")
    start = 14 + 40 + len(palette)
    head = struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, len(data), 2835, 2835, shades, 0)
    return head + info + palette + bytes(data)


def files() -> dict[str, bytes]:
    """Return every font file by its name."""
    drawn = {
        "letters.bmp": bmp(letters(), 2),
        "icons.bmp": bmp(list(art(HERE / "icons.txt", ICON).values()), 2),
    }
    for name, (width, height, gap, pen, shades) in DIGITS.items():
        drawn[f"{name}.bmp"] = bmp(digits(width, height, gap, pen, shades), shades)
    return drawn


if __name__ == "__main__":
    for name, data in files().items():
        (FONTS / name).write_bytes(data)
