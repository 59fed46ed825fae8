"""The requests on the PIN, which must be right before the accounts can be read."""

from tokencore import errors

from .question import Pending, sliced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

_LOADED = ("tokenfw.pin", "tokenfw.opening", "tokenfw.slots", __name__)  # for one request


def set_pin(app: "App", values: "Values", now_ms: int) -> "Values | Pending":
    """Set a PIN with or without a wipe PIN, or clear both by an empty one, and the time of auto-lock."""
    pin, wipe_pin = values.get("pin"), values.get("wipe_pin")
    seconds = values.get("auto_lock")
    if pin is None:
        if wipe_pin is not None:
            raise errors.BadValue("wipe_pin", "give the PIN with it, since both are stored at once")
        return _auto_lock(app, seconds)
    work = app.vault.set_pin(pin.encode("utf-8"), (wipe_pin or "").encode("utf-8"))
    return sliced(work, now_ms, lambda _, then_ms: _auto_lock(app, seconds))


def _auto_lock(app: "App", seconds: "int | None") -> "Values":
    if seconds is not None:
        app.vault.set_auto_lock(seconds)
    app.unload(*_LOADED)
    return {}


def unlock(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that tries a PIN. Breaking it off counts as a failed try."""
    if app.guard.working:  # Were it the last try, this one would take it for broken off, and wipe.
        raise errors.PinWait("a PIN is being checked at the token: wait until that is done")

    def then(opened: bool, then_ms: int) -> "Values":
        app.unload(*_LOADED)
        if opened:
            return {}
        pin = app.vault.pin
        if not pin.is_set:
            raise errors.WrongPin("that was the last wrong PIN: everything has been erased")
        raise errors.WrongPin("that is not the PIN: %d more tries before everything is erased" % pin.left)

    return sliced(app.vault.unlock(values["pin"].encode("utf-8"), now_ms), now_ms, then)


def lock(app: "App", values: "Values", now_ms: int) -> "Values":
    """Lock at once, where a PIN is set."""
    app.vault.lock()
    return {}
