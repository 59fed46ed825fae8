"""One code through two doors at one instant: `python -m tests.verifier.doors [ROUNDS]` (2,000).

Half of 32 clients ask over HTTP, from two workers, and half over RADIUS, on each database. Prints what was
answered and how long it took.
"""

import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from host_verify.apikeys import Scope
from host_verify.client import Client
from host_verify.database import Place, file_place
from host_verify.keys import SoftwareMaster
from host_verify.service import add_token
from host_verify.store import create

from . import postgresql
from .parts import MASTER, NOON, account, code_of, new_store, open_store
from .radius import Asking, Listening, request
from .serving import Serving

CLIENTS = 32
HOTP = account(kind="hotp", secret=b"h" * 20)


def race(place: Place, folder: Path, rounds: int, workers: int) -> list[Counter]:
    """Have all clients give the same new code at once, `rounds` times; return the answers of each round."""
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    barrier = threading.Barrier(CLIENTS, timeout=60)

    def over_http(_: int) -> list[str]:
        with Client(serving.url, serving.keys[Scope.VERIFY], timeout=60) as client:
            return together(lambda code, _: "accept" if client.verify("bob", code).accepted else "reject")

    def over_radius(number: int) -> list[str]:
        with Asking(started.port, 60) as asking:
            # Identifiers come round; what tells requests apart then is their authenticator.
            return together(lambda code, turn: asking.ask(request("bob", code, id=(turn + number) % 256)))

    def together(give) -> list[str]:
        answers = []
        try:
            for turn in range(rounds):
                code = code_of(HOTP, turn)
                barrier.wait()
                answers.append(give(code, turn))
        except BaseException:
            barrier.abort()
            raise
        return answers

    with (
        Serving(place, "--workers", str(workers)) as serving,
        Listening(place, folder) as started,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        running = [pool.submit(over_radius if number % 2 else over_http, number) for number in range(CLIENTS)]
        answers = [each.result() for each in running]
    return [Counter(each) for each in zip(*answers, strict=True)]


def twice(answers: list[Counter]) -> list[int]:
    """The rounds in which a code was not accepted exactly once."""
    once = {"accept": 1, "reject": CLIENTS - 1}
    return [turn for turn, together in enumerate(answers) if together != once]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = {"SQLite": file_place(new_store(folder))}
        server = None
        if reason := postgresql.why_not():
            print(reason)
        else:
            server = postgresql.Server()
            places["PostgreSQL"] = server.new()
            create(places["PostgreSQL"], SoftwareMaster(MASTER), NOON)
        try:
            for database, place in places.items():
                began = time.monotonic()
                wrong = twice(race(place, folder, rounds, workers=2))
                took = time.monotonic() - began
                print(
                    f"{database}: {rounds} codes, each by {CLIENTS} clients over HTTP and RADIUS: "
                    f"{rounds - len(wrong)} accepted exactly once; {took:.0f} s, "
                    f"{rounds * CLIENTS / took:.0f} requests/s",
                    flush=True,
                )
        finally:
            if server:
                server.remove()


if __name__ == "__main__":
    main()
