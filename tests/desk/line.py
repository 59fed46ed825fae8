"""The token's own application at the end of a pseudo-terminal, on a line whose faults a test chooses."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from tokencore import frame, messages
from tokencore.channel import SEALED
from tokenfw.app import App, Identity
from tokenfw.clock import Clock
from tokenfw.discipline import CRYSTALS, Discipline
from tokenfw.setting import civil
from tokenfw.vault import Vault

from provisioner import Token, desk_key
from provisioner.known import KnownToken
from provisioner.primitives import HostPrimitives
from tests.desk.far_end import FarEnd
from tests.firmware.media import RamMedium, RamSecret
from tests.firmware.parts import SERIAL, Queue, RamDisplay

Fault = Callable[[bytes], list[bytes]]
QUICK = (0.15, 0.15, 0.15, 0.3)  # seconds to wait for an answer, where the line is a pseudo-terminal
PAIRED_UTC = 1_800_000_000
_PRESS_AFTER_MS = 400  # of a question: one that was begun before it could be read does not count


def no_passphrase() -> bytes:
    raise AssertionError("this desk key has no passphrase")


def clean(data: bytes) -> list[bytes]:
    return [data]


class LiveRtc:
    """A clock chip on this computer's monotonic clock: a write starts a second, as on a real one."""

    begun_ms = 0

    def __init__(self, ahead_ms: int, lost: bool, speed: int = 1) -> None:
        self._speed = speed
        self._zero_ms = time.time_ns() // 1_000_000 + ahead_ms - self._now_ms()
        self._lost = lost
        self.deaf = False

    def _now_ms(self) -> int:
        return time.monotonic_ns() * self._speed // 1_000_000

    def lost_power(self) -> bool:
        return self._lost

    def read(self) -> tuple[int, ...]:
        return civil((self._zero_ms + self._now_ms()) // 1000)

    def write(self, value: tuple[int, ...]) -> None:
        import calendar

        if not self.deaf:
            self._zero_ms, self._lost = calendar.timegm(value[:6]) * 1000 - self._now_ms(), False

    def trim(self) -> None:
        return None

    def set_trim(self, steps: int) -> None:
        raise AssertionError("this chip has no such register")

    def temperature(self) -> None:
        return None


class _Overheard(HostPrimitives):
    """The token's cryptography, which knows what is in each record. A record's head has five bytes."""

    def __init__(self, line: LineToken) -> None:
        super().__init__()
        self._line = line

    def seal(self, key: bytes, nonce: int, ad: bytes, plaintext: bytes) -> bytes:
        return super().seal(key, nonce, ad, self._line.answer(plaintext) if len(ad) == 5 else plaintext)

    def open(self, key: bytes, nonce: int, ad: bytes, sealed: bytes) -> bytes:
        message = super().open(key, nonce, ad, sealed)
        if len(ad) == 5:
            self._line.messages.append(message)
        return message


class LineToken(FarEnd):
    """A token on a pseudo-terminal: `port` is its device. Use it as a context manager; `vanish` unplugs it.

    `to_token` and `to_host` take what passes (bytes as read, whole frames from the token) and return
    what arrives instead; `answer` takes the message that is in a frame, before it is sealed, and returns
    another. `requests` lists the payloads that the token got, `messages` what was in them.

    With `paired` it belongs to the desk whose key PROVISIONER_KEY names, and `open` opens it for that. Its
    time is `speed` times as fast as the computer's. With `presses` somebody presses confirm whenever it asks.
    """

    def __init__(
        self,
        ahead_ms: int = 0,
        lost: bool = False,
        capacity: int = 100,
        serial: str = SERIAL,
        paired: bool = True,
        speed: int = 1,
        presses: bool = False,
    ) -> None:
        super().__init__()
        os.set_blocking(self.master, False)
        self.rtc = LiveRtc(ahead_ms, lost, speed)
        self.vault = Vault(RamMedium(), RamSecret(), HostPrimitives(), capacity)
        self.desk = desk_key.load(Path(os.environ["PROVISIONER_KEY"]), no_passphrase) if paired else None
        if self.desk:
            self.vault.set_owner(self.desk.public)
            self.desk.known.keep(KnownToken(serial, self.vault.identity_public, PAIRED_UTC))
        self._speed = speed
        self.presses = presses
        self._asked, self._asked_ms = None, 0  # the question on the screen, and since when
        self.display, self.queue = RamDisplay(), Queue()
        identity = Identity(serial, "line")
        discipline = Discipline(CRYSTALS["compensated"], self.vault.clock_record)
        clock = Clock(self.rtc, self.vault.clock_floor, discipline)
        self.app = App(
            identity, self.vault, clock, self.display, self.queue, self.queue, primitives=_Overheard(self)
        )
        self.to_token: Fault = clean
        self.to_host: Fault = clean
        self.answer: Callable[[bytes], bytes] = bytes
        self.requests: list[bytes] = []
        self.messages: list[bytes] = []
        self._decoder, self._arrived, self._sent = frame.Decoder(), frame.Decoder(), frame.Decoder()
        self._start = time.monotonic_ns()

    def press(self, name: str = "confirm") -> None:
        self.queue.moves = [*self.queue.moves, (name, True), (name, False)]

    def open(self, tries: tuple[float, ...] = QUICK) -> Token:
        """Open the token as its owner does."""
        return Token.open(self.port, tries, self.desk)

    def asked(self) -> list[str]:
        """Return the names of the commands that the token got."""
        found = [messages.decode_request(message)[1] for message in self.messages]
        return [command.name for command in found if command]

    def question(self) -> bool:
        """Whether the screen asks for a press."""
        return "?" in str(self.display.view)

    def digits(self, seconds: float = 5) -> str:
        """Return the digits that the token shows, once it does."""
        deadline = time.monotonic() + seconds
        while not (asked := self.app.question) or asked.kind != "pair":
            assert time.monotonic() < deadline, "no digits are shown"
            time.sleep(0.005)
        shown: str = asked.first
        return shown

    def _write(self, data: bytes) -> None:
        """Send what the host takes; one that has stopped reading does not hold the token for ever."""
        while data and not self.over:
            if select.select([], [self.master], [], 0.01)[1]:
                data = data[os.write(self.master, data) :]

    def _press_if_asked(self, now_ms: int) -> None:
        asked = self.app.question
        if asked is not self._asked:
            self._asked, self._asked_ms = asked, now_ms
        elif self.presses and asked and asked.kind != "pair" and now_ms - self._asked_ms > _PRESS_AFTER_MS:
            self._asked_ms = now_ms
            self.press()

    def serve(self) -> None:
        if data := self.heard(0.002):
            self.requests.extend(self._decoder.feed(data))
            for arriving in self.to_token(data):
                plain = [each for each in self._arrived.feed(arriving) if each[0] != SEALED]
                self.messages.extend(plain)
                self.queue.incoming += arriving
        now_ms = (time.monotonic_ns() - self._start) * self._speed // 1_000_000
        self.app.step(now_ms)
        self._press_if_asked(now_ms)
        sent, self.queue.sent = self.queue.sent, b""
        for whole in self._sent.feed(sent):
            payload = whole if whole[0] == SEALED else self.answer(whole)
            for arriving in self.to_host(frame.encode(payload)):
                self._write(arriving)
