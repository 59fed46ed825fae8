"""UltraChip UC8151D, a controller of e-paper, with a panel of 296 x 128 pixels.

After the UC8151D datasheet, the command table and the look-up tables. The picture is in the ink: a refresh
drives each pixel by the table for its transition from old data to new ones. A table that drives both ways
leaves clean ink; one that drives one way alone is quicker and leaves a ghost of what was there; one that
does not drive leaves what there was. The ink stays without power.

Taken without effect: partial windows, temperatures, voltages. The three-colour mode is none of this
panel's.
"""

import base64
from collections.abc import Callable
from typing import Any

SOURCES, GATES = 128, 296
WIDTH, HEIGHT = GATES, SOURCES  # it is looked at lying on its side
WHITE, BLACK = 0, 31  # ink
_GHOST = 8  # a one-way drive leaves this part of the ink's difference
_INKS = BLACK + 1
_SECOND_NS = 1_000_000_000

_PSR, _POF, _PON, _DSLP, _DTM1, _DRF, _DTM2 = 0x00, 0x02, 0x04, 0x07, 0x10, 0x12, 0x13
_VCOM, _WW, _BW, _WB, _BB, _PLL, _CDI, _TRES = 0x20, 0x21, 0x22, 0x23, 0x24, 0x30, 0x50, 0x61
_TABLES = {_VCOM: 44, _WW: 42, _BW: 42, _WB: 42, _BB: 42}  # bytes
_SLEEP_KEY = 0xA5
_LUT_REG, _UD, _SHL = 0x20, 0x08, 0x04  # bits of PSR
_DDX = 0x10  # of CDI
_RESOLUTIONS = ((96, 230), (96, 252), (128, 296), (160, 296))
_FRAMES_A_SECOND = {0x3F: 29, 0x3E: 33, 0x3D: 40, 0x3C: 50, 0x3B: 67, 0x3A: 100, 0x39: 200}
_POWER_ON_NS = _SECOND_NS // 20
_OTP_NS = 3 * _SECOND_NS  # a refresh by the tables in the chip, which drive both ways
_TO_BLACK, _TO_WHITE = 1, 2  # levels of a table: VDH, VDL
_UNDRIVEN = 4
_BITS = [bytes(byte >> bit & 1 for bit in range(7, -1, -1)) for byte in range(256)]


