"""The screen as a picture to be looked at: crisp pixels on dark glass."""

from pathlib import Path

from PIL import Image

from .ssd1306 import HEIGHT, SSD1306, WIDTH

SCALE = 4  # picture elements to a pixel and side, the last of them the gap between two pixels
_MARGIN = 12
_GLASS, _DARK, _LIT = (8, 10, 14), (14, 17, 22), (190, 236, 255)


def save(display: SSD1306, path: Path) -> None:
    """Write what `display` shows as a PNG of 536 x 280; the contrast register dims it."""
    image = Image.new("RGB", (WIDTH * SCALE + 2 * _MARGIN, HEIGHT * SCALE + 2 * _MARGIN), _GLASS)
    strength = 0.4 + 0.6 * display.registers["contrast"] / 255
    lit = tuple(int(dark + (full - dark) * strength) for dark, full in zip(_DARK, _LIT, strict=True))
    for y, row in enumerate(display.picture()):
        for x, pixel in enumerate(row):
            left, top = _MARGIN + x * SCALE, _MARGIN + y * SCALE
            image.paste(lit if pixel else _DARK, (left, top, left + SCALE - 1, top + SCALE - 1))
    image.save(path, "PNG")
