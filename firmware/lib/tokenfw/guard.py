"""Locks a token with a PIN: by time, or by hand. What was open is forgotten then."""

from tokencore.errors import Locked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .pinpad import PinPad

# Loaded when one is entered.
_OF_A_PIN = ("tokenfw.pinpad", "tokenfw.pinviews", "tokenfw.pin", "tokenfw.slots")


class Guard:
    """Of one `app`: polled by `step`. `pad` takes the PIN while it is locked."""

    def __init__(self, locked: bool) -> None:
        self.pad: PinPad | None = None
        self._locked = locked
        self._touched_ms = 0  # of the last press, or of the unlocking
        self._position = 0  # of the account that was on the screen

    @property
    def working(self) -> bool:
        """Whether a PIN is being checked."""
        return self.pad is not None and self.pad.working

    def touch(self, now_ms: int) -> None:
        """A button was pressed."""
        self._touched_ms = now_ms

    def lock(self, app: "App", now_ms: int) -> None:
        """Lock, where a PIN is set."""
        if app.vault.pin.is_set and not app.vault.locked:
            app.vault.lock()
            app.give_up(Locked("the token has been locked: enter its PIN"), now_ms)
            self.step(app, now_ms)

    def step(self, app: "App", now_ms: int) -> None:
        """Lock when it is time, and take notice of what a host has locked or opened."""
        vault = app.vault
        if self.pad:
            self.pad.step(now_ms)
        if vault.locked != self._locked:
            self._locked, self._touched_ms = vault.locked, now_ms
            if vault.locked:
                self._position = app.position
            self.pad = None
            app.unload(*_OF_A_PIN)
            app.forget()
            app.select(0 if vault.locked else self._position)
        if vault.locked and self.pad is None:
            app.make_room()
            from .pinpad import PinPad  # Memory that only a locked token needs.

            self.pad = PinPad(app, app.keypad)
        elif vault.locked or not vault.auto_lock_s or not vault.pin.is_set:
            self._touched_ms = now_ms  # The time begins when a PIN is set.
        elif now_ms - self._touched_ms >= vault.auto_lock_s * 1000:
            self.lock(app, now_ms)
