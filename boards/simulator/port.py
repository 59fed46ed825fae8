"""The token's data port for a host program in the same process: a serial port in simulated time."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from . import state
from .clock import SECOND_NS, ManualClock
from .links import MemoryLink
from .simulator import FIRMWARE, Simulator

_STEP = 0.001  # seconds of simulated time between two looks for bytes


class HostPort:
    """The part of pyserial's Serial that a client needs. Waiting for bytes lets the token's time pass.

    `timeout` is in seconds of simulated time; None waits for ever.
    """

    def __init__(self, simulator: Simulator, link: MemoryLink, timeout: float | None) -> None:
        self.simulator = simulator
        self._link = link
        self.timeout = timeout
        self.is_open = True
        link.connected = True

    @property
    def in_waiting(self) -> int:
        return len(self._link.to_host)

    def read(self, size: int = 1) -> bytes:
        """Return `size` bytes, or what has come when the time is up."""
        waited = 0.0
        while len(self._link.to_host) < size and (self.timeout is None or waited < self.timeout):
            self.simulator.run(_STEP)
            waited += _STEP
        data = bytes(self._link.to_host[:size])
        del self._link.to_host[:size]
        return data

    def write(self, data: bytes) -> int:
        self._link.to_token += data
        return len(data)

    def flush(self) -> None:
        """Let the token take what was written."""
        while self._link.to_token:
            self.simulator.run(_STEP)

    def reset_input_buffer(self) -> None:
        self._link.to_host.clear()

    def close(self) -> None:
        """Go away, as a host does: the port is no longer connected."""
        self.is_open = self._link.connected = False


def plug_in(
    utc: int,
    *,
    firmware: Path = FIRMWARE,
    kept: state.Kept | None = None,
    flash_path: Path | None = None,
    faults: Iterable[str] = (),
    console: TextIO | None = None,
) -> tuple[Simulator, HostPort]:
    """Return a token that has just been plugged in at UTC second `utc`, and its port.

    Its clock is moved by hand: by the simulator's `run` and `advance`, and by reading from the port.
    """
    link = MemoryLink()
    simulator = Simulator(
        ManualClock(utc * SECOND_NS),
        link,
        kept or state.new("simulator"),
        console or sys.stderr,
        flash_path=flash_path,
        firmware=firmware,
        faults=faults,
    )
    simulator.power_on()
    return simulator, HostPort(simulator, link, timeout=None)
