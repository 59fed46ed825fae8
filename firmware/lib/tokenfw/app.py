"""The application: polled by `step`, it joins buttons, link, clock and accounts, and shows a view."""

from collections import namedtuple

from tokencore import frame
from tokencore.errors import ClockNotSet, FobError

from . import gestures
from .clock import Clock
from .codes import Codes
from .light import Light
from .picker import Picker
from .screen import ERASE_MS, HOTP_MS, Screen
from .texts import DEFAULT, Texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from tokencore.account import Account

    from .commands import Dispatcher
    from .typing import Typist
    from .vault import Vault
    from .views import View

    class Display(Protocol):
        """Shows a View: it never raises for any text, and cuts what is too long with an ellipsis.

        bar_width  pixels of a full bar
        rows       how many rows of a list fit
        still      whether it keeps its picture and is slow to change (e-paper): no bar moves there
        fault      "" or what is wrong with it
        """

        bar_width: int
        rows: int
        still: bool
        fault: str

        def show(self, view: View) -> None: ...
        def light(self, level: int) -> None:
            """Be off (0), dim (1) or bright (2)."""

    class Buttons(Protocol):
        """`events` returns what happened since it was last asked, in order: (name, whether it went down).

        Names: "previous", "next", "confirm"; a keypad also has "0" to "9", "clear" and "enter". An encoder's
        turn is a press and release. `chord` are those that ask for maintenance, held at the start.
        """

        chord: list[str]

        def events(self) -> list[tuple[str, bool]]: ...

    class Link(Protocol):
        """The serial line: `read` returns what has come, at once; `write` sends all or drops it."""

        def read(self) -> bytes: ...
        def write(self, data: bytes) -> None: ...

    class Keyboard(Protocol):
        """Presses keys on the host, and never leaves one down."""

        def open(self) -> None:
            """Make sure that a host listens; raises FobError."""

        def type(self, strokes: Iterable[tuple[int, bool]]) -> None:
            """Press and release each (HID usage, whether with Shift); raises FobError."""

        def step(self) -> None:
            """Look after keys that the host may still take for held; polled."""

    class Battery(Protocol):
        def percent(self) -> int:
            """Return how full the battery is, -1 where that is not known."""

    class Maintenance(Protocol):
        def is_open(self) -> bool:
            """Return whether the drive is open to the host in this run."""

        def erase_and_restart(self) -> None:
            """Erase every secret and restart with the drive open; it does not return."""


Identity = namedtuple("Identity", ("serial", "board"))

PREVIOUS, NEXT, CONFIRM = "previous", "next", "confirm"
POLL_MS = 10  # the longest wait between steps while something is under way
_AWAKE_MS = 20  # … while the screen is on
_IDLE_MS = 100  # … while nobody is there
_LINE_MS = 3000  # a host that has spoken goes on for so long
_START_MS = 1000  # buttons that are all down so soon were held when the token started


