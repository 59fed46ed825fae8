"""Sino Wealth SH1106, an OLED controller with RAM for 132 x 64 pixels under a panel of 128 x 64.

After the SH1106 datasheet V2.3, section "Commands". It knows page addressing alone.
"""

from typing import ClassVar

from .oled import REGISTERS, SETTINGS, SWITCHES, Commands, Oled, line_of, pixels

WIDTH, HEIGHT, COLUMNS = 128, 64, 132
_LEFT = 129  # the segment line of the leftmost pixel: two lines at each side lead nowhere


class SH1106(Oled):
    """The controller. In a byte of its RAM, for one segment line, bit 0 is uppermost."""

    NAME = "sh1106"
    COLUMNS, PAGES = COLUMNS, 8
    width, height = WIDTH, HEIGHT
    REGISTERS: ClassVar[dict[str, int]] = {
        **REGISTERS,
        "contrast": 0x80,
        "charge_pump": 1,  # the DC-DC converter is enabled after power-on, and runs once the display is on
        "mux_ratio": 63,
        "com_pins": 0x12,
    }
    ARGUMENTS: ClassVar[dict[int, int]] = dict.fromkeys((0x81, 0xA8, 0xAD, 0xD3, 0xD5, 0xD9, 0xDA, 0xDB), 1)
    SETTINGS: ClassVar[Commands] = {
        **SETTINGS,
        0xA8: ("mux_ratio", 0x3F),
        0xAD: ("charge_pump", 0x01),
        0xD3: ("offset", 0x3F),
        0xDA: ("com_pins", 0x12),
    }
    SWITCHES: ClassVar[Commands] = {**SWITCHES, **{0x40 + line: ("start_line", line) for line in range(64)}}

    def _address(self, command: int, _arguments: bytearray) -> bool:
        if command <= 0x0F:
            self._column = self._column & 0xF0 | command
        elif command <= 0x1F:
            self._column = self._column & 0x0F | (command & 0x0F) << 4
        elif 0xB0 <= command <= 0xB7:
            self._page = command & 7
        else:
            return False
        return True

    def _advance(self) -> None:
        self._column += 1  # stays beyond the last column, where data are lost

    def _row(self, y: int) -> list[bool]:
        line = line_of(self.registers, HEIGHT - 1 - y, HEIGHT)  # COM63 is uppermost
        if line is None:
            return [False] * WIDTH
        page, bit = line // 8 * COLUMNS + _LEFT, line % 8
        ram = self.gddram
        return pixels(self.registers, [bool(ram[page - x] >> bit & 1) for x in range(WIDTH)])
