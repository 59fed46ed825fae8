"""Solomon Systech SSD1306, 128 pixels wide, by its data sheet (revision 1.1). Needed once, at the start.

Adafruit's driver is a class, which takes 1.5 kB of a board's heap for as long as there is a display.
"""

from busdisplay import BusDisplay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from i2cdisplaybus import I2CDisplayBus


def open_ssd1306(bus: "I2CDisplayBus", width: int, height: int) -> BusDisplay:
    """Return the display, switched on."""
    setup = (
        (0xAE,),  # off meanwhile
        (0x20, 0x00),  # bytes go along a row, each of eight pixels one below the other
        (0xA8, height - 1),  # how many rows are driven
        (0xDA, 0x12),  # wired in turns
        (0xA1,),  # column 127 is the first
        (0xC8,),  # the last row is on top
        (0xD5, 0x80),  # the oscillator's frequency, as after a reset
        (0xD9, 0xF1),  # phases of precharging, for the charge pump
        (0xDB, 0x40),  # the level at which a row is let go
        (0x8D, 0x14),  # the charge pump makes the panel's voltage
        (0x81, 0xCF),  # contrast
        (0xA6,),  # a one is a pixel that shines
        (0xAF,),  # on
    )
    commands = b"".join([bytes([line[0], len(line) - 1]) + bytes(line[1:]) for line in setup])
    return BusDisplay(
        bus,
        commands,
        width=width,
        height=height,
        color_depth=1,
        grayscale=True,
        pixels_in_byte_share_row=False,
        set_column_command=0x21,
        set_row_command=0x22,
        data_as_commands=True,
        brightness_command=0x81,
        single_byte_bounds=True,
        auto_refresh=False,
    )