class App:
    """One token. All its parts come as arguments; `step` is all that drives it.

    texts     reads the files of /texts (see `texts`); `language` is the board's own
    keyboard  opens the keyboard when something is to be typed for the first time
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
        texts: "Texts | None" = None,
        language: str = DEFAULT,
        keyboard: "Callable[[], Keyboard] | None" = None,
        battery: "Battery | None" = None,
        maintenance: "Maintenance | None" = None,
        lockable: bool = True,
        dim_s: int = 30,
        off_s: int = 60,
    ) -> None:
        self.identity = identity
        self.vault = vault
        self.clock = clock
        self.typist: Typist | None = None
        self.drive_open = maintenance is not None and maintenance.is_open()
        self.frames = frame.Decoder()
        self.texts = texts or Texts()
        self.texts.speak(vault.language or language)
        light = Light(dim_s * 1000, off_s * 1000, display.still)
        self.screen = Screen(display, self.texts, light, battery, "" if lockable else "!")
        self._maintenance = maintenance
        self._buttons = buttons
        self._keyboard = keyboard
        self._link = link
        self._gestures = gestures.Gestures()
        self._dispatcher: Dispatcher | None = None
        self._began_ms: int | None = None
        self._heard_ms = -_LINE_MS
        self.mode = "" if lockable else "open"  # or "erase": what is asked before anything else
        self.held_ms = 0  # in mode "erase": for how long confirm has been held
        self.picker: Picker | None = None  # the list, while it is scrolled
        self.position = 0
        self.account: Account | None = None  # the one on the screen; None where it is damaged
        self.codes: Codes | None = None
        self.hotp = ("", 0)  # the code on the screen, and the tick until which it is shown
        self.failure = ""  # the class of the error that is on the screen
        self.select(0)

    def step(self, now_ms: int) -> int:
        """Do what is due at tick `now_ms` (ms since start) and return how many ms may pass until the next."""
        if self._began_ms is None:
            self._began_ms = now_ms
        self.clock.step(now_ms)
        try:
            self._listen_to_buttons(now_ms)
            self._listen_to_host(now_ms)
            if self.typist:
                self.typist.step(self, now_ms)
            if self.question:
                self.screen.touch(now_ms)
            self.screen.step(self, now_ms)
        except MemoryError:
            self.failure = "MemoryError"
        return self._rest_ms(now_ms)

    def faults(self) -> "list[str]":
        """Return what is wrong with the hardware, for whoever asks over the wire."""
        parts: list[Any] = [self.vault, self.clock, self.screen.display]
        return [part.fault for part in parts if part.fault]

    @property
    def question(self) -> "tuple[str, str] | None":
        """(issuer, name) of the account whose code a host waits for, or None."""
        return self._dispatcher.question if self._dispatcher else None

    @property
    def due_ms(self) -> int:
        """The tick at which the question ends."""
        return (self._dispatcher.due_ms if self._dispatcher else None) or 0

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
            return {"code": code, "counter": counter}
        utc = self.clock.utc_ms(now_ms) // 1000
        return {"code": codes.code(self.time_step(account, now_ms)[0]), "utc": utc}

    def time_step(self, account: "Account", now_ms: int) -> "tuple[int, int]":
        """Return TOTP's time step and the ms that are left of it. Raises ClockNotSet, ClockFailed."""
        passed_ms = self.clock.utc_ms(now_ms) - account.t0 * 1000
        if passed_ms < 0:
            raise ClockNotSet("by the token's clock this account's T0 is still to come")
        step, into_ms = divmod(passed_ms, account.period * 1000)
        return step, account.period * 1000 - into_ms

    def _listen_to_host(self, now_ms: int) -> None:
        data = self._link.read()
        if data:
            self._heard_ms = now_ms
            if self._dispatcher is None:
                # The first code need not wait for this: to compile it takes a board half a second.
                from .commands import Dispatcher

                self._dispatcher = Dispatcher(self)
        if self._dispatcher:
            for payload in self.frames.feed(data):
                self._send(self._dispatcher.receive(payload, now_ms))
            self._send(self._dispatcher.poll(now_ms))

    def _send(self, payloads: "list[bytes]") -> None:
        for payload in payloads:
            self._link.write(frame.encode(payload))

    def _listen_to_buttons(self, now_ms: int) -> None:
        for button, down in self._buttons.events():
            heard = not down or self.screen.touch(now_ms)
            for gesture in self._gestures.feed(button, down, now_ms, heard):
                self._act(gesture, now_ms)
        self._look_for_erase(now_ms)
        for gesture in self._gestures.poll(now_ms):
            self._act(gesture, now_ms)

    def _look_for_erase(self, now_ms: int) -> None:
        """Buttons held while the token starts ask for its erasure."""
        if self._maintenance is None or self._began_ms is None or now_ms - self._began_ms > _START_MS:
            return
        missing = [name for name in self._buttons.chord if name not in self._gestures.down]
        if not missing and self.mode != "erase":
            self._gestures.ignore()
            self.mode, self.held_ms = "erase", 0

    def _act(self, gesture: "gestures.Gesture", now_ms: int) -> None:
        kind, button, held_ms = gesture
        if self.mode == "erase":
            self._decide(kind, button, held_ms)
        elif kind == gestures.DOWN:
            self._press(button, now_ms)
        elif button == CONFIRM:
            if kind == gestures.SHORT:
                self._confirm(now_ms)
            elif kind == gestures.LONG:
                self._long_confirm(now_ms)
        elif kind in (gestures.SHORT, gestures.UP):
            if self.picker:
                self.select(self.picker.position)
        elif held_ms >= gestures.SCROLL_MS and len(self.vault) > 1:
            self._scroll(button, held_ms)

    def _press(self, button: str, now_ms: int) -> None:
        self.screen.dismiss()
        if self.mode or self.failure:
            self.mode = self.failure = ""
            self._gestures.ignore()
        elif self.question:
            if button == CONFIRM and self._dispatcher:
                self._gestures.ignore()
                self._send(self._dispatcher.confirm(now_ms))
        elif button in (PREVIOUS, NEXT) and len(self.vault):
            self.select((self.position + (1 if button == NEXT else -1)) % len(self.vault))

    def _scroll(self, button: str, held_ms: int) -> None:
        if self.picker is None:
            step = 1 if button == NEXT else -1
            rows, damaged = self.screen.display.rows, self.texts("damaged_account")
            self.picker = Picker(self.vault, self.position, step, rows, damaged)
        self.picker.scroll(held_ms)

    def _decide(self, kind: str, button: str, held_ms: int) -> None:
        """Everything is erased once confirm was held for long; any other button keeps it."""
        if button != CONFIRM:
            self.mode = ""
            self._gestures.ignore()
            return
        self.held_ms = held_ms if kind == gestures.HELD else 0
        if self.held_ms >= ERASE_MS and self._maintenance is not None:
            self.mode = ""
            self._try(self._maintenance.erase_and_restart)

    def _confirm(self, now_ms: int) -> None:
        if self.account is not None and self.account.kind == "hotp" and not self.hotp[0]:
            self._try(lambda: self.release(self.position, now_ms))

    def _long_confirm(self, now_ms: int) -> None:
        """Confirm has been held for gestures.LONG_MS: type the code of the account on the screen."""
        if self._keyboard is None or self.mode or self.failure or self.question or self.picker:
            return
        if self.typist is None:
            from .typing import Typist  # Not everybody types, and it takes memory.

            self.typist = Typist(self._keyboard())
        typist = self.typist
        self._try(lambda: typist.begin(self, now_ms))

    def _try(self, operation: "Any") -> None:
        try:
            operation()
        except FobError as error:
            self.failure = type(error).__name__

    def _rest_ms(self, now_ms: int) -> int:
        typing = self.typist is not None and self.typist.account is not None
        if typing or self._gestures.busy or now_ms - self._heard_ms < _LINE_MS:
            rest_ms = POLL_MS
        else:
            rest_ms = _IDLE_MS if self.screen.light.idle else _AWAKE_MS
        rest_ms = min(rest_ms, self.clock.wait_ms(now_ms))
        due_ms = self._dispatcher.due_ms if self._dispatcher else None
        return rest_ms if due_ms is None else max(0, min(rest_ms, due_ms - now_ms))
