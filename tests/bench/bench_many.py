"""Many tokens: python -m tests.bench.bench_many [TOKENS] (100,000; a million takes some minutes to make)

A store of 1,000 tokens and one of many are asked in turn, by batches of random users' wrong codes in this
process: how much more a check costs in the large one, what memory it takes, how long its service takes to
start, and how long it takes to find which token gave a code.
"""

import gc
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tokencore.otp import totp

from host_verify import finding, service
from host_verify.audit import LIBRARY
from host_verify.database import Place
from host_verify.policy import Policy
from host_verify.store import Store
from tests.verifier.parts import open_store
from tests.verifier.serving import Serving

from . import served

FEW = 1_000
MANY = 100_000
BATCH = 32  # attempts in one transaction, as they come together in a service
ROUNDS = 41
POLICY = Policy(throttle_after=1000, lock_after=1000)  # so that each wrong code is looked at


def checking(store: Store, tokens: int, utc: int, draw: random.Random) -> float:
    """Seconds for an attempt, in a batch of random users' wrong codes."""
    attempts = [
        service.one_code(served.user(draw.randrange(tokens)), "000000", utc, POLICY, LIBRARY)
        for _ in range(BATCH)
    ]
    start = time.perf_counter()
    store.judge(attempts)
    return (time.perf_counter() - start) / BATCH


def starting(place: Place) -> float:
    """Seconds from the command to a service that is ready."""
    start = time.perf_counter()
    with Serving(place):
        return time.perf_counter() - start


def main() -> None:
    """Print what is measured."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    draw = random.Random(7)
    utc = int(time.time())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        small, large = served.sqlite(folder, FEW), served.sqlite(folder, many)
        made = time.perf_counter() - began
        with open_store(small) as few, open_store(large) as lots:
            rounds = [(checking(few, FEW, utc, draw), checking(lots, many, utc, draw)) for _ in range(ROUNDS)]
            gc.collect()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for _ in range(ROUNDS):
                checking(lots, many, utc, draw)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            ratio = median(large / small for small, large in rounds)
            mine = many // 3
            code = totp(served.secret(mine), utc)
            began = time.perf_counter()
            found = finding.find(lots, code, None, utc, Policy())
            took = time.perf_counter() - began
            assert served.user(mine) in [match.token.user for match in found.matches]
        start = starting(large)
    print(f"{many:,} tokens on SQLite beside {FEW:,} (made in {made:.0f} s; medians of {ROUNDS} rounds)")
    print(f"{'a check, microseconds':>40}{1e6 * median(few for few, _ in rounds):>10,.0f} with few")
    print(f"{'':>40}{1e6 * median(lots for _, lots in rounds):>10,.0f} with many")
    print(f"{'many to few':>40}{ratio:>10.2f} (goal: 1.20)")
    print(f"{'memory gained by more checks, kB':>40}{grown:>10,}")
    print(f"{'service ready after, s':>40}{start:>10.1f} (goal: 3.0)")
    print(f"{'token found by its code after, s':>40}{took:>10.2f} (goal for 100,000: 1.00)")
    print(f"{'an arbitrary code names one by':>40}{100 * found.chance:>10.1f} %")


if __name__ == "__main__":
    main()
