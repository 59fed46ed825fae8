"""Many tokens at once: `python -m tests.verifier.many [COUNT]` imports a PSKC file of that many (100,000).

Prints how long each kind of file takes, reading and storing apart, and the peak of memory.
"""

import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tokencore.account import Account

from host_verify import intake, seeds
from host_verify.seeds import Assumed, container

from .parts import NOON, new_store, open_store

KEY = bytes(range(16))


class Known:
    """The pre-shared key of the files made here."""

    def key(self, what: str) -> bytes:
        return KEY


def tokens(count: int) -> Iterator[container.Given]:
    for index in range(count):
        account = Account(secrets.token_bytes(20), f"user{index}", "ACME", digits=6 + index % 3)
        yield container.Given(f"{index:08x}", account, f"user{index}", f"S{index}")


def encrypted(count: int) -> bytes:
    return b"".join(container.write(tokens(count), container.shared(KEY)))


def table(count: int) -> bytes:
    rows = (f"{one.serial},{one.account.secret.hex()},totp,6,30\n" for one in tokens(count))
    return "".join(rows).encode()


def timed(store, data: bytes) -> tuple[float, float, int]:
    """Seconds for reading, seconds for storing, and how many were stored."""
    start = time.monotonic()
    kind, found, problems = seeds.read(data, None, Known(), Assumed())
    read = time.monotonic()
    report = intake.take(store, found, NOON, kind, problems=problems)
    assert not report.problems
    return read - start, time.monotonic() - read, len(report.added)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("PSKC, encrypted", encrypted), ("CSV", table)):
            data = make(count)
            with open_store(new_store(Path(folder), f"{make.__name__}.db")) as store:
                reading, storing, added = timed(store, data)
            print(
                f"{name}: {added} tokens, {len(data) / 1e6:.0f} MB: {reading:.1f} s reading, "
                f"{storing:.1f} s storing"
            )
    print(f"peak of memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
