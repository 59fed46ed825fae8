"""Somebody on the cable against a running session: python -m tests.fuzz.frames [--count N] [--seed S]

He has recorded everything that has passed between an owner and the token, in this session and in others, and
sends it again, late, out of order, altered, cut, spliced, or with another nonce. None of it may be accepted:
nothing of the token changes, nothing is answered under a key, and the owner's next request is.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tokencore import channel, errors, messages
from tokencore.account import Account

from tests.firmware.hosts import DESK, Host, public
from tests.firmware.parts import Bench

GOOD_EVERY = 50  # attacks between two requests of the owner
NEW_EVERY = 5000  # … and between two sessions
_KEPT = 400  # recorded payloads
_LATE_MS = 3100  # after which the last record is no longer answered again


@dataclass
class Report:
    """What came of it, by kind of attack."""

    seconds: float = 0.0
    sent: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)


class Attacker:
    """A token with an owner who works on, and what `seed` makes of everything that passes."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.report = Report()
        self.bench = Bench(owner=public(DESK), capacity=12)
        for name in "abc":
            self.bench.vault.add(Account(b"secret " + name.encode(), name, kind="hotp"))
        self.owner = Host(self.bench)
        self._requests: list[bytes] = []  # records of the owner, all delivered
        self._answers: list[bytes] = []  # the token's
        self._handshakes: list[bytes] = []  # plain payloads
        self._attacks: list[Callable[[], bytes]] = [
            *(self.replayed, self.altered, self.cut, self.longer, self.spliced, self.renumbered),
            *(self.reflected, self.held_back, self.noise, self.shaken),
        ]
        self._connect()

    def run(self, count: int) -> Report:
        """Make `count` attacks. Raises AssertionError if the owner is kept from working."""
        started = time.perf_counter()
        for number in range(count):
            if number % NEW_EVERY == NEW_EVERY - 1:
                self._connect()
            if number % GOOD_EVERY == 0:
                self._work()
            attack = self.rng.choice(self._attacks)
            self._make(attack.__name__, attack())
        self.report.seconds = time.perf_counter() - started
        return self.report

    def _make(self, kind: str, payload: bytes) -> None:
        before = self._state()
        answers = self.owner.give(payload, 100 if payload[:1] != b"\x01" else 0)
        self.report.sent[kind] += 1
        refused = [messages.decode_response(answer)[1] for answer in answers if answer[:1] != b"\x01"]
        sealed = payload[:1] == b"\x01"
        good = [errors.ChannelFailed.status] if sealed else refused
        if self._state() != before or len(refused) != len(answers) or refused != good:
            self.report.accepted[kind] += 1

    def _state(self) -> tuple[object, ...]:
        vault, kept = self.bench.vault, self.bench.app.dispatcher.channels()
        return vault.changes, vault.owner, vault.sync_keys, [id(each) for each in kept.sessions]

    def _connect(self) -> None:
        """Let the owner take up the session, or shake hands, while it is recorded."""
        give = self.owner.give

        def recorded(payload: bytes, ms: int = 0) -> list[bytes]:
            self._handshakes = [*self._handshakes[-20:], payload]
            return give(payload, ms)

        self.owner.give = recorded  # type: ignore[method-assign]
        if self.owner.secret and self.rng.random() < 0.5:
            self.owner.resume()
        else:
            self.owner.connect()
        del self.owner.give  # type: ignore[method-assign]
        self._work()

    def _work(self) -> None:
        """Let the owner do something; then the last record is no repetition any more."""
        name, position = self.rng.choice("abc"), self.rng.randrange(3)
        record = self.owner.sealed("move", issuer="", name=name, position=position)
        (answer,) = self.owner.give(record)
        told = self.owner.read(answer)
        assert told[1] == messages.OK, f"the owner is kept from working: {told}"
        self._requests = [*self._requests[-_KEPT:], record]
        self._answers = [*self._answers[-_KEPT:], answer]
        self.bench.run(_LATE_MS, step=_LATE_MS)

    def _fresh(self) -> bytes:
        """Return a record that the owner has sealed and the token has not seen: it is lost on its way."""
        return self.owner.sealed("remove", issuer="", name=self.rng.choice("abc"))

    # What is sent.

    def replayed(self) -> bytes:
        return self.rng.choice(self._requests)

    def altered(self) -> bytes:
        record = bytearray(self._fresh())
        for at in self.rng.sample(range(1, len(record)), self.rng.randint(1, 3)):
            record[at] ^= self.rng.randrange(1, 256)
        return bytes(record)

    def cut(self) -> bytes:
        record = self._fresh()
        return record[: self.rng.randrange(1, len(record))]

    def longer(self) -> bytes:
        return self._fresh() + self.rng.randbytes(self.rng.randint(1, 40))

    def spliced(self) -> bytes:
        first, second = self._fresh(), self._fresh()
        at = self.rng.randrange(1, len(first))
        both = first[:at] + second[at:]
        return both if both not in (first, second) else self.longer()

    def renumbered(self) -> bytes:
        """An old record under a nonce that is still to come."""
        nonce = self.rng.choice([self.rng.getrandbits(32), channel.NONCES - 1, 0])
        record = self.replayed()
        if record[1:5] == nonce.to_bytes(4, "big"):
            nonce ^= 1
        return record[:1] + nonce.to_bytes(4, "big") + record[5:]

    def reflected(self) -> bytes:
        """What the token has said itself."""
        return self.rng.choice(self._answers)

    def held_back(self) -> bytes:
        """A record that comes after a later one has been taken."""
        record = self._fresh()
        self._work()
        return record

    def noise(self) -> bytes:
        return b"\x01" + self.rng.randbytes(self.rng.randint(0, 200))

    def shaken(self) -> bytes:
        """A message of a handshake that took place, as it was or altered."""
        payload = bytearray(self.rng.choice(self._handshakes))
        if self.rng.random() < 0.5:
            payload[self.rng.randrange(1, len(payload))] ^= 1 << self.rng.randrange(8)
        return bytes(payload)


def main() -> None:
    """Print what came of it; the status is 1 where anything was accepted."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.frames", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = Attacker(arguments.seed).run(arguments.count)
    print(f"{report.sent.total():,} frames in {report.seconds:.0f} s, {report.accepted.total()} accepted")
    for kind, sent in sorted(report.sent.items()):
        print(f"    {kind:12}{sent:10,}   accepted {report.accepted[kind]}")
    raise SystemExit(1 if report.accepted else 0)


if __name__ == "__main__":
    main()
