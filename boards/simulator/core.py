"""What CircuitPython's core sets up on a board before boot.py: its display, its supplies, its buses.

The figures are those of CircuitPython 10's definitions of the boards (ports/*/boards/*/board.c).
"""

from dataclasses import dataclass, field
from typing import Any

from .st7789 import MV, MX, MY, Glass

_DELAY = 0x80


@dataclass(frozen=True)
class Spi:
    """A display's wires on an SPI bus, by the pins' names."""

    clock: str
    mosi: str
    command: str
    chip_select: str
    reset: str
    baudrate: int = 24_000_000


@dataclass(frozen=True)
class Parallel:
    """A display's wires on a bus of eight bits."""

    data: tuple[str, ...]
    command: str
    chip_select: str
    write: str
    read: str
    reset: str
    frequency: int


@dataclass(frozen=True)
class BuiltIn:
    """`board.DISPLAY`: how it is wired, and what BusDisplay or EPaperDisplay are told of it.

    `start` is the sequence of commands that begins, `stop` the one that ends a refresh of e-paper.
    """

    wires: Spi | Parallel
    start: bytes
    options: dict[str, Any]
    stop: bytes | None = None
    backlight: str | None = None
    busy: str | None = None


@dataclass(frozen=True)
class Core:
    """The pins of a board file's `power_on` are made high; with `feeds_i2c` they feed the pull-ups of the I2C
    bus too. `latch` is the name of an output that is high, and holds the supply of a battery. `buses` are
    the functions of the module `board` that make the I2C bus.
    """

    display: BuiltIn | None = None
    glass: Glass | None = None
    feeds_i2c: bool = False
    latch: str | None = None
    buses: tuple[str, ...] = field(default=("I2C", "STEMMA_I2C"))


def _sequence(*commands: tuple[int, bytes, int]) -> bytes:
    """Return commands, each with its arguments and ms to wait after it, as displayio takes them."""
    packed = bytearray()
    for command, arguments, wait_ms in commands:
        packed += bytes([command, len(arguments) | (_DELAY if wait_ms else 0)]) + arguments
        if wait_ms:
            packed.append(wait_ms)
    return bytes(packed)


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


_OLED = _sequence(
    (0xAE, b"", 0),
    (0xD5, b"\x80", 0),
    (0xA8, b"\x3f", 0),
    (0xD3, b"\x00", 0),
    (0x40, b"\x00", 0),
    (0xAD, b"\x8b", 0),
    (0xA1, b"", 0),
    (0xC8, b"", 0),
    (0xDA, b"\x12", 0),
    (0x81, b"\xff", 0),
    (0xD9, b"\x1f", 0),
    (0xDB, b"\x20", 0),
    (0x20, b"\x20", 0),
    (0x33, b"", 0),
    (0xA6, b"", 0),
    (0xA4, b"", 0),
    (0xAF, b"", 0),
)
_REVERSE_TFT = _sequence(
    (0x01, b"", 150),
    (0x11, b"", 255),
    (0x13, b"", 0),
    (0x36, b"\x68", 0),
    (0xB6, b"\x0a\x82", 0),
    (0x3A, b"\x55", 10),
    (0xB2, b"\x0c\x0c\x00\x33\x33", 0),
    (0xB7, b"\x35", 0),
    (0xBB, b"\x28", 0),
    (0xC0, b"\x0c", 0),
    (0xC2, b"\x01\xff", 0),
    (0xC3, b"\x10", 0),
    (0xC4, b"\x20", 0),
    (0xC6, b"\x0f", 0),
    (0xD0, b"\xa4\xa1", 0),
    (0xE0, _hex("d00002070a28324442060e121417"), 0),
    (0xE1, _hex("d00002070a283154470e1c171b1e"), 0),
    (0x21, b"", 0),
    (0x29, b"", 255),
)
_TDISPLAY = _sequence(
    (0x01, b"", 150),
    (0x11, b"", 255),
    (0x3A, b"\x55", 10),
    (0x21, b"", 10),
    (0x13, b"", 10),
    (0x36, b"\x60", 0),
    (0x29, b"", 255),
)
_CLUE = _sequence(
    (0x01, b"", 150),
    (0x11, b"", 255),
    (0x36, b"\xa0", 0),
    (0x3A, b"\x55", 0),
    (0x21, b"", 10),
    (0x13, b"", 10),
    (0x29, b"", 255),
)
# The tables of the badge: each pixel is driven both ways, which leaves no ghosts and takes 2.5 seconds.
_TO_WHITE = _hex("5416160d0001602323000002a816160d0001").ljust(42, b"\0")
_TO_BLACK = _hex("a816160d00016023230000025416160d0001").ljust(42, b"\0")
_BADGER = _sequence(
    (0x01, _hex("03002b2b2b"), 0),
    (0x04, b"", 200),
    (0x06, b"\x17\x17\x17", 0),
    (0x00, b"\xbf", 0),
    (0x03, b"\x00", 0),
    (0x41, b"\x00", 0),
    (0x60, b"\x22", 0),
    (0x50, b"\x4c", 0),
    (0x30, b"\x3a", 0),
    (0x20, _hex("0016160d00010023230000020016160d0001").ljust(44, b"\0"), 0),
    (0x21, _TO_WHITE, 0),
    (0x22, _TO_WHITE, 0),
    (0x23, _TO_BLACK, 0),
    (0x24, _TO_BLACK, 0),
)
_SH1106_OPTIONS = {
    "width": 128,
    "height": 64,
    "colstart": 2,
    "color_depth": 1,
    "grayscale": True,
    "pixels_in_byte_share_row": False,
    "set_column_command": 0,
    "set_row_command": 0,
    "write_ram_command": 0,
    "brightness_command": 0x81,
    "single_byte_bounds": True,
    "data_as_commands": True,
    "SH1107_addressing": True,
}
_BADGER_OPTIONS = {
    "width": 296,
    "height": 128,
    "ram_width": 160,
    "ram_height": 296,
    "rotation": 270,
    "write_black_ram_command": 0x13,
    "black_bits_inverted": True,
    "write_color_ram_command": 0x10,
    "refresh_display_command": 0x12,
    "refresh_time": 1.0,
    "busy_state": False,
    "seconds_per_frame": 2.0,
}
_TFT_PINS = ("TFT_DC", "TFT_CS", "TFT_RESET")
_LCD_DATA = tuple(f"LCD_D{bit}" for bit in range(8))

