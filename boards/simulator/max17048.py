"""Maxim MAX17048, a gauge of a lithium cell, at its I2C interface: voltage, charge, mode, version, reset.

After the data sheet 19-6171: registers of 16 bits, the upper byte first (table 2). How it follows the
charge is its maker's; here it has settled on what the voltage of a cell at rest says.
"""

from collections.abc import Callable

_VCELL, _SOC, _MODE, _VERSION, _HIBRT, _CONFIG = 0x02, 0x04, 0x06, 0x08, 0x0A, 0x0C
_VALRT, _CRATE, _VRESET, _STATUS, _COMMAND = 0x14, 0x16, 0x18, 0x1A, 0xFE
_POWER_ON = {
    _VERSION: 0x0012,
    _HIBRT: 0x8030,
    _CONFIG: 0x971C,
    _VALRT: 0x00FF,
    _VRESET: 0x9600,
    _STATUS: 0x0100,
}
_WRITABLE = (_HIBRT, _CONFIG, _VALRT, _VRESET, _STATUS)
_RESET = 0x5400
_VCELL_NV = 78_125  # a step of VCELL
# (mV, 1/256 percent) of a cell at rest
_REST = ((3000, 0), (3300, 512), (3600, 2560), (3700, 7680), (3800, 14080), (4000, 21760), (4200, 25600))


class MAX17048:
    """The chip. `cell_mv` gives the voltage of the cell that it is fed from."""

    def __init__(self, cell_mv: Callable[[], int]) -> None:
        self._cell_mv = cell_mv
        self._registers = dict(_POWER_ON)
        self._pointer = 0
        self._written: list[int] = []
        self._latched = 0
        self._low = False

    def start(self, read: bool) -> bool:
        self._low = False
        if not read:
            self._written = []
        return True

    def write(self, byte: int) -> bool:
        self._written.append(byte)
        if len(self._written) == 1:
            self._pointer = byte
        elif len(self._written) % 2:
            value = self._written[-2] << 8 | byte
            if self._pointer == _COMMAND and value == _RESET:
                self._registers = dict(_POWER_ON)
                return False  # it starts anew before it could acknowledge
            if self._pointer in _WRITABLE:
                self._registers[self._pointer] = value
            self._pointer += 2
        return True

    def read(self) -> int:
        if not self._low:
            self._latched = self._value(self._pointer)
            self._pointer += 2
        self._low = not self._low
        return self._latched >> 8 if self._low else self._latched & 0xFF

    def stop(self) -> None:
        pass

    def _value(self, register: int) -> int:
        if register == _VCELL:
            return self._cell_mv() * 1_000_000 // _VCELL_NV
        if register == _SOC:
            return charge(self._cell_mv())
        return self._registers.get(register, 0)


def charge(mv: int) -> int:
    """Return the charge of a cell at rest, in 1/256 percent."""
    below = _REST[0]
    for point in _REST:
        if mv <= point[0]:
            if point is below:
                return point[1]
            return below[1] + (point[1] - below[1]) * (mv - below[0]) // (point[0] - below[0])
        below = point
    return below[1]
