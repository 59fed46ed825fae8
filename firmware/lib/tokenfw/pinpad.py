"""Takes a PIN at the buttons. Loaded while the token is locked.

"next" and "previous" turn a wheel of ten digits and a way back; confirm takes what it stands at, and held, is
the end. A keypad's digits are taken as they are pressed, "clear" is the way back, "enter" the end. The wheel
begins anywhere, again after each digit: to count the presses tells nothing.
"""

from tokencore.errors import FobError

from . import gestures, pinviews
from .pinviews import BACK, DIGITS, LEAST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from .app import App
    from .views import View, Views

_LONGEST = 64
_PIECES = 5  # of the check between two pictures: to draw takes a board as long as two of them


class PinPad:
    """The PIN that is being entered into `app`; `keypad` says whether there are keys for digits."""

    def __init__(self, app: "App", keypad: bool) -> None:
        self._app = app
        self._keypad = keypad
        self._taken = bytearray()
        self._wheel = -1  # hidden; 0 to 9; BACK
        self._from = 0  # where the wheel stood when the press that goes on began
        self._note = ""
        self._warned = False  # of the last try
        self._wait_ms = 0  # the whole of the waiting time that goes on
        self._work: Generator[None, None, bool] | None = None
        self._done = 0

    @property
    def working(self) -> bool:
        """Whether a PIN is being checked."""
        return self._work is not None

    def act(self, kind: str, button: str, held_ms: int, now_ms: int) -> None:
        """Take a gesture."""
        pin = self._app.vault.pin
        if self.working or not pin.digits or pin.wait_ms(now_ms):
            return
        if pin.left <= 1 and not self._warned:
            self._warned, self._note = kind == gestures.DOWN, ""
        elif kind == gestures.DOWN:
            self._press(button, now_ms)
        elif button in ("next", "previous"):
            if kind == gestures.HELD:
                self._turn(button, 1 + gestures.scrolled(held_ms, DIGITS + 1))
        elif button == "confirm":
            if kind == gestures.SHORT and self._wheel >= 0:
                self._take(self._wheel)
                self._wheel = self._chance()
            elif kind == gestures.LONG:
                self._finish(now_ms)
        elif button == "clear" and kind == gestures.LONG:
            self.forget()

    def step(self, now_ms: int) -> None:
        """Go on with what is being checked; a PIN that nobody goes on with is forgotten."""
        wait_ms = self._app.vault.pin.wait_ms(now_ms)
        self._wait_ms = max(self._wait_ms, wait_ms) if wait_ms else 0
        if self._app.screen.light.idle:
            self.forget()
        if self._work is None:
            return
        try:
            for _ in range(_PIECES):
                next(self._work)
                self._done += 1
        except StopIteration:
            self._end()
        except FobError as error:
            self._work = None
            self._app.failure = type(error).__name__
        except (MemoryError, OSError):
            self._work = None
            raise

    def forget(self) -> None:
        """Forget what has been taken."""
        for place in range(len(self._taken)):
            self._taken[place] = 0
        self._taken = bytearray()
        self._wheel = -1

    def look(self, make: "Views", now_ms: int) -> "View":
        """Return what the screen says."""
        pin = self._app.vault.pin
        wait_ms = pin.wait_ms(now_ms)
        if self._work is not None:
            return pinviews.working(make, self._done, pin.slices)
        if wait_ms:
            return pinviews.waiting(make, wait_ms, max(wait_ms, self._wait_ms), pin.left)
        if not pin.digits:
            return pinviews.elsewhere(make, pin.left)
        if pin.left <= 1 and not self._warned:
            return pinviews.last(make)
        return pinviews.entry(make, len(self._taken), self._wheel, pin.left, self._note, self._keypad)

    def _press(self, button: str, now_ms: int) -> None:
        self._note = ""
        if button in ("next", "previous"):
            self._from = self._wheel
            if self._wheel < 0:  # One step on from there is where it begins.
                self._from = self._chance() - (1 if button == "next" else -1)
            self._turn(button, 1)
        elif "0" <= button <= "9":
            self._take(ord(button) - 48)
            self._wheel = -1
        elif button == "clear":
            self._back()
        elif button == "enter":
            self._finish(now_ms)

    def _turn(self, button: str, steps: int) -> None:
        self._wheel = (self._from + (steps if button == "next" else -steps)) % (DIGITS + 1)

    def _take(self, digit: int) -> None:
        if digit == BACK:
            self._back()
        elif len(self._taken) < _LONGEST:
            self._taken.append(48 + digit)

    def _back(self) -> None:
        if self._taken:
            self._taken[-1] = 0
            self._taken = self._taken[:-1]

    def _chance(self) -> int:
        """Return a digit, each as likely as any other."""
        while True:
            byte = self._app.primitives.random(1)[0]
            if byte < 250:
                return byte % DIGITS

    def _finish(self, now_ms: int) -> None:
        if len(self._taken) < LEAST:
            self._note = "short"
            return
        self._work, self._done = self._app.vault.unlock(bytes(self._taken), now_ms), 0
        self.forget()

    def _end(self) -> None:
        self._work, self._note, self._warned = None, "wrong", False
        if not self._app.vault.pin.is_set:
            self._app.mode = "erased"
