"""The application: polled by `step`, it joins buttons, link, clock and accounts, and shows a view."""

from collections import namedtuple

from tokencore import frame
from tokencore.errors import ClockNotSet, FobError

from .clock import Clock
from .codes import Codes
from .guard import Guard
from .light import OFF, Light
from .ready import Ready
from .screen import HOTP_MS, Screen
from .texts import DEFAULT, Texts
from .views import NEXT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tokencore.account import Account
    from tokencore.primitives import Primitives

    from .attest import Contents
    from .commands import Dispatcher
    from .parts import Battery, Buttons, Display, Keyboard, Link, Maintenance
    from .picker import Picker
    from .presses import Presses
    from .question import Question
    from .typing import Typist
    from .vault import Vault

Identity = namedtuple("Identity", ("serial", "board"))

POLL_MS = 10  # the longest wait between steps while something is under way
_AWAKE_MS = 20  # … while the screen is on
_IDLE_MS = 100  # … while nobody is there
_LINE_MS = 3000  # a host that has spoken goes on for so long
_SETTLE_MS = 3000  # after the start, a press or a host's word, until a first handshake is prepared


class App:
    """One token. All its parts come as arguments; `step` is all that drives it.

    texts     reads the files of /texts (see `texts`); `language` is the board's own
    keyboard  opens the keyboard when something is to be typed for the first time
    contents  loads what can read the drive's files
    ticks     the ms of now, of the same origin as the steps' `now_ms`; without it, that stands for it
    unload    forgets modules, given by their full names, where code takes memory that is needed
    lockable  False where this board leaves its console open: the screen says so
    """

    def __init__(
        self,
        identity: Identity,
        vault: "Vault",
        clock: Clock,
        display: "Display",
        buttons: "Buttons",
        link: "Link",
        *,
        primitives: "Primitives",
        texts: "Texts | None" = None,
        language: str = DEFAULT,
        keyboard: "Callable[[], Keyboard] | None" = None,
        battery: "Battery | None" = None,
        maintenance: "Maintenance | None" = None,
        contents: "Callable[[], Contents] | None" = None,
        ticks: "Callable[[], int] | None" = None,
        unload: "Callable[..., None] | None" = None,
        lockable: bool = True,
        dim_s: int = 30,
        off_s: int = 60,
    ) -> None:
        self.identity = identity
        self.primitives = primitives
        self.ready = Ready(primitives)
        self._ready_ms: int | None = None  # the tick from which a first handshake may be prepared
        self.vault = vault
        self.clock = clock
        self.typist: Typist | None = None
        self.contents = contents
        self._unload = unload
        self.backup: Any = None  # what `backup` keeps of one that is under way
        self.drive_open = maintenance is not None and maintenance.is_open()
        self.frames = frame.Decoder()
        self.texts = texts or Texts()
        self.texts.speak(vault.language or language)
        light = Light(dim_s * 1000, off_s * 1000, display.still)
        self.screen = Screen(display, self.texts, light, battery, "" if lockable else "!")
        self._buttons = buttons
        self._maintenance = maintenance
        self._presses: Presses | None = None
        self._started = False
        self._keyboard = keyboard
        self._link = link
        self.dispatcher: Dispatcher | None = None
        self.session: Any = None  # the one whose request is being answered
        self.role = ""  # … and what its key is to this token, one of ROLES
        self._heard_ms = -_LINE_MS
        self._ticks = ticks
        # The ticks at which the link last had something, and took something.
        self.read_ms = self.written_ms = 0
        self.keypad = buttons.keypad
        self.guard = Guard(vault.locked)
        self.mode = "" if lockable else "open"  # or "erase", "erased": what is said before anything else
        self.held_ms = 0  # in mode "erase": for how long confirm has been held
        self.picker: Picker | None = None  # the list, while it is scrolled
        self.position = 0
        self.account: Account | None = None  # the one on the screen; None where it is damaged
        self.codes: Codes | None = None
        self.hotp = ("", 0)  # the code on the screen, and the tick until which it is shown
        self.failure = ""  # the class of the error that is on the screen
        self._full = False  # whether memory was too short in the step before
        self.select(0)

    def step(self, now_ms: int) -> int:
        """Do what is due at tick `now_ms` (ms since start) and return how many ms may pass until the next."""
        for part in (self._work, self._show):  # What fails in the one, the other says.
            try:
                part(now_ms)
            except (FobError, MemoryError, OSError) as error:  # No reason to stop for good.
                self.picker, self.failure = None, type(error).__name__
                self._full = isinstance(error, MemoryError)
                if self._presses:
                    self._presses.forget()
        return self._rest_ms(now_ms)

    def _work(self, now_ms: int) -> None:
        if self._full:
            self.make_room()
        self.clock.step(now_ms)
        self._listen_to_buttons(now_ms)
        self._listen_to_host(now_ms)
        self._get_ready(now_ms)
        if self._started:
            self.guard.step(self, now_ms)
        self._started = True
        if self.typist:
            self.typist.step(self, now_ms)

    def _show(self, now_ms: int) -> None:
        if self.question:
            self.screen.touch(now_ms)
        self.screen.step(self, now_ms)
        self._prepare(now_ms)

    def unload(self, *names: str) -> None:
        """Let go of modules that are seldom needed; they are loaded again when they are next imported."""
        if self._unload:
            self._unload(*names)

    def make_room(self) -> None:
        """Let go of the code that hosts' requests have loaded, for what needs memory now."""
        self._full = False
        if self.dispatcher:
            from .handlers import MODULES

            self.unload("tokencore.noise", "tokencore.symmetric", *["tokenfw." + name for name in MODULES])

    def faults(self) -> "list[str]":
        """Return what is wrong with the hardware, for whoever asks over the wire."""
        parts: list[Any] = [self.vault, self.clock, self.screen.display]
        return [part.fault for part in parts if part.fault]

    @property
    def question(self) -> "Question | None":
        """What the screen asks while a host waits for a press, or None."""
        return self.dispatcher.question if self.dispatcher else None

    @property
    def due_ms(self) -> int:
        """The tick at which the question ends."""
        return self.dispatcher.question_due_ms if self.dispatcher else 0

    def select(self, position: int) -> None:
        """Put the account at `position`, or the last one before it, on the screen."""
        self.position = max(0, min(position, len(self.vault) - 1))
        self.account = self.codes = self.picker = None
        self.hotp = ("", 0)
        if not len(self.vault):
            return
        try:
            self.account = self.vault.account(self.position)
            self.codes = Codes(self.account)
        except FobError:
            pass  # The screen says that it is damaged.

    def release(self, position: int, now_ms: int) -> "dict[str, Any]":
        """Return the code of the account at `position` as the wire has it; confirm has been pressed."""
        account = self.vault.account(position)
        # The one on the screen has its key prepared and its code computed: with SHA-512 that is 0.4 s.
        codes = self.codes if self.codes and position == self.position else Codes(account)
        if account.kind == "hotp":
            counter = self.vault.take_counter(position)
            code = codes.code(counter)
            if position == self.position:
                self.hotp = (code, now_ms + HOTP_MS)
                if self.account:
                    self.account.counter = counter + 1
            return {"code": code, "counter": counter}
        utc = self.clock.utc_ms(now_ms) // 1000
        self.vault.note_shown(utc)
        return {"code": codes.code(self.time_step(account, now_ms)[0]), "utc": utc}

    def time_step(self, account: "Account", now_ms: int) -> "tuple[int, int]":
        """Return TOTP's time step and the ms that are left of it. Raises ClockNotSet, ClockFailed."""
        passed_ms = self.clock.utc_ms(now_ms) - account.t0 * 1000
        if passed_ms < 0:
            raise ClockNotSet("by the token's clock this account's T0 is still to come")
        step, into_ms = divmod(passed_ms, account.period * 1000)
        return step, account.period * 1000 - into_ms

    def confirm(self, now_ms: int) -> None:
        """Confirm was pressed shortly: show a counter-based account's next code."""
        if (
            not self.question
            and self.account is not None
            and self.account.kind == "hotp"
            and not self.hotp[0]
        ):
            self.attempt(lambda: self.release(self.position, now_ms))

    def answer(self, now_ms: int) -> None:
        """Confirm was pressed at a question: answer it, if it was on the screen before the press began."""
        question = self.question
        # The digits of a pairing are only to be compared: the press is asked for after that.
        if self.dispatcher and question and question.kind != "pair" and question is self.screen.answerable:
            self._send(self.dispatcher.confirm(now_ms), now_ms)

    def give_up(self, error: FobError, now_ms: int) -> None:
        """End the question that is on the screen: the host is told `error`."""
        if self.dispatcher and self.question:
            self._send(self.dispatcher.give_up(error, now_ms), now_ms)

    def lock(self, now_ms: int) -> None:
        """Lock at once, where a PIN is set."""
        self.guard.lock(self, now_ms)

    def forget(self) -> None:
        """Forget what is under way with the accounts: they have been locked, opened or wiped."""
        self.picker, self.backup, self.failure = None, None, ""
        if self.typist:
            self.typist.account = None
        if self._presses:
            self._presses.forget()

    def ticks(self, now_ms: int) -> int:
        """Return the tick of now, in a step that began at `now_ms`."""
        return self._ticks() if self._ticks else now_ms

    def type_code(self, now_ms: int) -> None:
        """Confirm was pressed long: type the code of the account on the screen."""
        if self._keyboard is None or self.question:
            return
        if self.typist is None:
            from .typing import Typist  # Not everybody types, and it takes memory.

            self.typist = Typist(self._keyboard())
        typist = self.typist
        self.attempt(lambda: typist.begin(self, now_ms))

    def attempt(self, operation: "Callable[[], object]") -> None:
        """Do what a press asks for; where it is refused, the screen says so."""
        try:
            operation()
        except FobError as error:
            self.failure = type(error).__name__

    def _prepare(self, now_ms: int) -> None:
        """Compute what a press may soon ask for: SHA-512 takes a board a quarter of a second."""
        if self.account is None or self.codes is None or self.screen.light.level == OFF:
            return
        if self.account.kind == "hotp":
            self.codes.code(self.account.counter)
        elif self.question:
            try:
                step, left_ms = self.time_step(self.account, now_ms)
            except FobError:
                return  # The press will be told so.
            self.codes.code(step)
            if left_ms <= NEXT_MS:
                self.codes.code(step + 1)

    def _listen_to_buttons(self, now_ms: int) -> None:
        if self._presses:
            self._presses.step(now_ms)
        elif self._started:
            # Not in the first step: the first code need not wait until this is compiled.
            from .presses import Presses

            self._presses = Presses(self, self._buttons, self._maintenance)
            self._presses.step(now_ms)

    def _listen_to_host(self, now_ms: int) -> None:
        data = self._link.read()
        if data:
            self._heard_ms, self.read_ms = now_ms, self.ticks(now_ms)
            if self.dispatcher is None:
                # Nor for this.
                from .commands import Dispatcher

                self.dispatcher = Dispatcher(self)
        if self.dispatcher:
            for payload in self.frames.feed(data):
                self._send(self.dispatcher.receive(payload, now_ms), now_ms)
            self._send(self.dispatcher.poll(now_ms), now_ms)

    def _get_ready(self, now_ms: int) -> None:
        """Prepare the owner's first handshake while nobody is there; later `channels` does it.

        Programs that look for modems write to every port: that alone must not put an end to it.
        """
        busy = self._heard_ms == now_ms or (self._presses and self._presses.busy)
        if self._ready_ms is None or busy:
            self._ready_ms = now_ms + _SETTLE_MS
        owner, opened = self.vault.owner, self.dispatcher and self.dispatcher.opened
        if owner and not opened and now_ms >= self._ready_ms and self.ready.step(owner):
            self.unload("tokencore.x25519")

    def _send(self, payloads: "list[bytes]", now_ms: int) -> None:
        for payload in payloads:
            self._link.write(frame.encode(payload))
            self.written_ms = self.ticks(now_ms)

    def _rest_ms(self, now_ms: int) -> int:
        if self.guard.working:
            return 0
        typing = self.typist is not None and self.typist.account is not None
        if typing or (self._presses and self._presses.busy) or now_ms - self._heard_ms < _LINE_MS:
            rest_ms = POLL_MS
        else:
            rest_ms = _IDLE_MS if self.screen.light.idle else _AWAKE_MS
        rest_ms = min(rest_ms, self.clock.wait_ms(now_ms))
        if self.screen.edge_ms > now_ms:
            rest_ms = min(rest_ms, self.screen.edge_ms - now_ms)
        due_ms = self.dispatcher.due_ms if self.dispatcher else None
        return rest_ms if due_ms is None else max(0, min(rest_ms, due_ms - now_ms))
