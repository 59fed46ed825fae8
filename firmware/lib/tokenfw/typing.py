"""Types the code of the account on the screen, as a USB keyboard, once confirm has been held."""

from tokencore.errors import FobError

from .layouts import strokes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

    from .app import App
    from .parts import Keyboard

LEAST_MS = 1000  # a code that holds no longer would come too late: the next one is waited for
TYPED_MS = 1500  # how long the screen tells that it is done


class NoHost(FobError):
    """No computer takes what the keyboard sends."""


class TypingOff(FobError):
    """Nothing is to be typed for this account."""


class Typist:
    """Types for one `app`: `begin` when confirm has been held, then `step` does one thing at a time.

    account  the one that is typed, None where none is
    typed    whether its code has been
    """

    def __init__(self, keyboard: "Keyboard") -> None:
        self.account: Account | None = None
        self.typed = False
        self._keyboard = keyboard
        self._open = False
        self._due_ms = 0
        self._spent = ("", 0)  # App.hotp when its code was typed: no code is typed twice

    def begin(self, app: "App", now_ms: int) -> None:
        """Begin with the account on the screen. Raises TypingOff, ClockNotSet, ClockFailed."""
        account = app.account
        if account is None or self.account is not None:
            return
        if account.typing == "off":
            raise TypingOff
        if account.kind == "totp":
            app.time_step(account, now_ms)
        self.account, self.typed, self._open = account, False, False
        self._due_ms = now_ms + 1  # The screen says it first.

    def step(self, app: "App", now_ms: int) -> None:
        """Do what is due. What was begun is given up where the screen shows something else by now."""
        account = self.account
        if account is None:
            self._keyboard.step(now_ms)
        elif app.account is not account or app.question:
            self.account = None
        elif now_ms >= self._due_ms:
            try:
                self._go_on(app, account, now_ms)
            except (FobError, MemoryError) as error:
                self.account = None
                app.failure = type(error).__name__

    def _go_on(self, app: "App", account: "Account", now_ms: int) -> None:
        if self.typed:
            self.account = None
        elif not self._open:
            # To load the driver takes a board a while: the time is looked at after that.
            self._keyboard.open()
            self._open = True
        else:
            code = self._code(app, account, now_ms)
            if code:
                self._keyboard.type(strokes(code, app.vault.layout, account.typing == "enter"))
                self.typed, self._spent = True, app.hotp
                self._due_ms = now_ms + TYPED_MS

    def _code(self, app: "App", account: "Account", now_ms: int) -> str:
        """Return the code to type now, or "" where it is too early for the next one."""
        if account.kind == "hotp":
            # One that was asked for by a short press is there to be used.
            if not app.hotp[0] or app.hotp == self._spent:
                app.release(app.position, now_ms)
            return app.hotp[0]
        left_ms = app.time_step(account, now_ms)[1]
        if left_ms < min(LEAST_MS, account.period * 500):
            self._due_ms = now_ms + left_ms
            return ""
        return str(app.release(app.position, now_ms)["code"])
