"""What the verifier's tests share: accounts, and codes made by someone else's library."""

import hashlib
import tempfile
from base64 import b32encode
from functools import cache
from pathlib import Path

import pyotp
from tokencore.account import Account

from host_verify.core import Outcome, Reason, State, check
from host_verify.database import Place, file_place
from host_verify.keys import SoftwareMaster
from host_verify.matching import CodeKey
from host_verify.policy import Policy
from host_verify.store import Store, create

SECRET = b"12345678901234567890"
MASTER = bytes(range(32))
NOON = 1_800_000_000  # a whole number of steps of 30 s, 60 s and an hour
POLICY = Policy()


def account(**fields: object) -> Account:
    return Account(**({"secret": SECRET, "name": "anna"} | fields))


def code_of(token: Account, step: int) -> str:
    """The code of a time step or counter, by pyotp; it wants 14 bytes of key, and zeros change no HMAC."""
    digest = getattr(hashlib, token.algorithm.lower())
    return pyotp.HOTP(
        b32encode(token.secret.ljust(14, b"\0")).decode(), digits=token.digits, digest=digest
    ).at(step)


def code_at(token: Account, utc: int) -> str:
    return code_of(token, (utc - token.t0) // token.period)


@cache
def _new() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "verifier.db"
        create(file_place(file), SoftwareMaster(MASTER), NOON)
        return file.read_bytes()


def new_store(folder: Path, name: str = "verifier.db") -> Path:
    """Return the file of an empty store: a copy of one that is made once."""
    file = folder / name
    file.touch(0o600)
    file.write_bytes(_new())
    return file


def open_store(where: Path | Place) -> Store:
    return Store(where if isinstance(where, Place) else file_place(where), SoftwareMaster(MASTER))


class Bench:
    """A token under check: keeps the state between attempts."""

    def __init__(self, policy: Policy = POLICY, **fields: object) -> None:
        self.account = account(**fields)
        self.key = CodeKey(self.account)
        self.state = State(next_step=self.account.counter)
        self.policy = policy

    def give(self, code: str, utc: int) -> Outcome:
        outcome, self.state = check(self.key, self.state, code, utc, self.policy)
        return outcome

    def step(self, step: int, utc: int) -> Reason:
        return self.give(code_of(self.account, step), utc).reason
