"""Opens a display that hangs on an SPI bus of its own."""

import board
import busio
import fourwire
from adafruit_st7789 import ST7789

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def open_st7789(settings: "dict[str, Any]") -> "Any":
    """Return a colour display on an SPI bus of its own."""
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
