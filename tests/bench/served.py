"""A store of many tokens and requests for its service: what `bench_service` and `bench_many` ask."""

import hashlib
import json
import time
from pathlib import Path

from tokencore.account import Account
from tokencore.otp import totp

from host_verify import intake
from host_verify.database import Place, file_place
from host_verify.intake import Seed
from host_verify.keys import SoftwareMaster
from host_verify.store import create
from tests.verifier.parts import MASTER, NOON, new_store, open_store
from tests.verifier.postgresql import Server

from .load import request

_AT_ONCE = 50_000  # tokens in one import


def secret(number: int) -> bytes:
    """The shared secret of user `number`'s token."""
    return hashlib.sha256(b"bench %d" % number).digest()[:20]


def user(number: int) -> str:
    """The name of user `number`."""
    return f"user{number:07}"


def fill(place: Place, tokens: int) -> None:
    """Put so many users with a token each into an empty store."""
    with open_store(place) as store:
        for start in range(0, tokens, _AT_ONCE):
            seeds = [
                Seed(str(number), Account(secret(number), user(number)), user(number))
                for number in range(start, min(start + _AT_ONCE, tokens))
            ]
            report = intake.take(store, seeds, int(time.time()), "bench")
            assert len(report.added) == len(seeds), report.problems


def sqlite(folder: Path, tokens: int) -> Place:
    """A filled store in a file."""
    place = file_place(new_store(folder, f"{tokens}.db"))
    fill(place, tokens)
    return place


def postgresql(server: Server, tokens: int) -> Place:
    """A filled store in a database."""
    place = server.new_database()
    create(place, SoftwareMaster(MASTER), NOON)
    fill(place, tokens)
    return place


class Codes:
    """Requests with codes of `users` users, each in his turn: right ones that are new, or wrong ones."""

    def __init__(self, users: int) -> None:
        self._users = users
        self._next = {"valid": 0, "wrong": 0}

    def requests(self, kind: str, key: str, count: int) -> list[bytes]:
        """Make so many requests from the next user on, with right codes of now or with wrong ones."""
        utc, start = int(time.time()), self._next[kind]
        made = []
        for number in (each % self._users for each in range(start, start + count)):
            code = totp(secret(number), utc) if kind == "valid" else _wrong(number, utc)
            body = json.dumps({"user": user(number), "code": code})
            made.append(request("/v1/verify", key, body.encode()))
        return made

    def sent(self, kind: str, count: int) -> None:
        """Note that so many of the requests made last were sent."""
        self._next[kind] += count


def _wrong(number: int, utc: int) -> str:
    near = {totp(secret(number), utc + 30 * shift) for shift in range(-2, 3)}
    return next(code for code in ("000000", "111111", "222222", "333333", "444444") if code not in near)
