"""The parts of a token that the portable application takes, kept in memory and moved by hand.

Written within the limits of a board: the tests run the same token on other interpreters.
"""

from __future__ import annotations

from tokencore import frame, messages
from tokencore.channel import NONCES, SEALED, Channel
from tokencore.cipherstate import CipherState
from tokenfw.app import App, Identity
from tokenfw.clock import Clock
from tokenfw.discipline import CRYSTALS, Discipline
from tokenfw.setting import civil
from tokenfw.texts import Texts
from tokenfw.vault import Vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.primitives import Primitives
    from tokenfw.keys import Secret
    from tokenfw.pages import Medium

SERIAL = "E0C9125B0D9B0C2F"
OWNER = bytes([9]) + bytes(31)  # a point as good as any; nobody has its private key


def drive(path: str) -> str:
    """Return the text of a file that the firmware brings to its drive."""
    with open(__file__.rsplit("/", 3)[0] + "/firmware" + path, encoding="utf-8") as file:
        return file.read()


class RamFlash:
    """What of a token outlives a restart: the medium of its store, and its device secret."""

    def __init__(self, medium: Medium | None = None, secret: Secret | None = None) -> None:
        if medium is None or secret is None:
            from tests.firmware import media  # which takes a board's memory

            medium, secret = medium or media.RamMedium(), secret or media.RamSecret()
        self.medium, self.secret = medium, secret


class RamRtc:
    """A clock chip: UTC seconds that the test moves; `error` or `nonsense` break it."""

    begun_ms = 0

    def __init__(self, utc: int, lost: bool = False) -> None:
        self.utc, self.lost = utc, lost
        self.error = False
        self.nonsense: tuple[int, ...] | None = None
        self.steps: int | None = 0
        self.quarters: int | None = None

    def lost_power(self) -> bool:
        return self.lost

    def read(self) -> tuple[int, ...]:
        if self.error:
            raise OSError(5)
        return self.nonsense or civil(self.utc)

    def write(self, value: tuple[int, ...]) -> None:
        if self.error:
            raise OSError(5)
        low, high = 0, 1 << 33
        while low < high:  # boards have no calendar.timegm
            middle = (low + high) // 2
            if civil(middle)[:6] < value[:6]:
                low = middle + 1
            else:
                high = middle
        self.utc, self.lost = low, False

    def trim(self) -> int | None:
        if self.error:
            raise OSError(5)
        return self.steps

    def set_trim(self, steps: int) -> None:
        if self.error:
            raise OSError(5)
        self.steps = steps

    def temperature(self) -> int | None:
        return self.quarters


def clock(rtc: RamRtc, floor: int, record=(), crystal: str = "compensated") -> Clock:
    return Clock(rtc, floor, Discipline(CRYSTALS[crystal], record))


class RamDisplay:
    bar_width = 128
    rows = 4
    still = False
    pending = busy = False
    fault = ""

    def __init__(self) -> None:
        self.views: list = []
        self.level = 2

    def show(self, view) -> None:
        self.views.append(view)

    def light(self, level: int) -> None:
        self.level = level

    @property
    def view(self):
        return self.views[-1]


class Queue:
    """Buttons and the serial line: what a test puts in comes out once."""

    chord = ("previous", "next", "confirm")
    keypad = False

    def __init__(self) -> None:
        self.moves: list[tuple[str, bool]] = []
        self.incoming = b""
        self.sent = b""

    def events(self) -> list[tuple[str, bool]]:
        moves, self.moves = self.moves, []
        return moves

    def read(self) -> bytes:
        data, self.incoming = self.incoming, b""
        return data

    def write(self, data: bytes) -> None:
        self.sent += data


class RamKeyboard:
    """A keyboard that keeps its strokes, (usage, whether with Shift) each."""

    def __init__(self) -> None:
        self.strokes: list[tuple[int, bool]] = []

    def open(self) -> None: ...

    def type(self, strokes) -> None:
        self.strokes.extend(strokes)

    def step(self, now_ms: int) -> None: ...


