"""Sitronix ST7789V, a controller of colour panels with RAM for 240 x 320 pixels.

After the ST7789V datasheet V1.4: the commands of chapter 9, and 8.12 for how MADCTL leads from addresses
to the RAM. RAM pixels are kept with 16 bits. Commands that set voltages, gamma and timing are taken and
have no effect on the picture; the frame memory cannot be read.
"""

import base64
import sys
import zlib
from array import array
from dataclasses import asdict, dataclass
from typing import Any

COLUMNS, PAGES = 240, 320
MY, MX, MV, BGR = 0x80, 0x40, 0x20, 0x08  # bits of MADCTL

_SWRESET, _SLPIN, _SLPOUT, _INVOFF, _INVON, _DISPOFF, _DISPON = 0x01, 0x10, 0x11, 0x20, 0x21, 0x28, 0x29
_CASET, _RASET, _RAMWR, _MADCTL, _COLMOD, _RAMWRC = 0x2A, 0x2B, 0x2C, 0x36, 0x3A, 0x3C
_SWITCHES = {
    _SLPIN: ("awake", 0),
    _SLPOUT: ("awake", 1),
    _INVOFF: ("inverted", 0),
    _INVON: ("inverted", 1),
    _DISPOFF: ("on", 0),
    _DISPON: ("on", 1),
}
_RESET = {"awake": 0, "inverted": 0, "on": 0, "madctl": 0, "colmod": 0x66}
_BITS_16, _BITS_18 = 5, 6


@dataclass(frozen=True)
class Glass:
    """The panel: which part of the RAM it shows, and how it is mounted.

    It has `columns` x `pages` pixels from `column` and `page` on. `mount` has the bits MV, MX and MY that
    MADCTL would need for the picture to be upright, `bgr` is whether its colours lie the other way round.
    All such panels are normally black: INVON gives true colours.
    """

    column: int
    page: int
    columns: int
    pages: int
    mount: int
    bgr: bool = False

    @property
    def width(self) -> int:
        return self.pages if self.mount & MV else self.columns

    @property
    def height(self) -> int:
        return self.columns if self.mount & MV else self.pages


