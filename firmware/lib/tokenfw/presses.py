"""What presses of the buttons do: the gestures that they make, each at the place that it acts on."""

from . import gestures
from .picker import Picker
from .screen import ERASE_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account

    from .app import App
    from .parts import Buttons, Maintenance

PREVIOUS, NEXT, CONFIRM, CLEAR = "previous", "next", "confirm", "clear"
_START_MS = 1000  # buttons that are all down so soon were held when the token started


class Presses:
    """The buttons of `app`."""

    def __init__(self, app: "App", buttons: "Buttons", maintenance: "Maintenance | None") -> None:
        self._app = app
        self._buttons = buttons
        self._maintenance = maintenance
        self._gestures = gestures.Gestures()
        self._began_ms: int | None = None
        self._shown: Account | None = None  # when the press began: a host may have changed it since

    @property
    def busy(self) -> bool:
        """Whether a button is down and means something."""
        return self._gestures.busy

    def forget(self) -> None:
        """Let the press that goes on mean nothing more."""
        self._gestures.ignore()
        self._app.picker = None

    def step(self, now_ms: int) -> None:
        """Do what the presses since the last step, and the one that goes on, ask for."""
        app = self._app
        if self._began_ms is None:
            self._began_ms = now_ms
        for button, down in self._buttons.events():
            heard = not down or app.screen.touch(now_ms)
            if down:
                app.guard.touch(now_ms)
            for gesture in self._gestures.feed(button, down, now_ms, heard):
                self._act(gesture, now_ms)
        if now_ms - self._began_ms <= _START_MS:
            self._look_for_erase()
        for gesture in self._gestures.poll(now_ms):
            self._act(gesture, now_ms)
        if app.mode == "erase" and app.screen.light.idle:
            app.mode = ""

    def _look_for_erase(self) -> None:
        """Buttons held while the token starts ask for its erasure."""
        app = self._app
        up = [name for name in self._buttons.chord if name not in self._gestures.down]
        if self._maintenance is not None and not up and app.mode != "erase":
            self.forget()
            app.mode, app.held_ms = "erase", 0

    def _act(self, gesture: "gestures.Gesture", now_ms: int) -> None:
        app = self._app
        kind, button, held_ms = gesture
        if app.mode == "erase":
            self._decide(kind, button, held_ms)
        elif kind == gestures.BOTH or (kind == gestures.LONG and button == CLEAR and not app.vault.locked):
            app.lock(now_ms)
        elif kind == gestures.DOWN:
            self._press(button, now_ms)
            self._shown = app.account
        elif app.guard.pad:
            app.guard.pad.act(kind, button, held_ms, now_ms)
        elif button == CONFIRM:
            if kind == gestures.SHORT:
                app.confirm(now_ms)
            elif kind == gestures.LONG and app.account is self._shown:
                app.type_code(now_ms)
        elif kind in (gestures.SHORT, gestures.UP):
            if app.picker:
                app.select(app.picker.position)
        elif held_ms >= gestures.SCROLL_MS and button in (PREVIOUS, NEXT):
            self._scroll(button, held_ms)

    def _press(self, button: str, now_ms: int) -> None:
        app = self._app
        app.screen.dismiss()
        if app.mode:
            app.mode = app.failure = ""
            self.forget()
        elif app.question:
            # Of two that are down together this may be the one that locks.
            if not self._gestures.paired:
                if button == CONFIRM:
                    app.answer(now_ms)
                self.forget()
        elif app.failure:  # It is not seen before, for a question stands above it.
            app.failure = ""
            self.forget()
        elif app.guard.pad:
            app.guard.pad.act(gestures.DOWN, button, 0, now_ms)
        elif button in (PREVIOUS, NEXT) and len(app.vault):
            app.select((app.position + (1 if button == NEXT else -1)) % len(app.vault))

    def _scroll(self, button: str, held_ms: int) -> None:
        app = self._app
        if app.picker is None and len(app.vault) > 1 and not app.question:
            step, rows = 1 if button == NEXT else -1, app.screen.display.rows
            app.picker = Picker(app.vault, app.position, step, rows, app.texts("damaged"))
        if app.picker:
            app.picker.scroll(held_ms)

    def _decide(self, kind: str, button: str, held_ms: int) -> None:
        """Everything is erased once confirm was held for long; any other button keeps it."""
        app = self._app
        app.held_ms = 0 if kind in (gestures.SHORT, gestures.UP) else held_ms
        if button != CONFIRM:
            app.mode = ""
            self.forget()
        elif app.held_ms >= ERASE_MS and self._maintenance is not None:
            app.mode = ""
            self.forget()
            app.attempt(self._maintenance.erase_and_restart)
