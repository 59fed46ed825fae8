"""NXP PCF8563, and BM8563 which is the same: a clock chip for a plain crystal that cannot be trimmed.

After its data sheet, revision 11: registers (table 4), reset values (table 27), VL (8.4.1.1), century
(8.4.6), STOP (8.10). It has no battery switch: a board that keeps its time supplies it all the time.
"""

from .pcf import Pcf


class PCF8563(Pcf):
    """The chip. The century bit turns over with the years; what it means is the program's affair."""

    # Digits are undefined at power-up; here they are the first of January of year 00.
    POWER_ON = bytes([8, 0, 0x80, 0, 0, 1, 6, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 3, 0])
    TIME = 2
    CENTURY = 0x80
    WRITABLE = {0: 0xA8, 1: 0x1F, 3: 0x7F, 4: 0x3F, 5: 0x3F, 6: 0x07, 7: 0x9F, 0x0D: 0x83, 0x0E: 0x83}
    FLAGS = {1: 0x0C, 2: 0x80}
