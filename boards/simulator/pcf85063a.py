"""NXP PCF85063A, a clock chip for a plain crystal with an offset register.

After its data sheet, revision 6: registers (table 5), reset values (8.2.1.2), offset (8.2.3), time (8.3),
STOP (8.2.1.3). It has no battery switch: a board that keeps its time supplies it all the time.
"""

from .pcf import Mode, Pcf


class PCF85063A(Pcf):
    """The chip. A reset of any kind makes it the first of January of year 00, a Saturday."""

    POWER_ON = bytes([0, 0, 0, 0, 0x80, 0, 0, 1, 6, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x18])
    TIME = 4
    OFFSET = 2
    FAST = Mode(240, 1024, 1)  # 4.069 ppm a step
    RESET = 0x58
    TWELVE = 0x02
    WRITABLE = {0: 0xA7, 5: 0x7F, 6: 0x3F, 7: 0x3F, 8: 0x07, 9: 0x1F, 0x11: 0x1F}
    FLAGS = {1: 0x48, 4: 0x80}
