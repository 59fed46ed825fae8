"""Solomon Systech SSD1306, an OLED controller of 128 x 64 pixels.

After the SSD1306 datasheet revision 1.1: the command tables 9-1 and 9-2 and sections 8.1.5, 8.7 and
10.1. The scroll commands are taken and have no effect on the picture.
"""

from typing import ClassVar

from .oled import REGISTERS, SETTINGS, SWITCHES, Commands, Oled, after, line_of, pixels

WIDTH, HEIGHT, PAGES = 128, 64, 8

_HORIZONTAL, _VERTICAL, _PAGE = 0, 1, 2


class SSD1306(Oled):
    """The controller. In a byte of its RAM, for one segment line, bit 0 is uppermost."""

    NAME = "ssd1306"
    COLUMNS, PAGES = WIDTH, PAGES
    width, height = WIDTH, HEIGHT
    REGISTERS: ClassVar[dict[str, int]] = {**REGISTERS, "com_pins": 0x12, "mux_ratio": 63}
    ARGUMENTS: ClassVar[dict[int, int]] = {
        **{0x20: 1, 0x21: 2, 0x22: 2, 0x23: 1, 0x26: 6, 0x27: 6, 0x29: 5, 0x2A: 5},
        **{0x81: 1, 0x8D: 1, 0xA3: 2, 0xA8: 1, 0xAD: 1, 0xD3: 1, 0xD5: 1, 0xD6: 1},
        **{0xD9: 1, 0xDA: 1, 0xDB: 1},
    }
    SETTINGS: ClassVar[Commands] = {
        **SETTINGS,
        0x8D: ("charge_pump", 0x04),
        0xA8: ("mux_ratio", 0x3F),
        0xD3: ("offset", 0x3F),
        0xDA: ("com_pins", 0x32),
    }
    SWITCHES: ClassVar[Commands] = {**SWITCHES, **{0x40 + line: ("start_line", line) for line in range(64)}}

    def reset(self) -> None:
        super().reset()
        self._mode = _PAGE
        self._columns, self._pages = (0, WIDTH - 1), (0, PAGES - 1)
        self._page_column = 0  # the column that page addressing starts a line at

    def _address(self, command: int, arguments: bytearray) -> bool:
        if command <= 0x1F:
            self._set_page_column(command)
        elif command == 0x20:
            self._mode = arguments[0] & 3
        elif command == 0x21:
            self._columns = (arguments[0] & 0x7F, arguments[1] & 0x7F)
            self._column = self._columns[0]
        elif command == 0x22:
            self._pages = (arguments[0] & 7, arguments[1] & 7)
            self._page = self._pages[0]
        elif 0xB0 <= command <= 0xB7:
            if self._mode == _PAGE:
                self._page = command & 7
        else:
            return False
        return True

    def _set_page_column(self, command: int) -> None:
        if command & 0x10:
            self._page_column = self._page_column & 0x0F | (command & 0x07) << 4
        else:
            self._page_column = self._page_column & 0x70 | command & 0x0F
        if self._mode == _PAGE:
            self._column = self._page_column

    def _advance(self) -> None:
        if self._mode == _HORIZONTAL:
            self._column, wrapped = after(self._column, self._columns, WIDTH)
            if wrapped:
                self._page, _ = after(self._page, self._pages, PAGES)
        elif self._mode == _VERTICAL:
            self._page, wrapped = after(self._page, self._pages, PAGES)
            if wrapped:
                self._column, _ = after(self._column, self._columns, WIDTH)
        else:
            self._column = self._page_column if self._column == WIDTH - 1 else self._column + 1

    def _row(self, y: int) -> list[bool]:
        # The panel is mounted with COM63 uppermost and SEG127 leftmost.
        line = line_of(self.registers, HEIGHT - 1 - y, HEIGHT)
        if line is None:
            return [False] * WIDTH
        page, bit = line // 8 * WIDTH, line % 8
        ram = self.gddram
        return pixels(self.registers, [bool(ram[page + WIDTH - 1 - x] >> bit & 1) for x in range(WIDTH)])
