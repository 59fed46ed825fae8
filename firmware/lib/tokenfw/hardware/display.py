"""Opens the display of a board and gives it the renderer of its class."""

import board
import i2cdisplaybus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

    from tokenfw.parts import Display


def open_display(i2c: "busio.I2C | None", settings: "dict[str, Any]") -> "Display":
    """Return the display of a board file's [display], or one that shows nothing where none can be used."""
    try:
        display = _open(i2c, settings)
    except (AttributeError, OSError, RuntimeError, ValueError):
        return _no_display("the display does not answer: check its cable and address")
    try:
        renderer: Display = _renderer(settings["class"], display.width)(display)
    except OSError:
        return _no_display("the fonts are not on the drive: copy the firmware again")
    return renderer


def _no_display(fault: str) -> "Display":
    from .display_none import NoDisplay

    return NoDisplay(fault)


def _open(i2c: "busio.I2C | None", settings: "dict[str, Any]") -> "Any":
    width, height = settings["width"], settings["height"]
    if settings["driver"] == "builtin":
        display: Any = getattr(board, "DISPLAY")  # noqa: B009 - not every board has one
        if settings["class"] != "paper":
            display.auto_refresh = False
        return display
    if settings["driver"] == "st7789":
        from .display_spi import open_st7789

        return open_st7789(settings)
    if i2c is None:
        raise OSError
    bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=settings["address"])
    if settings["driver"] == "sh1107":
        from adafruit_displayio_sh1107 import SH1107

        return SH1107(bus, width=width, height=height, auto_refresh=False)
    from .display_ssd1306 import open_ssd1306

    return open_ssd1306(bus, width, height)


def _renderer(kind: str, width: int) -> "Any":
    """Return the class that draws on displays of `kind`; only what it needs is imported."""
    if kind == "paper":
        from .display_paper import PaperScreen

        return PaperScreen
    if kind == "square":
        from .display_square import SquareScreen

        return SquareScreen
    if kind == "wide":
        from .display_wide import WiderScreen, WideScreen

        return WiderScreen if width > 240 else WideScreen
    from .display_mono import MonoScreen

    return MonoScreen