class Bench:
    """A whole portable token: `run` moves its time, `ask` sends a request and returns the answer.

    A new one gets `owner`; one that is started again on its `flash` is as it was.
    """

    def __init__(
        self,
        flash: RamFlash | None = None,
        utc: int = 1_800_000_000,
        lost: bool = False,
        capacity: int = 100,
        primitives: Primitives | None = None,
        owner: bytes = OWNER,
        **parts: object,
    ) -> None:
        self.flash = flash or RamFlash()
        self.medium = self.flash.medium
        new = not self.medium.size()
        primitives = primitives or _host()
        self.rtc = RamRtc(utc, lost)
        self.display, self.queue = RamDisplay(), Queue()
        self.vault = Vault(self.medium, self.flash.secret, primitives, capacity)
        if new and owner:
            self.vault.set_owner(owner)
        self.clock = clock(self.rtc, self.vault.clock_floor, self.vault.clock_record)
        identity = Identity(SERIAL, "bench")
        self.app = App(
            identity,
            self.vault,
            self.clock,
            self.display,
            self.queue,
            self.queue,
            primitives=primitives,
            texts=Texts(drive),
            **parts,
        )
        self.decoder = frame.Decoder()
        self.channel: Channel | None = None
        self._channels = 0
        self._opened = b"", b""
        self.sent = b""
        self.ms = 0
        self.sequence = 0
        self._start = utc * 1000
        self.app.step(0)  # the first picture; buttons are looked at from the next step on

    def run(self, ms: int = 0, step: int = 10) -> None:
        """Step the application for `ms` milliseconds, the chip's seconds turning as they pass."""
        end = self.ms + ms
        while True:
            self.app.step(self.ms)
            if self.ms >= end:
                return
            before = self.ms // 1000
            self.ms = min(self.ms + step, end)
            self.rtc.utc += self.ms // 1000 - before

    def press(self, *names: str) -> None:
        if self.app.question:
            self.run(400)  # until it has stood on the screen for long enough
        for name in names:
            self.queue.moves.extend([(name, True), (name, False)])
        self.run()

    def wake(self) -> None:
        """Press a button that means nothing else."""
        self.press("enter")

    def send(self, command: str, **values: object) -> None:
        """Send a request: in the channel of the token's owner, or where its row says so plainly."""
        self.sequence += 1
        row = messages.COMMANDS[command]
        payload = messages.encode_request(self.sequence, row, values)
        if row.who != messages.PLAIN:
            payload = self.connected().seal(payload)
        self.give(payload)

    def give(self, payload: bytes) -> None:
        """Send the payload of one frame."""
        self.sent = payload
        self.queue.incoming += frame.encode(payload)
        self.run()

    def connected(self) -> Channel:
        """Return the owner's channel. It is made without a handshake, which the tests of that are for."""
        if self.channel is None:
            from tokenfw.commands import Dispatcher

            if self.app.dispatcher is None:
                self.app.dispatcher = Dispatcher(self.app)
            vault, primitives = self.vault, self.app.primitives
            self._channels += 1
            keys = [bytes([number, self._channels]) * 16 for number in (1, 2, 1, 2)]
            states = [CipherState(primitives, key, NONCES) for key in keys]
            self.channel = Channel(states[0], states[1], vault.identity_public, bytes(32))
            own = Channel(states[3], states[2], vault.owner, bytes(32))
            self.app.dispatcher.channels().add(own, bytes(32), self.ms)
        return self.channel

    def answers(self) -> list[tuple[int, int, dict]]:
        """Return (sequence, status, packed fields) of what the token has sent since last asked."""
        payloads = self.decoder.feed(self.queue.sent)
        self.queue.sent = b""
        return [messages.decode_response(self.opened(payload)) for payload in payloads]

    def opened(self, payload: bytes) -> bytes:
        """Return the message in a payload from the token; one that was sent twice is opened twice."""
        if payload[0] != SEALED or self.channel is None:
            return payload
        message = self.channel.open(payload)
        if message is not None:
            self._opened = payload, message
        assert self._opened[0] == payload
        return self._opened[1]

    def ask(self, command: str, **values: object) -> dict:
        """Send a request and return the good response's values; an error's class is raised."""
        self.send(command, **values)
        return self.result(command)

    def result(self, name: str) -> dict:
        from tokencore import statuses

        ((sequence, status, packed),) = self.answers()
        assert sequence == self.sequence
        if status != messages.OK:
            raise statuses.from_status(status, packed[messages.TEXT])
        return messages.unpack(messages.COMMANDS[name].response, packed, True)


def _host() -> Primitives:
    from provisioner.primitives import HostPrimitives  # Not on a board's interpreters.

    return HostPrimitives()
