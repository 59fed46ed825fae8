"""Microcontrollers, as far as the firmware can tell them apart."""

from dataclasses import dataclass

from .flash import SECTOR


@dataclass(frozen=True)
class Processor:
    """`nvm_sectors` of non-volatile memory, 4 KiB each; a unique id of `uid_bytes`; the clock in Hz.

    `usb` is whether it has a USB device of its own.
    """

    nvm_sectors: int
    uid_bytes: int
    frequency: int
    usb: bool = True

    @property
    def nvm_bytes(self) -> int:
        return self.nvm_sectors * SECTOR


PROCESSORS = {
    "rp2040": Processor(1, 8, 125_000_000),
    "rp2350": Processor(1, 8, 150_000_000),
    "esp32s3": Processor(2, 6, 240_000_000),
    "nrf52840": Processor(2, 8, 64_000_000),
    "esp32": Processor(2, 6, 240_000_000, usb=False),
}


def of(board: dict[str, object]) -> Processor:
    """Return the microcontroller that a board file names; the simulator's own is like an RP2040."""
    return PROCESSORS[str(board.get("microcontroller", "rp2040"))]
