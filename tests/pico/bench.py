"""A token on the emulated Pico in this process, and the provisioner's client on its time."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokencore import frame

import provisioner.client
from boards.simulator import eye, state
from boards.simulator.links import MemoryLink
from boards.simulator.oled import Picture
from boards.simulator.pico.simulator import UID, PicoSimulator
from boards.simulator.simulator import Simulator
from provisioner import Token

TRIES = (5.0, 5.0)  # seconds of the token's time


class Time:
    """What the client takes from the module `time`, on a token's clock."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns

    def monotonic(self) -> float:
        return self._now_ns() / 1e9


class Wire:
    """The client's Link to a simulator in this process: to wait for an answer lets the token run."""

    port = "memory"

    def __init__(self, link: MemoryLink, now_ns: Callable[[], int], run: Callable[[], None]) -> None:
        self._link, self._now_ns, self._run = link, now_ns, run
        self._decoder = frame.Decoder()
        self._payloads: list[bytes] = []
        self.hook: Callable[[], None] = lambda: None

    def send(self, payload: bytes) -> None:
        self._link.to_token += frame.encode(payload)

    def receive(self, deadline: float) -> bytes | None:
        while not self._payloads and self._now_ns() < deadline * 1e9:
            self._run()
            self.hook()
            self._payloads += self._decoder.feed(bytes(self._link.to_host))
            self._link.to_host.clear()
        return self._payloads.pop(0) if self._payloads else None

    def close(self) -> None: ...


class Fob:
    """A token and a session with it; `token` is the provisioner's own client."""

    token: Token

    def __init__(
        self, simulator: Simulator | PicoSimulator, link: MemoryLink, run: Callable[[], None]
    ) -> None:
        self.simulator = simulator
        self._run = run
        self.wire = Wire(link, self.now_ns, run)

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Begin a session, with the client's clock that of this token."""
        patch.setattr(provisioner.client, "time", Time(self.now_ns))
        self.token = Token(self.wire, TRIES)  # type: ignore[arg-type]

    def now_ns(self) -> int:
        return self.simulator.clock.now_ns()

    def picture(self) -> Picture:
        return self.simulator.hardware.display.picture()

    def texts(self) -> list[str]:
        return [text.text for text in eye.read(self.picture())]

    def until(self, done: Callable[[], bool], seconds: float = 15.0) -> bool:
        """Run until `done()` or for so many seconds of the token's time; return whether it is done."""
        end_ns = self.now_ns() + int(seconds * 1e9)
        while not done() and self.now_ns() < end_ns:
            self._run()
        return done()

    def code(self, issuer: str, name: str) -> Any:
        """Ask for a code and press confirm when the screen asks for it."""
        pressed = False

        def finger() -> None:
            nonlocal pressed
            shown = self.texts()
            if not pressed and "Send code?" in shown and name in shown:  # not the question before
                pressed = True
                self.simulator.press("confirm", 80)

        self.wire.hook = finger
        try:
            return self.token.code(issuer, name)
        finally:
            self.wire.hook = lambda: None


def emulated(uf2: Path, utc: int, folder: Path) -> Fob:
    """Return a token on the emulated Pico, with power since UTC second `utc`."""
    link = MemoryLink()
    kept = state.Kept("raspberry_pi_pico", UID)
    simulator = PicoSimulator(uf2, utc * 10**9, link, kept, io.StringIO(), flash_path=folder / "flash.bin")
    simulator.power_on()
    began = time.monotonic()

    def run() -> None:
        simulator.step(0.01)
        if time.monotonic() - began > 1500:
            pytest.fail("the emulated token takes more than 25 minutes")

    return Fob(simulator, link, run)
