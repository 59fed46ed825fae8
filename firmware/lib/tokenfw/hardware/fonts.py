"""Letters, signs and digits as small bitmaps whose tiles a TileGrid puts side by side.

They are BMP files in /fonts: read row by row into a bitmap, they leave no garbage and need 0.3 to 6 kB.
"""

import bitmaptools
import displayio
import terminalio

from tokenfw.letters import ASCII, EXTRA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WIDTH, HEIGHT = 6, 12  # of a letter
SIGN = 16  # of a sign, both ways
DIGITS = 11  # tiles of a sheet of digits: 0 to 9, and a blank one
SIGNS = ("plus", "press", "question", "keyboard", "clock", "lock", "open", "warning", "battery", "link")


def read(name: str) -> "displayio.Bitmap":
    """Return the picture /fonts/`name`.bmp, of 1 bit a pixel or, in four shades, of 4. Raises OSError."""
    with open("/fonts/%s.bmp" % name, "rb") as file:
        head = file.read(30)
        start, width, height = [int.from_bytes(head[at : at + 4], "little") for at in (10, 18, 22)]
        bits = head[28]
        bitmap = displayio.Bitmap(width, height, 2 if bits == 1 else 4)
        file.seek(start)
        bitmaptools.readinto(
            bitmap, file, bits, element_size=4, reverse_pixels_in_element=True, reverse_rows=True
        )
    return bitmap


def letters() -> "displayio.Bitmap":
    """Return the tiles of the small font: the built-in font's ASCII, then the project's own letters."""
    sheet = displayio.Bitmap((ASCII + len(EXTRA)) * WIDTH, HEIGHT, 2)
    for number in range(ASCII):
        glyph: Any = terminalio.FONT.get_glyph(0x20 + number)
        left = glyph.tile_index * WIDTH
        bitmaptools.blit(sheet, glyph.bitmap, number * WIDTH, 0, x1=left, y1=0, x2=left + WIDTH, y2=HEIGHT)
    bitmaptools.blit(sheet, read("letters"), ASCII * WIDTH, 0)
    return sheet
