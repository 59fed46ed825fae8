"""Keys changed and copies made of a large store: `python -m tests.verifier.keeping [COUNT]` (100,000 tokens).

Prints how long each takes, beside a program that uses the store meanwhile, and its slowest answer in each.
"""

import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path

from host_verify import backup, intake, masterkeys, resealing, rotation
from host_verify.database import file_place
from host_verify.intake import Seed
from host_verify.keys import make_key_file
from host_verify.opening import Opener
from host_verify.restoring import restore
from host_verify.service import add_token, verify
from host_verify.store import create

from .parts import NOON, POLICY, account, code_of

HOTP = account(kind="hotp", secret=b"h" * 20)


class User:
    """A program that checks one code after the other while the block runs."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._use)
        self.slowest = 0.0
        self.refused = self.counter = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _use(self):
        with self._opener.open() as store:
            while not self._stop.is_set():
                start = time.monotonic()
                self.refused += not verify(store, "bob", code_of(HOTP, self.counter), NOON, POLICY).accepted
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.counter += 1


def filled(folder: Path, count: int) -> Opener:
    """A store of that many tokens, and bob's."""
    opener = Opener(file_place(folder / "verifier.db"), folder / "verifier.key")
    make_key_file(opener.key_file)
    create(opener.place, opener.master(), NOON)
    with opener.open() as store:
        add_token(store, "bob", None, HOTP, NOON)
        seeds = [Seed(f"{n}", account(secret=secrets.token_bytes(20)), f"user{n}") for n in range(count)]
        assert not intake.take(store, seeds, NOON, "measurement").problems
    return opener


def measured(count: int) -> dict[str, tuple[float, float]]:
    """Seconds that each took, and of the slowest answer meanwhile."""
    figures = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        opener = filled(folder, count)
        with User(opener) as user:

            def timed(what, do):
                user.slowest, start = 0.0, time.monotonic()
                done = do()
                figures[what] = time.monotonic() - start, user.slowest
                return done

            def copy():
                with opener.open() as store:
                    return backup.make(store, folder / "backup.db", NOON)

            timed("rotate", lambda: rotation.rotate(opener, NOON))
            assert timed("backup", copy).tokens == count + 1
            assert timed("renew", lambda: resealing.renew(opener, NOON)) == count + 1
        assert user.refused == 0
        assert user.counter > 0
        with opener.open() as store:
            assert len(masterkeys.every(store)) == 1
        start = time.monotonic()
        done = restore(folder / "backup.db", file_place(folder / "new.db"), opener.master(), NOON, POLICY)
        assert (done.tokens, done.steps) == (count + 1, count)
        figures["restore"] = time.monotonic() - start, 0.0
    return figures


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    for what, (seconds, slowest) in measured(count).items():
        meanwhile = f"; slowest answer meanwhile {1000 * slowest:.0f} ms" if slowest else ""
        print(f"{what} of {count} tokens: {seconds:.2f} s{meanwhile}")


if __name__ == "__main__":
    main()
