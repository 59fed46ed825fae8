"""How fast the simulator is: frames drawn a second, and how much faster than the world time can pass."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator
from tests.simulator.client import Client

UTC = 1_800_000_000
ROUNDS = 5


def frames_per_second(simulator: Simulator) -> float:
    """Return how many frames are drawn a second; the screen has a bar that moves at every step."""
    frames, before = 0, b""
    started = time.perf_counter()
    for _ in range(300):
        simulator.run(0.01)
        shown = bytes(simulator.hardware.display.gddram)
        frames += shown != before
        before = shown
    return frames / (time.perf_counter() - started)


def main() -> None:
    """Print the medians of a few rounds."""
    drawn, idle = [], []
    for period, found in ((1, drawn), (3600, idle)):
        with tempfile.TemporaryDirectory() as folder:
            simulator, port = plug_in(UTC, flash_path=Path(folder) / "flash.bin")
            simulator.run(2)
            client = Client(port)
            client.set_time(simulator)
            client.add(period=period)
            for _ in range(ROUNDS):
                if period == 1:
                    found.append(frames_per_second(simulator))
                else:
                    started = time.perf_counter()
                    simulator.run(30)
                    found.append(30 / (time.perf_counter() - started))
            simulator.close()
    print(f"Simulator, cpython engine, one process (medians of {ROUNDS} rounds)")
    print(f"    frames drawn per second          {median(drawn):8.0f}")
    print(f"    times the world's speed, at rest {median(idle):8.0f}")


if __name__ == "__main__":
    main()
