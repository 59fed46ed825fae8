"""An I2C bus and what a chip on it is: an engine-independent meeting place of addresses and bytes."""

from typing import Protocol


class Chip(Protocol):
    """A chip on the wire. It knows nothing of the interpreter that talks to it."""

    def start(self, read: bool) -> bool:
        """A start condition with the chip's address; return whether the chip acknowledges."""

    def write(self, byte: int) -> bool:
        """Take a byte; return whether the chip acknowledges it."""

    def read(self) -> int:
        """Give the next byte."""

    def stop(self) -> None:
        """A stop condition."""


class Nack(Exception):
    """No chip acknowledged: `at_address` says whether the address (True) or a data byte (False)."""

    def __init__(self, at_address: bool) -> None:
        super().__init__("no acknowledgement of the " + ("address" if at_address else "data"))
        self.at_address = at_address


class I2CBus:
    """Chips by 7-bit address. `bits` counts the clock pulses used, start and stop included."""

    def __init__(self) -> None:
        self.chips: dict[int, Chip] = {}
        self.bits = 0

    def transfer(self, address: int, out: bytes | None, count: int = 0) -> bytes:
        """Write `out` (None: no write phase), then read `count` bytes after a repeated start, and stop.

        Empty bytes are an address probe. Raises Nack.
        """
        chip = self.chips.get(address)
        self.bits += 11
        if chip is None:
            raise Nack(at_address=True)
        try:
            if out is not None:
                self._write(chip, out)
            return self._read(chip, count) if count else b""
        finally:
            chip.stop()

    def _write(self, chip: Chip, out: bytes) -> None:
        if not chip.start(False):
            raise Nack(at_address=True)
        for byte in out:
            self.bits += 9
            if not chip.write(byte):
                raise Nack(at_address=False)

    def _read(self, chip: Chip, count: int) -> bytes:
        self.bits += 10 + 9 * count
        if not chip.start(True):
            raise Nack(at_address=True)
        return bytes(chip.read() for _ in range(count))
