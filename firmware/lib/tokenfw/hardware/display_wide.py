"""Colour displays wider than high: 240 x 135 and 320 x 170."""

from .renderer import Renderer

_OFF, _ON = 0x28, 0x29


class WideScreen(Renderer):
    scale = 2
    margin = 6
    digits = ("digits-30x50", "digits-24x50")
    code_height = 50
    subtitle_y, code_y, bar_y, small_y, list_y = 24, 51, 104, 110, 26
    bar_height, scroll, rows, pitch = 4, 5, 4, 27
    bright, dim, accent, late, alarm = 0xFFFFFF, 0xA0A8B4, 0x40E0B0, 0xFFB830, 0xFF6050
    track = 0x20262E
    shades = 4

    def light(self, level: int) -> None:
        try:
            self._display.brightness = (0.0, 0.2, 1.0)[level]
        except RuntimeError:  # no pin switches its light: the panel in front of it goes off
            self._display.bus.send(_ON if level else _OFF, b"")


class WiderScreen(WideScreen):
    """320 x 170."""

    margin = 8
    digits = ("digits-41x72", "digits-32x72")
    code_height = 72
    subtitle_y, code_y, bar_y, small_y, list_y = 26, 56, 134, 144, 28
    bar_height, rows, pitch = 7, 5, 28
