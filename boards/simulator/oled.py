"""What the OLED controllers SSD1306, SH1106 and SH1107 have in common: interfaces, command bytes, picture.

A controller is reached over I2C, where control bytes tell commands from data, or over SPI, where the line
D/C does; both lead to `command` and `data`.
"""

import base64
from typing import Any, ClassVar, Self

Picture = list[list[bool]]
Commands = dict[int, tuple[str, int]]

_BLACK, _WHITE = bytes(3), bytes([0xFF] * 3)


class Oled:
    """A controller and the panel on it, mounted as on the usual module.

    `gddram` is the graphic display data RAM: PAGES pages of COLUMNS bytes.
    """

    NAME: ClassVar[str]
    COLUMNS: ClassVar[int]
    PAGES: ClassVar[int]
    width: ClassVar[int]
    height: ClassVar[int]
    REGISTERS: ClassVar[dict[str, int]]  # after a reset
    ARGUMENTS: ClassVar[dict[int, int]]  # how many bytes follow a command; all others have none
    SETTINGS: ClassVar[Commands]  # command: the register that takes its argument, the bits of it
    SWITCHES: ClassVar[Commands]  # command: the register that it sets, the value

    def __init__(self) -> None:
        self.gddram = bytearray(self.COLUMNS * self.PAGES)
        self.powered = True
        self.reset()

    def reset(self) -> None:
        """What the line RES does: registers as after power-on; the RAM is kept."""
        self.registers = dict(self.REGISTERS)
        self._column = self._page = 0
        self._control: int | None = None
        self._command = bytearray()

    def power(self, on: bool) -> None:
        """Switch the supply; without it RAM and registers are lost."""
        if not on:
            self.gddram = bytearray(len(self.gddram))
            self.reset()
        self.powered = on

    # The I2C interface: control bytes Co | D/C# | 000000, each before one byte (Co = 1) or before all that
    # follow (Co = 0).

    def start(self, read: bool) -> bool:
        self._control = None
        return self.powered

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

    # The SPI interface.

    def command(self, sent: bytes) -> None:
        """Take bytes that came with D/C low."""
        for byte in sent:
            self._command_byte(byte)

    def data(self, sent: bytes) -> None:
        """Take bytes that came with D/C high."""
        for byte in sent:
            self._data(byte)

    def _command_byte(self, byte: int) -> None:
        if not self.powered:
            return
        self._command.append(byte)
        if len(self._command) > self.ARGUMENTS.get(self._command[0], 0):
            command, arguments = self._command[0], self._command[1:]
            self._command = bytearray()
            self._execute(command, arguments)

    def _execute(self, command: int, arguments: bytearray) -> None:
        if self._address(command, arguments):
            return
        if command in self.SETTINGS:
            name, mask = self.SETTINGS[command]
            self.registers[name] = arguments[0] & mask
        elif command in self.SWITCHES:
            name, value = self.SWITCHES[command]
            self.registers[name] = value

    def _data(self, byte: int) -> None:
        if self.powered and self._column < self.COLUMNS:
            # The segment remap acts where data are written, not on what is stored already.
            self.gddram[self._page * self.COLUMNS + self._remapped(self._column)] = byte
            self._advance()

    def _remapped(self, column: int) -> int:
        return self.COLUMNS - 1 - column if self.registers["segment_remap"] else column

    def _address(self, command: int, arguments: bytearray) -> bool:
        """Carry out a command that sets the address of data; return whether it was one."""
        raise NotImplementedError

    def _advance(self) -> None:
        """Move the address to where the next byte of data goes."""
        raise NotImplementedError

    def _row(self, y: int) -> list[bool]:
        """Return a row of pixels: whether each is lit, while the panel has its voltage."""
        raise NotImplementedError

    @property
    def lit(self) -> bool:
        """Whether the panel shows anything: switched on, and with the voltage that its pixels need."""
        return bool(self.registers["on"] and self.registers["charge_pump"])

    @property
    def backlight(self) -> float:
        """How bright a lit pixel is, 0 to 1: the contrast."""
        return self.registers["contrast"] / 0xFF

    def picture(self) -> Picture:
        """Return the rows of pixels that an eye sees, upper left first: whether each is lit."""
        if not self.lit:
            return [[False] * self.width for _y in range(self.height)]
        return [self._row(y) for y in range(self.height)]

    def rgb(self) -> bytes:
        """Return the picture as 3 bytes a pixel, row by row."""
        return b"".join(_WHITE if pixel else _BLACK for row in self.picture() for pixel in row)

    def state(self) -> dict[str, Any]:
        """Return what decides the picture, fit for JSON; `restore` takes it."""
        ram = base64.b64encode(self.gddram).decode()
        return {"chip": self.NAME, "gddram": ram, "registers": dict(self.registers)}

    @classmethod
    def restore(cls, state: dict[str, Any]) -> Self:
        """Return a controller that shows the picture of `state`."""
        chip = cls()
        chip.gddram[:] = base64.b64decode(state["gddram"])
        chip.registers.update(state["registers"])
        return chip


def after(value: int, bounds: tuple[int, int], modulus: int) -> tuple[int, bool]:
    """Return the address after `value` within `bounds`, and whether it began anew."""
    return (bounds[0], True) if value == bounds[1] else ((value + 1) % modulus, False)


# What the three have in common.
SETTINGS: Commands = {0x81: ("contrast", 0xFF)}
SWITCHES: Commands = {
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
REGISTERS = {
    "on": 0,
    "charge_pump": 0,
    "entire_on": 0,
    "inverse": 0,
    "contrast": 0x7F,
    "segment_remap": 0,
    "com_remap": 0,
    "offset": 0,
    "start_line": 0,
}


def line_of(registers: dict[str, int], com: int, lines: int) -> int | None:
    """Return the line of the RAM that is driven at the output COM`com`; None where none is.

    `lines` is how many the RAM has. The scan begins at `offset` and takes `mux_ratio` + 1 lines.
    """
    rows = registers["mux_ratio"] + 1
    row = (rows - 1 - com if registers["com_remap"] else com) + registers["offset"]
    row %= lines
    return (row + registers["start_line"]) % lines if row < rows else None


def pixels(registers: dict[str, int], row: list[bool]) -> list[bool]:
    """Return a row as the switches for the whole panel show it."""
    if registers["entire_on"]:
        return [True] * len(row)
    return [not pixel for pixel in row] if registers["inverse"] else row
