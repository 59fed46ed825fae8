"""Rubbish at every door: `python -m tests.verifier.fuzz [--seconds N] [--seed S]` (60 seconds).

Over HTTP to a running service, to the RADIUS server, and as files of seeds; a round of each, again and again.
No answer may have a status of 500 or more, and nothing that comes out (answers, log, errors) may hold a
secret. In the end a right code is still accepted once, the audit is whole, and the service holds no more
memory than early on.
"""

import argparse
import logging
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Self

from host_verify import audit
from host_verify.database import file_place
from host_verify.service import add_token

from . import fuzz_http, fuzz_imports, radius_fuzz
from .fuzz_http import NO_HTTP, SECRETS, Told, for_seconds
from .parts import NOON, account, code_of, new_store, open_store
from .serving import Serving

HOTP = account(kind="hotp", secret=b"h" * 20)
GROWTH = 64 << 20  # bytes that all processes of the service may gain after the first round
_ROUND = 20.0  # seconds
_OPTIONS = ("--rate-key", "0", "--rate-all", "0", "--admin")


class Run:
    """A service under fire while the `with` block runs, and what was counted; at its end it is looked at."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.drawn = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.place = file_place(new_store(folder))
        with open_store(self.place) as store:
            add_token(store, "anna", None, account(), NOON)
            add_token(store, "bob", None, HOTP, NOON)
        self.serving = Serving(self.place, *_OPTIONS)
        self.told = Told(self.serving.keys.values())
        self.radius: Counter[str] = Counter()
        self.imports: Counter[str] = Counter()
        self.grown: list[int] = []

    def round(self, seconds: float) -> None:
        """Have each door's turn, together so long."""
        fuzz_http.by_the_page(self.serving, self.told, self.drawn, for_seconds(seconds * 0.4))
        fuzz_http.by_bytes(self.serving, self.told, self.drawn, for_seconds(seconds * 0.2))
        with tempfile.TemporaryDirectory() as folder:
            self.radius += radius_fuzz.fuzz(Path(folder), self.drawn.getrandbits(64), seconds * 0.2)
        self.imports += fuzz_imports.fuzz(self.drawn, for_seconds(seconds * 0.2))
        self.grown.append(fuzz_http.memory([self.serving.process.pid, *self.serving.workers()]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.serving.__exit__()
            return
        with self.serving:
            counted = fuzz_http.metrics(self.serving)
            answered = sum(self.told.counts[status] for status in self.told.counts if status != NO_HTTP)
            assert counted.total() >= answered, (counted, self.told.counts)
            assert not [status for status in counted if status >= "500"], counted
            with self.serving.client() as client:
                for accepted in (True, False):
                    answer = client.post("/v1/verify", json={"user": "bob", "code": code_of(HOTP, 0)})
                    assert answer.json()["accepted"] is accepted
        for secret in (*SECRETS, *self.serving.keys.values()):
            assert secret not in self.serving.said
        for fault in ("a fault of the program", "Traceback", "the store failed"):
            assert fault not in self.serving.said, self.serving.said[-3000:]
        assert not self.grown or self.grown[-1] <= self.grown[0] + GROWTH, self.grown
        with open_store(self.place) as store:
            assert audit.examine(store).faults == []


def report(run: Run, took: float) -> None:
    """Print what was sent and what came back."""
    print(f"seed {run.seed}, {took:.0f} s: no status of 500 or more, no secret outside")
    for what, counts in (("HTTP", run.told.counts), ("RADIUS", run.radius), ("imports", run.imports)):
        words = ", ".join(
            f"{name} {count}" for name, count in sorted(counts.items(), key=lambda each: -each[1])
        )
        print(f"  {what}: {counts.total():,} ({words})")
    print(f"  memory of the service: {run.grown[0] >> 20} MiB early on, {run.grown[-1] >> 20} MiB at the end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    logging.disable()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        print(f"seed {options.seed}", flush=True)
        with Run(Path(folder), options.seed) as run:
            while (left := options.seconds - (time.monotonic() - began)) > 1:
                run.round(min(left, _ROUND))
    report(run, time.monotonic() - began)


if __name__ == "__main__":
    main()
