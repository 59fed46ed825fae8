"""Sino Wealth SH1107, an OLED controller with RAM for 128 x 128 pixels, on the OLED FeatherWing.

After the SH1107 datasheet V2.1, section "Commands". A byte of its RAM is for eight segment lines and one
common line: pages run along the segments, columns along the commons. The wing has a panel of 128 segments
and 64 commons, which are COM32 to COM95; it is looked at with COM95 uppermost and SEG0 leftmost.
"""

from typing import ClassVar

from .oled import REGISTERS, SETTINGS, SWITCHES, Commands, Oled, line_of, pixels

WIDTH, HEIGHT, COLUMNS = 128, 64, 128
_PAGES = 16
_UPPERMOST = 95
_PAGE, _VERTICAL = 0x20, 0x21


class SH1107(Oled):
    """The controller, with the wing's panel on it."""

    NAME = "sh1107"
    COLUMNS, PAGES = COLUMNS, _PAGES
    width, height = WIDTH, HEIGHT
    REGISTERS: ClassVar[dict[str, int]] = {
        **REGISTERS,
        "contrast": 0x80,
        "charge_pump": 1,  # the DC-DC converter is enabled after power-on, and runs once the display is on
        "mux_ratio": 127,
    }
    ARGUMENTS: ClassVar[dict[int, int]] = dict.fromkeys((0x81, 0xA8, 0xAD, 0xD3, 0xD5, 0xD9, 0xDB, 0xDC), 1)
    SETTINGS: ClassVar[Commands] = {
        **SETTINGS,
        0xA8: ("mux_ratio", 0x7F),
        0xAD: ("charge_pump", 0x01),
        0xD3: ("offset", 0x7F),
        0xDC: ("start_line", 0x7F),
    }
    SWITCHES: ClassVar[Commands] = SWITCHES

    def reset(self) -> None:
        super().reset()
        self._mode = _PAGE

    def _address(self, command: int, _arguments: bytearray) -> bool:
        if command <= 0x0F:
            self._column = self._column & 0x70 | command
        elif command <= 0x17:
            self._column = self._column & 0x0F | (command & 0x07) << 4
        elif command in (_PAGE, _VERTICAL):
            self._mode = command
        elif 0xB0 <= command <= 0xBF:
            self._page = command & 0x0F
        else:
            return False
        return True

    def _remapped(self, column: int) -> int:
        return column  # here the segments lie along the pages

    def _advance(self) -> None:
        if self._mode == _PAGE:
            self._column = (self._column + 1) % COLUMNS
        else:
            self._page = (self._page + 1) % _PAGES
            if self._page == 0:
                self._column = (self._column + 1) % COLUMNS

    def _row(self, y: int) -> list[bool]:
        line = line_of(self.registers, _UPPERMOST - y, COLUMNS)
        if line is None:
            return [False] * WIDTH
        ram = self.gddram
        row = [bool(ram[x // 8 * COLUMNS + line] >> x % 8 & 1) for x in range(WIDTH)]
        return pixels(self.registers, row[::-1] if self.registers["segment_remap"] else row)