class UC8151:
    """The controller and its paper. `ink` has a byte for each pixel, 128 by gate line. `now_ns` is the
    world's clock in ns.
    """

    NAME = "uc8151"
    width, height = WIDTH, HEIGHT
    lit = True  # by whatever light falls on it
    backlight = 1.0

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self.ink = bytes(SOURCES * GATES)
        self._before = self.ink  # what was there until the refresh under way
        self._old, self._new = bytearray(), bytearray()
        self.refreshes = 0
        self.powered = True
        self.reset()

    def reset(self) -> None:
        """What the line RST_N does: registers as after power-on, and the end of deep sleep."""
        self.registers = {"psr": 0x0F, "cdi": 0xD7, "pll": 0x3C, "on": 0, "asleep": 0, "tres": 0}
        self._tables: dict[int, bytes] = {}
        self._command = 0
        self._arguments = bytearray()
        self._busy_until_ns = 0

    def power(self, on: bool) -> None:
        """Switch the supply. A refresh that it cuts off leaves the ink half way."""
        if not on and self.powered:
            if self.busy:
                self.ink = bytes((a + b) // 2 for a, b in zip(self._before, self.ink, strict=True))
                self._before = self.ink
            self._old, self._new = bytearray(), bytearray()
            self.reset()
        self.powered = on

    @property
    def busy(self) -> bool:
        """Whether it is at work: then the line BUSY_N is low."""
        return self._now_ns() < self._busy_until_ns

    def command(self, sent: bytes) -> None:
        """Take bytes that came with DC low."""
        for byte in sent if self.powered and not self.registers["asleep"] else b"":
            self._command = byte
            self._arguments.clear()
            if byte == _PON:
                self.registers["on"] = 1
                self._busy_until_ns = self._now_ns() + _POWER_ON_NS
            elif byte == _POF:
                self.registers["on"] = 0
            elif byte == _DTM1:
                self._old = bytearray()
            elif byte == _DTM2:
                self._new = bytearray()
            elif byte == _DRF and self.registers["on"]:
                self._refresh()

    def data(self, sent: bytes) -> None:
        """Take bytes that came with DC high."""
        if not self.powered or self.registers["asleep"]:
            return
        if self._command == _DTM1:
            self._old += sent
            return
        if self._command == _DTM2:
            self._new += sent
            return
        self._arguments += sent
        self._set(self._command, bytes(self._arguments))

    def _set(self, command: int, arguments: bytes) -> None:
        registers = self.registers
        if command in _TABLES:
            if len(arguments) >= _TABLES[command] - 2:
                self._tables[command] = arguments
        elif command == _PSR:
            registers["psr"] = arguments[0]
        elif command == _CDI:
            registers["cdi"] = arguments[0]
        elif command == _PLL:
            registers["pll"] = arguments[0]
        elif command == _TRES and len(arguments) == 3:
            registers["tres"] = arguments[0] << 16 | arguments[1] << 8 | arguments[2]
        elif command == _DSLP and arguments == bytes([_SLEEP_KEY]):
            registers["asleep"] = 1

    def _refresh(self) -> None:
        codes = int.from_bytes(self._transitions(), "big")
        mixed = (codes << 5) + int.from_bytes(self.ink, "big")  # by byte: no sum exceeds one
        self._before = self.ink
        self.ink = mixed.to_bytes(len(self.ink), "big").translate(self._drives())
        self._busy_until_ns = self._now_ns() + self._refresh_ns()
        self.refreshes += 1

    def _transitions(self) -> bytes:
        """Return for each pixel 2 * old + new, or _UNDRIVEN outside of the chosen resolution."""
        size = self.registers["tres"]
        sources, gates = (size >> 16, size & 0x1FF) if size else _RESOLUTIONS[self.registers["psr"] >> 6]
        row = sources // 8
        rows = []
        for gate in range(GATES):
            if gate >= gates:
                rows.append(bytes([_UNDRIVEN]) * SOURCES)
                continue
            old, new = (_bits(ram[gate * row : gate * row + row], sources) for ram in (self._old, self._new))
            codes = bytes(2 * a + b for a, b in zip(old, new, strict=True))
            codes = codes[:SOURCES].ljust(SOURCES, bytes([_UNDRIVEN]))
            rows.append(codes if self.registers["psr"] & _SHL else codes[::-1])
        return b"".join(rows if self.registers["psr"] & _UD else rows[::-1])

    def _drives(self) -> bytes:
        """Return what becomes of an ink by transition: a table of 256 for 32 * transition + ink."""
        order = (_BB, _BW, _WB, _WW) if self.registers["cdi"] & _DDX else (_WW, _WB, _BW, _BB)
        table = bytearray(range(_INKS)) * (256 // _INKS)
        for transition, name in enumerate(order):
            towards, clean = self._drive(name)
            if towards is None:
                continue
            for ink in range(_INKS):
                rest = 0 if clean else int((ink - towards) / _GHOST)
                table[transition * _INKS + ink] = towards + rest
        return bytes(table)

    def _drive(self, name: int) -> tuple[int | None, bool]:
        """Return to which ink a table drives at last (None: it does not), and whether both ways."""
        if not self.registers["psr"] & _LUT_REG:
            return (BLACK if name in (_WB, _BB) else WHITE), True
        levels = []
        table = self._tables.get(name, b"")
        for group in range(0, len(table) - len(table) % 6, 6):
            select, *frames, repeat = table[group : group + 6]
            for phase, count in enumerate(frames):
                level = select >> 6 - 2 * phase & 3
                if count and repeat and level in (_TO_BLACK, _TO_WHITE):
                    levels.append(level)
        if not levels:
            return None, False
        return (BLACK if levels[-1] == _TO_BLACK else WHITE), len(set(levels)) > 1

    def _refresh_ns(self) -> int:
        if not self.registers["psr"] & _LUT_REG:
            return _OTP_NS
        table = self._tables.get(_VCOM, b"")
        frames = 0
        for group in range(0, len(table) - len(table) % 6, 6):
            frames += sum(table[group + 1 : group + 5]) * table[group + 5]
        return frames * _SECOND_NS // _FRAMES_A_SECOND.get(self.registers["pll"], 50)

    def seen(self) -> bytes:
        """Return the ink that is seen now: while a refresh is under way, what was there before."""
        return self._before if self.busy else self.ink

    def picture(self) -> list[list[bool]]:
        """Return the rows of pixels as they are looked at: whether each is black."""
        return [[level > BLACK // 2 for level in row] for row in self._rows()]

    def rgb(self) -> bytes:
        """Return the picture as 3 bytes a pixel, row by row; ghosts are greys."""
        greys = [bytes([255 - 255 * level // BLACK] * 3) for level in range(_INKS)]
        return b"".join([greys[level] for row in self._rows() for level in row])

    def _rows(self) -> list[bytes]:
        ink = self.seen()
        return [ink[source::SOURCES][::-1] for source in range(SOURCES)]

    def state(self) -> dict[str, Any]:
        """Return what decides the picture, fit for JSON; `restore` takes it."""
        return {"chip": self.NAME, "ink": base64.b64encode(self.seen()).decode()}

    def keep(self, state: dict[str, Any]) -> None:
        """Take the picture of `state`, as paper that was put away has it."""
        self.ink = self._before = base64.b64decode(state["ink"])

    @classmethod
    def restore(cls, state: dict[str, Any]) -> "UC8151":
        """Return a controller without power that shows the picture of `state`."""
        chip = cls(lambda: 0)
        chip.powered = False
        chip.keep(state)
        return chip


def _bits(row: bytearray, count: int) -> bytes:
    """Return a byte for each of the `count` bits of a row; what was not sent is 0."""
    return b"".join([_BITS[byte] for byte in row]).ljust(count, b"\0")[:count]
