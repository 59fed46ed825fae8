"""How exactly the desk sets a token's clock over a line with jitter.

    python -m tests.desk.sync_jitter --runs 200 [--jitter 40] [--uf2 FILE]

Every message, there and back, takes from 0 to `--jitter` ms more than the one before it may have taken. The
token is the real firmware in the simulator, or with `--uf2` on CircuitPython's own image on the emulated Pico
(minutes). What is compared is the token's UTC and the world's, over a line without jitter, after each sync.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from provisioner import sync
from tests.pico.bench import Fob, emulated, simulated

UTC = 1_800_000_000
AIM_MS = 50  # at the 99th percentile
_NS_PER_MS = 1_000_000
_LONGEST_NS = 1_700 * _NS_PER_MS  # between two syncs: any phase of the second, and of the token's steps


def measured(fob: Fob, runs: int, jitter_ms: int, seed: int) -> list[tuple[float, float]]:
    """Return (error, uncertainty) in ms of each sync: how far the clock was off, and was said to be.

    `fob` is connected and has an owner, and no account, so that no time needs a press.
    """
    source = random.Random(seed)
    found = []
    for _ in range(runs):
        ahead_ns = source.randrange(-(10**12), 10**12)  # what the desk takes the time to be

        def desk_ns(ahead_ns: int = ahead_ns) -> int:
            return fob.now_ns() + ahead_ns

        fob.wire.delay_ns = lambda: source.randrange(jitter_ms * _NS_PER_MS + 1)
        done = sync.synchronise(fob.token, desk_ns)
        fob.wire.delay_ns = lambda: 0
        after = sync.measure(fob.token, desk_ns)
        assert after.offset_ns is not None
        found.append((after.offset_ns / _NS_PER_MS, done.after.uncertainty_ns / _NS_PER_MS))
        pause_ns = fob.now_ns() + source.randrange(_LONGEST_NS)
        fob.until(lambda end_ns=pause_ns: fob.now_ns() >= end_ns)  # type: ignore[misc]
    return found


def percentile(errors: list[float], percent: float) -> float:
    """Return the least error that so many per cent of all are not above."""
    ordered = sorted(map(abs, errors))
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * percent) // 100) - 1))]


def main() -> int:
    """Print the errors; return 1 where they miss the aim."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--jitter", type=int, default=40, metavar="MS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--uf2", type=Path, metavar="FILE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fob = emulated(given.uf2, UTC, Path(folder)) if given.uf2 else simulated(UTC)
        assert fob.until(lambda: bool(fob.texts())), "nothing on the screen"
        with fob.connected():
            fob.pair()
            found = measured(fob, given.runs, given.jitter, given.seed)
        fob.simulator.close()
    errors = [error for error, _said in found]
    print(f"{given.runs} syncs, 0 to {given.jitter} ms of jitter on each message, there and back")
    for percent in (50, 90, 99, 100):
        print(f"error at the {percent}th percentile: {percentile(errors, percent):.1f} ms")
    said = max(said for _error, said in found)
    print(f"mean: {sum(errors) / len(errors):+.1f} ms; said to be off by {said:.1f} ms at most")
    return int(percentile(errors, 99) > AIM_MS)


if __name__ == "__main__":
    sys.exit(main())
