"""Can refusals be told apart by their time? Run `python -m tests.verifier.timing --rounds 400`.

A running service is asked over HTTP, by a key that may only verify, for every cause of a refusal in turn,
in an order drawn anew for each round, so that whatever else the machine does meets all alike. For each
cause the table shows the median, the 95th percentile, and the chance that an answer of it came later than
one to an unknown user: one half is as good as knowing nothing.
"""

import argparse
import http.client
import json
import random
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from host_verify import losing, users
from host_verify.apikeys import Scope
from host_verify.core import Status
from host_verify.database import file_place
from host_verify.intake import Seed, take
from host_verify.service import add_token, set_status

from .parts import NOON, account, code_of, new_store, open_store
from .serving import Serving

UNKNOWN = "unknown user"
BEHIND_A_CODE = "wrong PIN behind a right code"
_TRIES = 2  # a user's, before he has to wait


def _secret(index):
    return b"%020d" % index


def _wrong_pin(turn):
    index = turn // _TRIES
    return f"careful{index}", "4712" + code_of(account(kind="hotp", secret=_secret(index)), 0)


# Whose code is given in which turn, and which; none is right.
CAUSES = {
    UNKNOWN: lambda turn: (f"nobody{turn // _TRIES}", "000000"),
    "wrong code": lambda turn: (f"plain{turn // _TRIES}", "000000"),
    "wrong code, user with a PIN": lambda turn: (f"secret{turn // _TRIES}", "4711000000"),
    "no code": lambda turn: ("plain0", "no code"),
    "throttled": lambda _: ("throttled", "000000"),
    "locked": lambda _: ("locked", "000000"),
    "user locked by hand": lambda _: ("shut", "000000"),
    "suspended": lambda _: ("suspended", "000000"),
    "lost, with codes in its place": lambda _: ("lost", "000000"),
    BEHIND_A_CODE: _wrong_pin,
}


def fill(place, rounds):
    """Put the users of all causes into a store."""
    several = range(rounds // _TRIES + 1)
    now = int(time.time())
    with open_store(place) as store:
        take(
            store,
            [
                Seed(f"{name} {n}", account(kind="hotp", secret=_secret(n + base)), f"{name}{n}")
                for name, base in (("careful", 0), ("plain", 1_000_000), ("secret", 2_000_000))
                for n in several
            ],
            NOON,
            "the timing",
        )
        for name in ("careful", "secret"):
            for n in several:
                users.set_pin(store, f"{name}{n}", "4711", NOON)
        for n, name in enumerate(("throttled", "locked", "shut", "suspended", "lost"), 3_000_000):
            token = add_token(store, name, None, account(kind="hotp", secret=_secret(n)), NOON)
            failures = {"throttled": 9, "locked": 30}.get(name, 0)
            if failures:
                store.change([(token, token.state._replace(failures=failures, failed_at=now + 3600))])
            if name == "shut":
                users.lock(store, name, NOON)
            if name == "suspended":
                set_status(store, token.id, Status.SUSPENDED, NOON)
            if name == "lost":
                losing.lose(store, token.id, now, until=now + 86_400)


def measure(serving, scope, rounds, first=0):
    """Return each cause's times in seconds, as a client sees them on one connection that it keeps."""
    where = urlsplit(serving.url)
    connection = http.client.HTTPConnection(where.hostname, where.port)
    headers = {"Authorization": f"Bearer {serving.keys[scope]}", "Content-Type": "application/json"}
    bodies = {
        cause: [json.dumps(dict(zip(("user", "code"), asked(turn), strict=True))) for turn in range(rounds)]
        for cause, asked in CAUSES.items()
    }
    times = {cause: [] for cause in CAUSES}
    for turn in range(first, rounds):
        for cause in random.sample(list(CAUSES), len(CAUSES)):
            began = time.perf_counter()
            connection.request("POST", "/v1/verify", bodies[cause][turn], headers)
            answer = json.loads(connection.getresponse().read())
            times[cause].append(time.perf_counter() - began)
            assert answer["accepted"] is False, cause
    connection.close()
    return times


def later(some, others):
    """Return the chance that one of `some` is later than one of `others` (Mann-Whitney's U, as a share)."""
    won = sum((one > other) + (one == other) / 2 for one in some for other in others)
    return won / (len(some) * len(others))


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=400)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        place = file_place(new_store(Path(folder)))
        fill(place, 2 * rounds)
        with Serving(place, "--workers", "1") as serving:
            told = measure(serving, Scope.VERIFY, rounds)
            # To a key that is told the reason no time is rounded: what the rounding has to hide.
            bare = measure(serving, Scope.HELPDESK, 2 * rounds, rounds)
    print(
        f"{rounds} answers of each cause, ms{'':14}told: median   95 %  later     bare: median   95 %  later"
    )
    for cause in CAUSES:
        columns = []
        for times in (told, bare):
            ordered = sorted(times[cause])
            middle, high = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
            share = later(times[cause], times[UNKNOWN])
            columns.append(f"{1000 * middle:12.2f} {1000 * high:7.2f} {share:6.2f}")
        print(f"{cause:36}{columns[0]}      {columns[1]}")


if __name__ == "__main__":
    main()
