"""Opens the display of a board and gives it the renderer of its class."""

import board
import i2cdisplaybus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import busio

    from tokenfw.parts import Display
    from tokenfw.views import View


class NoDisplay:
    """Stands for a display that cannot be used: the desk is told, codes go over the wire."""

    bar_width = 128
    rows = 4
    still = pending = False

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def show(self, view: "View") -> None:
        pass

    def light(self, level: int) -> None:
        pass


def open_display(i2c: "busio.I2C | None", settings: "dict[str, Any]") -> "Display":
    """Return the display of a board file's [display], or a NoDisplay where none can be used."""
    try:
        display = _open(i2c, settings)
    except (AttributeError, OSError, RuntimeError, ValueError):
        return NoDisplay("the display does not answer: check its cable and address")
    try:
        renderer: Display = _renderer(settings["class"], display.width)(display)
    except OSError:
        return NoDisplay("the fonts are not on the drive: copy the firmware again")
    return renderer


def _open(i2c: "busio.I2C | None", settings: "dict[str, Any]") -> "Any":
    width, height = settings["width"], settings["height"]
    if settings["driver"] == "builtin":
        display: Any = getattr(board, "DISPLAY")  # noqa: B009 - not every board has one
        if settings["class"] != "paper":
            display.auto_refresh = False
        return display
    if settings["driver"] == "st7789":
        return _open_st7789(settings)
    if i2c is None:
        raise OSError
    bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=settings["address"])
    if settings["driver"] == "sh1107":
        from adafruit_displayio_sh1107 import SH1107

        return SH1107(bus, width=width, height=height, auto_refresh=False)
    from adafruit_displayio_ssd1306 import SSD1306

    return SSD1306(bus, width=width, height=height, auto_refresh=False)


def _open_st7789(settings: "dict[str, Any]") -> "Any":
    """Return a colour display on an SPI bus of its own."""
    import busio
    import fourwire
    from adafruit_st7789 import ST7789

    pins = {
        key: getattr(board, settings[key]) for key in ("clock", "mosi", "command", "chip_select", "reset")
    }
    bus = fourwire.FourWire(
        busio.SPI(pins["clock"], MOSI=pins["mosi"]),
        command=pins["command"],
        chip_select=pins["chip_select"],
        reset=pins["reset"],
    )
    place = {key: settings[key] for key in ("width", "height", "rotation", "colstart", "rowstart")}
    return ST7789(bus, bgr=settings["bgr"], auto_refresh=False, **place)


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