class ST7789:
    """The controller and its panel. `backlight`, 0 to 1, is the level of the light behind it."""

    NAME = "st7789"

    def __init__(self, glass: Glass) -> None:
        self.glass = glass
        self.width, self.height = glass.width, glass.height
        self.ram = array("H", bytes(2 * COLUMNS * PAGES))
        self.powered = True
        self.backlight = 0.0
        self.reset()

    def reset(self) -> None:
        """What the line RESX does: registers as after power-on; the RAM is kept."""
        self.registers = dict(_RESET)
        self._columns, self._pages = (0, COLUMNS - 1), (0, PAGES - 1)
        self._x = self._y = 0
        self._command = 0
        self._arguments = bytearray()
        self._rest = b""  # of a pixel of which not all bytes have come

    def power(self, on: bool) -> None:
        """Switch the supply; without it RAM and registers are lost."""
        if not on:
            self.ram = array("H", bytes(2 * COLUMNS * PAGES))
            self.reset()
        self.powered = on

    def command(self, sent: bytes) -> None:
        """Take bytes that came with D/CX low: commands, each ends the one before."""
        for byte in sent if self.powered else b"":
            self._command = byte
            self._arguments.clear()
            self._rest = b""
            if byte == _SWRESET:
                self.reset()
            elif byte in _SWITCHES:
                name, value = _SWITCHES[byte]
                self.registers[name] = value
            elif byte == _RAMWR:
                self._x, self._y = self._columns[0], self._pages[0]

    def data(self, sent: bytes) -> None:
        """Take bytes that came with D/CX high: arguments, or pixels for the RAM."""
        if not self.powered:
            return
        if self._command in (_RAMWR, _RAMWRC):
            self._pixels(self._rest + sent)
            return
        self._arguments += sent
        arguments = self._arguments
        if self._command in (_CASET, _RASET) and len(arguments) == 4:
            bounds = (arguments[0] << 8 | arguments[1], arguments[2] << 8 | arguments[3])
            if self._command == _CASET:
                self._columns = bounds
            else:
                self._pages = bounds
        elif self._command == _MADCTL and len(arguments) == 1:
            self.registers["madctl"] = arguments[0]
        elif self._command == _COLMOD and len(arguments) == 1:
            self.registers["colmod"] = arguments[0]

    def _pixels(self, sent: bytes) -> None:
        """Put pixels where the address is, line by line of the window."""
        depth = self.registers["colmod"] & 7
        size = {_BITS_16: 2, _BITS_18: 3}.get(depth)
        if size is None or self._columns[0] > self._columns[1] or self._pages[0] > self._pages[1]:
            return
        whole = len(sent) // size * size
        self._rest = sent[whole:]
        pixels = array("H", sent[:whole] if size == 2 else _narrowed(sent[:whole]))
        if sys.byteorder == "little":
            pixels.byteswap()
        taken = 0
        while taken < len(pixels):
            run = min(len(pixels) - taken, self._columns[1] - self._x + 1)
            self._line(pixels[taken : taken + run])
            taken += run
            self._x += run
            if self._x > self._columns[1]:
                self._x = self._columns[0]
                self._y = self._pages[0] if self._y >= self._pages[1] else self._y + 1

    def _line(self, pixels: "array[int]") -> None:
        """Put pixels from the address on along a line; what lies outside of the RAM is ignored."""
        madctl = self.registers["madctl"]
        along, lines = (PAGES, COLUMNS) if madctl & MV else (COLUMNS, PAGES)
        del pixels[max(0, along - self._x) :]
        if not pixels or self._y >= lines:
            return
        column, page = (self._y, self._x) if madctl & MV else (self._x, self._y)
        column = COLUMNS - 1 - column if madctl & MX else column
        page = PAGES - 1 - page if madctl & MY else page
        step = COLUMNS if madctl & MV else 1
        if madctl & (MY if madctl & MV else MX):
            pixels.reverse()
            first = page * COLUMNS + column - step * (len(pixels) - 1)
        else:
            first = page * COLUMNS + column
        self.ram[first : first + step * (len(pixels) - 1) + 1 : step] = pixels

    @property
    def lit(self) -> bool:
        """Whether the panel shows anything: awake, switched on, and with light behind it."""
        return bool(self.registers["awake"] and self.registers["on"] and self.backlight)

    def rgb(self) -> bytes:
        """Return the picture as it is looked at, 3 bytes a pixel, row by row; black where it shows none."""
        if not self.lit:
            return bytes(3 * self.width * self.height)
        swapped = bool(self.registers["madctl"] & BGR) != self.glass.bgr
        colours = _Colours(swapped, not self.registers["inverted"])
        return b"".join([colours[pixel] for y in range(self.height) for pixel in self._row(y)])

    def _row(self, y: int) -> "array[int]":
        """Return a row of the panel's pixels as it is looked at."""
        glass = self.glass
        turned = glass.mount & MV
        if turned:
            column = glass.columns - 1 - y if glass.mount & MX else y
            first, step, mirrored = glass.page * COLUMNS + glass.column + column, COLUMNS, glass.mount & MY
        else:
            page = glass.pages - 1 - y if glass.mount & MY else y
            first, step, mirrored = (glass.page + page) * COLUMNS + glass.column, 1, glass.mount & MX
        row = self.ram[first : first + step * (self.width - 1) + 1 : step]
        return row[::-1] if mirrored else row

    def state(self) -> dict[str, Any]:
        """Return what decides the picture, fit for JSON; `restore` takes it."""
        return {
            "chip": self.NAME,
            "glass": asdict(self.glass),
            "ram": base64.b64encode(zlib.compress(self.ram.tobytes())).decode(),
            "registers": dict(self.registers),
            "backlight": self.backlight,
        }

    @classmethod
    def restore(cls, state: dict[str, Any]) -> "ST7789":
        """Return a controller that shows the picture of `state`."""
        chip = cls(Glass(**state["glass"]))
        chip.ram = array("H", zlib.decompress(base64.b64decode(state["ram"])))
        chip.registers.update(state["registers"])
        chip.backlight = state["backlight"]
        return chip


class _Colours(dict[int, bytes]):
    """From a pixel of 16 bits to its three bytes, made when it is first asked for."""

    def __init__(self, swapped: bool, complement: bool) -> None:
        super().__init__()
        self._swapped = swapped
        self._flip = 0xFFFF if complement else 0

    def __missing__(self, pixel: int) -> bytes:
        bits = pixel ^ self._flip
        red, green, blue = bits >> 11, bits >> 5 & 0x3F, bits & 0x1F
        if self._swapped:
            red, blue = blue, red
        colour = bytes([red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2])
        self[pixel] = colour
        return colour


def _narrowed(sent: bytes) -> bytes:
    """Return pixels of 18 bits in three bytes as ones of 16 bits in two, high byte first."""
    out = bytearray()
    for red, green, blue in zip(sent[::3], sent[1::3], sent[2::3], strict=True):
        out += ((red >> 3) << 11 | (green >> 2) << 5 | blue >> 3).to_bytes(2, "big")
    return bytes(out)
