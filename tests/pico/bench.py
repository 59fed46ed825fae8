"""A token in this process, emulated or simulated, and the provisioner's client on its time."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tokencore import frame

import provisioner.session
from boards.compiling import Compiler
from boards.simulator import eye, state
from boards.simulator.links import MemoryLink
from boards.simulator.oled import Picture
from boards.simulator.pico.simulator import UID, PicoSimulator
from boards.simulator.port import plug_in
from boards.simulator.simulator import Simulator
from provisioner import Token
from provisioner.desk_key import DeskKey
from provisioner.known import KnownTokens
from provisioner.primitives import HostPrimitives

TRIES = (5.0, 5.0)  # seconds of the token's time
_LOOK_NS = 50_000_000  # between two looks at the screen
_READ_NS = 500_000_000  # a press that comes at once with the question does not count


class Time:
    """What the client takes from the module `time`, on a token's clock."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns

    def monotonic(self) -> float:
        return self._now_ns() / 1e9


class Wire:
    """The client's Link to a simulator in this process: to wait for an answer lets the token run.

    What is sent and what is answered takes `delay_ns` on the way.
    """

    port = "memory"

    def __init__(self, link: MemoryLink, now_ns: Callable[[], int], run: Callable[[], None]) -> None:
        self._link, self._now_ns, self._run = link, now_ns, run
        self._decoder = frame.Decoder()
        self._payloads: list[bytes] = []
        self.hook: Callable[[], None] = lambda: None
        self.delay_ns: Callable[[], int] = lambda: 0

    def send(self, payload: bytes) -> None:
        self._pass(self.delay_ns())
        self._link.to_token += frame.encode(payload)

    def receive(self, deadline: float) -> bytes | None:
        while not self._payloads and self._now_ns() < deadline * 1e9:
            self._run()
            self.hook()
            heard = self._decoder.feed(bytes(self._link.to_host))
            self._link.to_host.clear()
            if heard:
                self._pass(self.delay_ns())
            self._payloads += heard
        return self._payloads.pop(0) if self._payloads else None

    def _pass(self, ns: int) -> None:
        end_ns = self._now_ns() + ns
        while self._now_ns() < end_ns:
            self._run()

    def close(self) -> None: ...


class Fob:
    """A token and a session with it; `token` is the provisioner's own client, `desk` its key."""

    token: Token

    def __init__(
        self, simulator: Simulator | PicoSimulator, link: MemoryLink, run: Callable[[], None]
    ) -> None:
        self.simulator = simulator
        self._run = run
        self.pressed_ns = 0  # when confirm was last pressed down
        self.wire = Wire(link, self.now_ns, run)
        primitives = HostPrimitives()
        private = primitives.random(32)
        self._folder = tempfile.TemporaryDirectory()
        known = KnownTokens(Path(self._folder.name), private)
        self.desk = DeskKey(private, primitives.public(private), known)

    def connect(self, patch: pytest.MonkeyPatch) -> None:
        """Begin a session, with the client's clock that of this token."""
        patch.setattr(provisioner.session, "time", Time(self.now_ns))
        self.token = Token(self.wire, TRIES, self.desk)  # type: ignore[arg-type]

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Be in a session, with the client's clock that of this token."""
        with pytest.MonkeyPatch.context() as patch:
            self.connect(patch)
            yield

    def pair(self) -> None:
        """Make the desk the owner: compare the digits on the screen and press confirm."""
        with self.pressing("Same digits there?"):
            self.token.pair(self.now_ns() // 10**9, self._digits)

    def _digits(self) -> str:
        def digits() -> list[str]:
            found = (text.replace(" ", "") for text in self.texts())
            return [text for text in found if len(text) == 6 and text.isdigit()]

        assert self.until(lambda: bool(digits()))
        return digits()[0]

    @contextmanager
    def pressing(self, *words: str) -> Iterator[None]:
        """Press confirm once when the screen shows `words`, while the client waits."""
        since_ns = looked_ns = 0

        def finger() -> None:
            nonlocal since_ns, looked_ns
            if since_ns < 0 or self.now_ns() - looked_ns < _LOOK_NS:
                return
            looked_ns = self.now_ns()
            if set(words) <= set(self.texts()):
                since_ns = since_ns or self.now_ns()
                if self.now_ns() - since_ns > _READ_NS:
                    since_ns = -1
                    self.pressed_ns = self.now_ns()
                    self.simulator.press("confirm", 80)

        self.wire.hook = finger
        try:
            yield
        finally:
            self.wire.hook = lambda: None

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
        with self.pressing("Send code?", name):  # not the question before
            return self.token.code(issuer, name)


def emulated(uf2: Path, utc: int, folder: Path, compiler: Compiler | None = None) -> Fob:
    """Return a token on the emulated Pico, with power since UTC second `utc`."""
    link = MemoryLink()
    kept = state.Kept("raspberry_pi_pico", UID)
    simulator = PicoSimulator(
        uf2, utc * 10**9, link, kept, io.StringIO(), flash_path=folder / "flash.bin", compiler=compiler
    )
    simulator.power_on()
    began = time.monotonic()

    def run() -> None:
        simulator.step(0.01)
        if time.monotonic() - began > 1500:
            pytest.fail("the emulated token takes more than 25 minutes")

    return Fob(simulator, link, run)


def simulated(utc: int) -> Fob:
    """Return a token on the simulated board, with power since UTC second `utc`."""
    simulator, port = plug_in(utc)
    return Fob(simulator, port._link, lambda: simulator.run(0.001))
