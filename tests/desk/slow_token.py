"""A token whose channel takes as long as a board's, in time that a test moves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from boards.simulator.links import MemoryLink
from provisioner.known import KnownToken
from provisioner.primitives import HostPrimitives
from tests.firmware.parts import SERIAL, Bench
from tests.firmware.ticking import Chip
from tests.pico.bench import Fob

UTC = 1_800_000_000


class SlowPrimitives(HostPrimitives):
    """To seal and to open a record takes `seal_ms` and `open_ms` of the token's time."""

    bench: Bench | None = None

    def __init__(self, open_ms: int, seal_ms: int) -> None:
        super().__init__()
        self._open_ms, self._seal_ms = open_ms, seal_ms

    def seal(self, key: bytes, nonce: int, ad: bytes, plaintext: bytes) -> bytes:
        self._take(self._seal_ms)
        return super().seal(key, nonce, ad, plaintext)

    def open(self, key: bytes, nonce: int, ad: bytes, sealed: bytes) -> bytes:
        self._take(self._open_ms)
        return super().open(key, nonce, ad, sealed)

    def _take(self, ms: int) -> None:
        if self.bench:
            self.bench.ms += ms


def slow_token(open_ms: int, seal_ms: int) -> Fob:
    """Return such a token, which the desk owns."""
    primitives = SlowPrimitives(open_ms, seal_ms)
    link = MemoryLink()
    parts: dict[str, Bench] = {}

    def ticks() -> int:
        return parts["token"].ms if parts else 0

    def run() -> None:
        token = parts["token"]
        token.ms += 1
        token.app.step(token.ms)

    simulator: Any = SimpleNamespace(clock=SimpleNamespace(now_ns=lambda: UTC * 10**9 + ticks() * 10**6))
    fob = Fob(simulator, link, run)
    parts["token"] = bench = Bench(primitives=primitives, owner=fob.desk.public, lost=True, ticks=ticks)
    bench.clock._rtc = Chip(bench)

    def read() -> bytes:
        data = bytes(link.to_token)
        link.to_token.clear()
        return data

    bench.queue.read = read  # type: ignore[method-assign]
    bench.queue.write = link.to_host.extend  # type: ignore[method-assign]
    primitives.bench = bench
    fob.desk.known.keep(KnownToken(SERIAL, bench.vault.identity_public, UTC))
    return fob
