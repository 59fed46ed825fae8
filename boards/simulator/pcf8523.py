"""NXP PCF8523, a clock chip with a battery switch, for a plain crystal.

After its data sheet, revision 7: registers (table 5) and their reset values (8.4), Control_3 and battery
switch-over (8.5), time (8.6), offset (8.8), STOP (8.10).
"""

from .pcf import Mode, Pcf

_CONTROL_3 = 2
_SWITCH_OFF = 0x40  # of the three bits PM that say how the battery is used, the one that disables it
_BSF = 0x08  # the chip has switched to its battery


class PCF8523(Pcf):
    """The chip. Fresh from the factory it does not use its battery: Control_3 has to allow it first."""

    # Digits are undefined at power-up; here they are the first of January of year 00.
    POWER_ON = bytes([0, 0, 0xE0, 0x80, 0, 0, 1, 6, 1, 0, 0x80, 0x80, 0x80, 0x80, 0, 0, 7, 0, 7, 0])
    TIME = 3
    OFFSET = 0x0E
    FAST = Mode(60, 4096, 1)  # 4.069 ppm a step
    RESET = 0x58
    TWELVE = 0x08
    WRITABLE = {
        0: 0xAF,
        1: 0x07,
        2: 0xE3,
        4: 0x7F,
        5: 0x3F,
        6: 0x3F,
        7: 0x07,
        8: 0x1F,
        0x10: 0x07,
        0x12: 0x77,
    }
    FLAGS = {1: 0x78, 2: 0x08, 3: 0x80}

    def power_off(self) -> None:
        super().power_off()
        if self._battery:
            self._registers[_CONTROL_3] |= _BSF

    def _goes_on(self) -> bool:
        return not self._registers[_CONTROL_3] & _SWITCH_OFF

    def _reset(self) -> None:
        # The digits stay, but that they can be trusted is forgotten.
        digits = self._registers[self.TIME + 1 : self.TIME + 7]
        super()._reset()
        self._registers[self.TIME + 1 : self.TIME + 7] = digits
