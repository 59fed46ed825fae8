"""The screen as a picture to be looked at: a mono panel's crisp pixels on dark glass, colours, or paper."""

from pathlib import Path

from PIL import Image, ImageDraw

from .displays import Display
from .oled import Oled
from .uc8151 import UC8151

SCALE = 4  # picture elements to a pixel and side; on a mono panel the last is the gap between two pixels
_MARGIN = 12
_GLASS, _DARK, _LIT = (8, 10, 14), (14, 17, 22), (190, 236, 255)
_INK, _PAPER = (24, 24, 26), (232, 231, 224)

Colour = tuple[int, int, int]


def save(display: Display, path: Path) -> None:
    """Write what `display` shows as a PNG, `SCALE` elements to a pixel and a margin; its light dims it."""
    size = (display.width, display.height)
    pixels = Image.frombytes("RGB", size, display.rgb())
    rim = _GLASS
    if isinstance(display, UC8151):
        pixels, rim = _between(pixels, _INK, _PAPER), _PAPER
    elif isinstance(display, Oled):
        pixels = _between(pixels, _DARK, _blend(_DARK, _LIT, 0.4 + 0.6 * display.backlight))
    else:
        strength = 0.4 + 0.6 * display.backlight if display.backlight else 0
        pixels = pixels.point(lambda value: int(value * strength))
    pixels = pixels.resize((size[0] * SCALE, size[1] * SCALE), Image.Resampling.NEAREST)
    if isinstance(display, Oled):
        _part(pixels)
    image = Image.new("RGB", (pixels.width + 2 * _MARGIN, pixels.height + 2 * _MARGIN), rim)
    image.paste(pixels, (_MARGIN, _MARGIN))
    image.save(path, "PNG", optimize=True)


def _blend(dark: Colour, light: Colour, strength: float) -> Colour:
    red, green, blue = (int(a + (b - a) * strength) for a, b in zip(dark, light, strict=True))
    return red, green, blue


def _between(pixels: Image.Image, dark: Colour, light: Colour) -> Image.Image:
    """Return greys as colours from `dark` to `light`."""
    table = [
        [int(a + (b - a) * value / 255) for value in range(256)] for a, b in zip(dark, light, strict=True)
    ]
    return pixels.point([value for channel in table for value in channel])


def _part(pixels: Image.Image) -> None:
    """Draw the gaps between pixels."""
    draw = ImageDraw.Draw(pixels)
    for x in range(SCALE - 1, pixels.width, SCALE):
        draw.line((x, 0, x, pixels.height), _GLASS)
    for y in range(SCALE - 1, pixels.height, SCALE):
        draw.line((0, y, pixels.width, y), _GLASS)