CORES = {
    **dict.fromkeys(("raspberry_pi_pico", "raspberry_pi_pico2"), Core(buses=("STEMMA_I2C",))),
    "adafruit_macropad_rp2040": Core(
        BuiltIn(Spi("SCK", "MOSI", "OLED_DC", "OLED_CS", "OLED_RESET", 10_000_000), _OLED, _SH1106_OPTIONS),
    ),
    "pimoroni_badger2040w": Core(
        BuiltIn(
            Spi("SCK", "MOSI", "INKY_DC", "INKY_CS", "INKY_RST", 1_200_000),
            _BADGER,
            _BADGER_OPTIONS,
            stop=_sequence((0x02, b"", 0)),
            busy="INKY_BUSY",
        ),
        latch="ENABLE_DIO",
        buses=("I2C",),
    ),
    "adafruit_feather_esp32s3_reverse_tft": Core(
        BuiltIn(
            Spi("SCK", "MOSI", *_TFT_PINS, 40_000_000),
            _REVERSE_TFT,
            {"width": 240, "height": 135, "colstart": 40, "rowstart": 53},
            backlight="TFT_BACKLIGHT",
        ),
        Glass(52, 40, 135, 240, MV | MX, bgr=True),
        feeds_i2c=True,
    ),
    "lilygo_tdisplay_s3": Core(
        BuiltIn(
            Parallel(_LCD_DATA, "LCD_DC", "LCD_CS", "LCD_WR", "LCD_RD", "LCD_RST", 15_000_000),
            _TDISPLAY,
            {"width": 320, "height": 170, "rowstart": 35},
            backlight="LCD_BCKL",
        ),
        Glass(35, 0, 170, 320, MV | MX),
        buses=(),
    ),
    "clue_nrf52840_express": Core(
        BuiltIn(
            Spi("TFT_SCK", "TFT_MOSI", *_TFT_PINS, 60_000_000),
            _CLUE,
            {"width": 240, "height": 240, "colstart": 80},
            backlight="TFT_BACKLIGHT",
        ),
        Glass(0, 0, 240, 240, MV | MY),
    ),
    # A chip beside the microcontroller feeds display and light; the core has it switch both on.
    "m5stack_stick_c_plus": Core(glass=Glass(52, 40, 135, 240, MV | MX, bgr=True), buses=("SYS_I2C",)),
}
_PLAIN = Core()


def of(board_id: str) -> Core:
    """Return what the core does on that board."""
    return CORES.get(board_id, _PLAIN)
