"""Black-and-white displays of 128 x 64 pixels that shine: SSD1306, SH1106, SH1107."""

from .renderer import Renderer

_OFF, _ON = 0xAE, 0xAF  # commands that these controllers share
_DIM = 0.05


class MonoScreen(Renderer):
    digits = ("digits-15x24", "digits-12x24")
    subtitle_y, code_y, bar_y, small_y, list_y = 12, 25, 50, 52, 12

    def light(self, level: int) -> None:
        """Off also stops the current through the panel, which would wear it unevenly."""
        self._display.bus.send(_ON if level else _OFF, b"")
        if level:
            self._display.brightness = 1.0 if level > 1 else _DIM
