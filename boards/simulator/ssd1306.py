"""Solomon Systech SSD1306, an OLED controller of 128 x 64 pixels, at its I2C interface.

After the SSD1306 datasheet revision 1.1: the command tables 9-1 and 9-2 and sections 8.1.5, 8.7 and
10.1. The scroll commands are taken and have no effect on the picture.
"""

import base64
from typing import Any

WIDTH, HEIGHT, PAGES = 128, 64, 8

# How many bytes follow a command; all others have none.
_ARGUMENTS = {
    0x20: 1,
    0x21: 2,
    0x22: 2,
    0x23: 1,
    0x26: 6,
    0x27: 6,
    0x29: 5,
    0x2A: 5,
    0x81: 1,
    0x8D: 1,
    0xA3: 2,
    0xA8: 1,
    0xAD: 1,
    0xD3: 1,
    0xD5: 1,
    0xD6: 1,
    0xD9: 1,
    0xDA: 1,
    0xDB: 1,
}

_HORIZONTAL, _VERTICAL, _PAGE = 0, 1, 2

Picture = list[list[bool]]


class SSD1306:
    """The controller and the panel on it, mounted as on the usual module.

    `gddram` is the graphic display data RAM: 8 pages of 128 bytes by segment line, bit 0 uppermost.
    """

    def __init__(self) -> None:
        self.gddram = bytearray(WIDTH * PAGES)
        self.registers: dict[str, int] = {
            "on": 0,
            "charge_pump": 0,
            "entire_on": 0,
            "inverse": 0,
            "contrast": 0x7F,
            "segment_remap": 0,
            "com_remap": 0,
            "com_pins": 0x12,
            "mux_ratio": 63,
            "offset": 0,
            "start_line": 0,
        }
        self._mode = _PAGE
        self._column = self._page = 0
        self._columns, self._pages = (0, WIDTH - 1), (0, PAGES - 1)
        self._page_column = 0  # the column that page addressing starts a line at
        self._control: int | None = None
        self._command = bytearray()

    # The I2C interface (section 8.1.5): control bytes Co | D/C# | 000000, each before one byte (Co = 1)
    # or before all that follow (Co = 0).

    def start(self, read: bool) -> bool:
        self._control = None
        return True

    def write(self, byte: int) -> bool:
        if self._control is None:
            self._control = byte
            return True
        if self._control & 0x40:
            self._data(byte)
        else:
            self._command_byte(byte)
        if self._control & 0x80:
            self._control = None
        return True

    def read(self) -> int:
        """The status register: bit 6 is set while the display is off."""
        return 0 if self.registers["on"] else 0x40

    def stop(self) -> None:
        pass

    def _command_byte(self, byte: int) -> None:
        self._command.append(byte)
        if len(self._command) > _ARGUMENTS.get(self._command[0], 0):
            command, arguments = self._command[0], self._command[1:]
            self._command = bytearray()
            self._execute(command, arguments)

    def _execute(self, command: int, arguments: bytearray) -> None:
        registers = self.registers
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
        elif 0x40 <= command <= 0x7F:
            registers["start_line"] = command & 0x3F
        elif 0xB0 <= command <= 0xB7:
            if self._mode == _PAGE:
                self._page = command & 7
        elif command in _WITH_ARGUMENT:
            name, mask = _WITH_ARGUMENT[command]
            registers[name] = arguments[0] & mask
        elif command in _SWITCHES:
            name, value = _SWITCHES[command]
            registers[name] = value

    def _set_page_column(self, command: int) -> None:
        if command & 0x10:
            self._page_column = self._page_column & 0x0F | (command & 0x07) << 4
        else:
            self._page_column = self._page_column & 0x70 | command & 0x0F
        if self._mode == _PAGE:
            self._column = self._page_column

    def _data(self, byte: int) -> None:
        # The segment remap acts where data are written, not on what is stored already.
        segment = WIDTH - 1 - self._column if self.registers["segment_remap"] else self._column
        self.gddram[self._page * WIDTH + segment] = byte
        if self._mode == _HORIZONTAL:
            self._column, wrapped = _after(self._column, self._columns, WIDTH)
            if wrapped:
                self._page, _ = _after(self._page, self._pages, PAGES)
        elif self._mode == _VERTICAL:
            self._page, wrapped = _after(self._page, self._pages, PAGES)
            if wrapped:
                self._column, _ = _after(self._column, self._columns, WIDTH)
        else:
            self._column = self._page_column if self._column == WIDTH - 1 else self._column + 1

    @property
    def lit(self) -> bool:
        """Whether the panel shows anything: switched on, and with the voltage of the charge pump."""
        return bool(self.registers["on"] and self.registers["charge_pump"])

    def picture(self) -> Picture:
        """Return the 64 rows of 128 pixels that an eye sees, upper left first: whether each is lit."""
        return [self._row(y) for y in range(HEIGHT)]

    def _row(self, y: int) -> list[bool]:
        registers = self.registers
        rows = registers["mux_ratio"] + 1
        com = HEIGHT - 1 - y  # the panel is mounted with COM63 uppermost and SEG127 leftmost
        row = (rows - 1 - com if registers["com_remap"] else com) + registers["offset"]
        row %= HEIGHT
        if not self.lit or row >= rows:
            return [False] * WIDTH
        if registers["entire_on"]:
            return [True] * WIDTH
        line = (row + registers["start_line"]) % HEIGHT
        page, bit = line // 8 * WIDTH, line % 8
        inverse = bool(registers["inverse"])
        ram = self.gddram
        return [bool(ram[page + WIDTH - 1 - x] >> bit & 1) != inverse for x in range(WIDTH)]

    def state(self) -> dict[str, Any]:
        """Return what decides the picture, fit for JSON; `restore` takes it."""
        return {"gddram": base64.b64encode(self.gddram).decode(), "registers": dict(self.registers)}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> "SSD1306":
        """Return a controller that shows the picture of `state`."""
        chip = cls()
        chip.gddram[:] = base64.b64decode(state["gddram"])
        chip.registers.update(state["registers"])
        return chip


def _after(value: int, bounds: tuple[int, int], modulus: int) -> tuple[int, bool]:
    """Return the address after `value` within `bounds`, and whether it began anew."""
    return (bounds[0], True) if value == bounds[1] else ((value + 1) % modulus, False)


_WITH_ARGUMENT = {
    0x81: ("contrast", 0xFF),
    0x8D: ("charge_pump", 0x04),
    0xA8: ("mux_ratio", 0x3F),
    0xD3: ("offset", 0x3F),
    0xDA: ("com_pins", 0x32),
}

_SWITCHES = {
    0xA0: ("segment_remap", 0),
    0xA1: ("segment_remap", 1),
    0xA4: ("entire_on", 0),
    0xA5: ("entire_on", 1),
    0xA6: ("inverse", 0),
    0xA7: ("inverse", 1),
    0xAE: ("on", 0),
    0xAF: ("on", 1),
    0xC0: ("com_remap", 0),
    0xC8: ("com_remap", 1),
}
