"""The application: polled by `step`, it joins buttons, link, clock and accounts, and shows a view."""

from collections import namedtuple

from tokencore import frame
from tokencore.errors import ClockFailed, ClockNotSet, FobError
from tokencore.messages import CONFIRM_MS

from . import views
from .clock import Clock
from .codes import Codes
from .commands import Dispatcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from tokencore.account import Account

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

        Names: "previous", "next", "confirm"; a keypad also has "0" to "9", "clear" and "enter".
        """

        def events(self) -> list[tuple[str, bool]]: ...

    class Keyboard(Protocol):
        """Types into the host: decimal digits, and Enter if asked. Raises FobError where none listens."""

        fault: str

        def type(self, text: str, enter: bool) -> None: ...

    class Link(Protocol):
        """The serial line: `read` returns what has come, at once; `write` sends all or drops it."""

        def read(self) -> bytes: ...
        def write(self, data: bytes) -> None: ...


Identity = namedtuple("Identity", ("serial", "board"))

PREVIOUS, NEXT, CONFIRM = "previous", "next", "confirm"
POLL_MS = 10  # the longest wait between steps
HOTP_MS = 30000  # how long a counter-based code stays on the screen


class App:
    """One token. All its parts come as arguments; `step` is all that drives it."""

    def __init__(
        self,
        identity: Identity,
        vault: "Vault",
        clock: Clock,
        display: "Display",
        buttons: "Buttons",
        link: "Link",
    ) -> None:
        self.identity = identity
        self.vault = vault
        self.clock = clock
        self.frames = frame.Decoder()
        self._display = display
        self._buttons = buttons
        self._link = link
        self._dispatcher = Dispatcher(self)
        self._position = 0
        self._account: Account | None = None
        self._codes: Codes | None = None
        self._hotp = ("", 0)  # the code on the screen, and the tick until which it is shown
        self._failure = ""
        self._view: View | None = None
        self.select(0)

    def step(self, now_ms: int) -> int:
        """Do what is due at tick `now_ms` (ms since start) and return how many ms may pass until the next."""
        self.clock.step(now_ms)
        for button, down in self._buttons.events():
            if down:
                self._press(button, now_ms)
        for payload in self.frames.feed(self._link.read()):
            self._send(self._dispatcher.receive(payload, now_ms))
        self._send(self._dispatcher.poll(now_ms))
        view = self._look(now_ms)
        if view != self._view:
            self._display.show(view)
            self._view = view
        due_ms = self._dispatcher.due_ms
        return POLL_MS if due_ms is None else max(0, min(POLL_MS, due_ms - now_ms))

    def faults(self) -> "list[str]":
        """Return what is wrong with the hardware, for whoever asks over the wire."""
        return [part.fault for part in (self.vault, self.clock, self._display) if part.fault]

    def select(self, position: int) -> None:
        """Put the account at `position`, or the last one before it, on the screen."""
        self._position = max(0, min(position, len(self.vault) - 1))
        self._account = self._codes = None
        self._hotp = ("", 0)
        if not len(self.vault):
            return
        try:
            self._account = self.vault.account(self._position)
            self._codes = Codes(self._account)
        except FobError as error:
            self._failure = str(error)

    def release(self, position: int, now_ms: int) -> "dict[str, Any]":
        """Return the code of the account at `position` as the wire has it; confirm has been pressed."""
        account = self.vault.account(position)
        # The one on the screen has its key prepared and its code computed: with SHA-512 that is 0.4 s.
        codes = self._codes if self._codes and position == self._position else Codes(account)
        if account.kind == "hotp":
            counter = self.vault.take_counter(position)
            code = codes.code(counter)
            if position == self._position:
                self._hotp = (code, now_ms + HOTP_MS)
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

    def _send(self, payloads: "list[bytes]") -> None:
        for payload in payloads:
            self._link.write(frame.encode(payload))

    def _press(self, button: str, now_ms: int) -> None:
        if self._failure:
            self._failure = ""
        elif button == CONFIRM and self._dispatcher.question:
            self._send(self._dispatcher.confirm(now_ms))
        elif button == CONFIRM:
            self._confirm(now_ms)
        elif len(self.vault):
            step = 1 if button == NEXT else -1
            self.select((self._position + step) % len(self.vault))

    def _confirm(self, now_ms: int) -> None:
        if self._account is None or self._account.kind != "hotp" or self._hotp[0]:
            return
        try:
            self.release(self._position, now_ms)
        except FobError as error:
            self._failure = str(error)

    def _look(self, now_ms: int) -> "View":
        width = self._display.bar_width
        question = self._dispatcher.question
        if question:
            left_ms = (self._dispatcher.due_ms or 0) - now_ms
            return views.question(question[0], question[1], left_ms, CONFIRM_MS, width)
        if self.vault.fault:
            return views.fault(self.vault.fault)
        if self._failure:
            return views.failure(self._failure)
        if self._account is None or self._codes is None:
            return views.empty()
        place = views.corner(self._position, len(self.vault))
        if self._account.kind == "hotp":
            return self._look_at_hotp(self._account, place, now_ms)
        return self._look_at_totp(self._account, self._codes, place, now_ms)

    def _look_at_hotp(self, account: "Account", place: str, now_ms: int) -> "View":
        code, until_ms = self._hotp
        if code and now_ms < until_ms:
            return views.hotp_code(account, place, code, until_ms - now_ms, HOTP_MS, self._display.bar_width)
        self._hotp = ("", 0)
        return views.hotp_idle(account, place)

    def _look_at_totp(self, account: "Account", codes: Codes, place: str, now_ms: int) -> "View":
        try:
            step, left_ms = self.time_step(account, now_ms)
        except ClockFailed:
            return views.clock_unusable(account, place, "clock_failed")
        except ClockNotSet:
            return views.clock_unusable(account, place, "clock_not_set")
        pair = (codes.code(step), codes.code(step + 1) if left_ms <= 2 * views.NEXT_MS else "")
        doubt = views.doubt(self.clock.bound_ms(now_ms))
        return views.totp(account, place, pair, left_ms, self._display.bar_width, doubt)
