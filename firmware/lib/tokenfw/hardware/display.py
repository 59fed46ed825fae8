"""Draws a View on a monochrome display of 128 x 64 pixels with CircuitPython's displayio."""

import displayio
import i2cdisplaybus
import terminalio
import vectorio
from adafruit_display_text import wrap_text_to_lines
from adafruit_display_text.label import Label
from adafruit_displayio_ssd1306 import SSD1306

TYPE_CHECKING = False
if TYPE_CHECKING:
    import busio

    from tokenfw.app import Display
    from tokenfw.views import View

_FONT = terminalio.FONT
_WHITE = 0xFFFFFF


class NoDisplay:
    """Stands for a display that does not answer: the desk is told, codes go over the wire."""

    bar_width = 128
    rows = 4
    still = False
    fault = "the display does not answer: check its cable and address"

    def show(self, view: "View") -> None:
        pass

    def light(self, level: int) -> None:
        pass


class MonoDisplay:
    """The renderer: one label for each place of a View, and the bar."""

    rows = 4
    still = False
    fault = ""

    def __init__(self, display: SSD1306) -> None:
        self._display = display
        self.bar_width = display.width
        cell_width, self._line = _FONT.get_bounding_box()[:2]
        self._columns = display.width // cell_width
        self._title = _label(0, 0)
        self._corner = _label(0, 0)
        self._subtitle = _label(0, self._line)
        self._code = _label(0, 2 * self._line, scale=2)
        self._message = _label(0, 2 * self._line + 1)
        self._small = _label(0, display.height - self._line)
        palette = displayio.Palette(1)
        palette[0] = _WHITE
        self._bar = vectorio.Rectangle(pixel_shader=palette, width=1, height=2, x=0, y=4 * self._line + 1)
        group = displayio.Group()
        for label in (self._title, self._corner, self._subtitle, self._code, self._message, self._small):
            group.append(label)
        group.append(self._bar)
        display.root_group = group

    def show(self, view: "View") -> None:
        """Put `view` on the screen; what is too long for its place is cut and marked."""
        space = self._columns - len(view.corner) - 1 if view.corner else self._columns
        _write(self._title, _fit(view.title, space))
        _write(self._corner, view.corner)
        self._corner.x = self.bar_width - self._corner.width
        _write(self._subtitle, _fit(view.subtitle, self._columns))
        _write(self._code, view.code)
        self._code.x = (self.bar_width - 2 * self._code.width) // 2
        lines = wrap_text_to_lines(_drawable(view.message), self._columns)[:2]
        _write(self._message, "\n".join([_centred(line, self._columns) for line in lines]))
        _write(self._small, _fit(view.small, self._columns))
        self._bar.hidden = view.bar < 1
        if view.bar >= 1:
            self._bar.width = view.bar
        self._display.refresh()

    def light(self, level: int) -> None:
        """Be off (0), dim (1) or bright (2)."""
        if level:
            self._display.wake()
        else:
            self._display.sleep()


def open_display(i2c: "busio.I2C | None", settings: "dict[str, int]") -> "Display":
    """Return the display of a board file's [display], or a NoDisplay where none answers."""
    if i2c is None:
        return NoDisplay()
    try:
        bus = i2cdisplaybus.I2CDisplayBus(i2c, device_address=settings["address"])
        display = SSD1306(bus, width=settings["width"], height=settings["height"], auto_refresh=False)
    except (OSError, RuntimeError, ValueError):
        return NoDisplay()
    return MonoDisplay(display)


def _label(x: int, y: int, scale: int = 1) -> "Label":
    # A label's y is its middle; with these anchors it is the top of its first line.
    label = Label(_FONT, color=_WHITE, scale=scale, text=" ", base_alignment=False)
    label.anchor_point = (0, 0)
    label.anchored_position = (x, y)
    return label


def _write(label: "Label", text: str) -> None:
    if label.text != text:
        label.text = text


def _drawable(text: str) -> str:
    """Return `text` with every character that the font lacks shown as a question mark."""
    text = text.replace("±", "+-")  # a board's built-in font has little beyond ASCII
    return "".join([character if _FONT.get_glyph(ord(character)) else "?" for character in text])


def _fit(text: str, columns: int) -> str:
    text = _drawable(text)
    return text if len(text) <= columns else text[: columns - 2] + ".."


def _centred(text: str, columns: int) -> str:
    return " " * ((columns - len(text)) // 2) + text
