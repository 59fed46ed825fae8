"""The displays that the simulator models, and the one face that all of them have."""

from collections.abc import Callable
from typing import Any, Protocol

from .oled import Oled
from .sh1106 import SH1106
from .sh1107 import SH1107
from .ssd1306 import SSD1306
from .st7789 import ST7789, Glass
from .uc8151 import UC8151

_OLEDS: dict[str, type[Oled]] = {chip.NAME: chip for chip in (SSD1306, SH1106, SH1107)}
CHIPS = (*_OLEDS, ST7789.NAME, UC8151.NAME)


class Display(Protocol):
    """A controller with its panel, `width` x `height` pixels as it is looked at.

    `lit` is whether it shows anything, `backlight` (0 to 1) how bright. `command` and `data` take what comes
    over SPI or a parallel bus with the line D/C low or high.
    """

    powered: bool

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def lit(self) -> bool: ...
    @property
    def backlight(self) -> float: ...
    def command(self, sent: bytes) -> None: ...
    def data(self, sent: bytes) -> None: ...
    def reset(self) -> None: ...

    def power(self, on: bool) -> None:
        """Switch the supply."""

    def rgb(self) -> bytes:
        """Return 3 bytes for each pixel, upper left first, row by row; black where it shows nothing."""

    def state(self) -> dict[str, Any]:
        """Return what decides the picture, fit for JSON."""


def make(chip: str, glass: Glass | None, now_ns: Callable[[], int]) -> Display:
    """Return a new display with that controller; an ST7789 needs its `glass`. Raises ValueError."""
    if chip in _OLEDS:
        return _OLEDS[chip]()
    if chip == UC8151.NAME:
        return UC8151(now_ns)
    if chip == ST7789.NAME and glass is not None:
        return ST7789(glass)
    raise ValueError(f"a display with {chip} is not simulated: choose one of {', '.join(CHIPS)}")


def restore(state: dict[str, Any]) -> Display:
    """Return a display that shows the picture of `state`."""
    if state["chip"] in _OLEDS:
        return _OLEDS[state["chip"]].restore(state)
    return ST7789.restore(state) if state["chip"] == ST7789.NAME else UC8151.restore(state)


def pixels(display: Display) -> list[list[Any]]:
    """Return the rows of pixels: of a mono display whether each has ink, else its (red, green, blue)."""
    if isinstance(display, (Oled, UC8151)):
        return display.picture()
    shown, row = display.rgb(), 3 * display.width
    lines = (shown[start : start + row] for start in range(0, len(shown), row))
    return [list(zip(line[::3], line[1::3], line[2::3], strict=True)) for line in lines]
