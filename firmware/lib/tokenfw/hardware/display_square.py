"""Square colour displays of 240 x 240 pixels."""

from .display_wide import WideScreen


class SquareScreen(WideScreen):
    margin = 6
    digits = ("digits-30x72", "digits-24x72")
    code_height = 72
    subtitle_y, code_y, bar_y, small_y, list_y = 30, 84, 178, 204, 30
    bar_height, rows, pitch = 8, 7, 30
