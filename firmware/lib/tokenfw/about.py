"""What the token tells of itself to whoever asks, and its settings."""

import hashlib

from tokencore import messages

from . import VERSION, clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

PRODUCT = "Fobsmith"
_AHEAD_S = 90 * 86400  # how far ahead a host is told what to expect of the clock
_FINGERPRINT = 8  # bytes


def hello(app: "App", values: "Values", now_ms: int) -> "Values":
    """Begin the plain session anew."""
    protocol = min(values["protocol"], messages.PROTOCOL)
    app.session.greeting = protocol, values["nonce"]
    answer = {"protocol": protocol, "product": PRODUCT, "serial": app.identity.serial}
    if app.primitives:
        answer["cipher"] = app.primitives.cipher
    return answer


def info(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return what the token is and how it is."""
    info = {
        "serial": app.identity.serial,
        "board": app.identity.board,
        "firmware": VERSION,
        "accounts": len(app.vault),
        "capacity": app.vault.capacity,
        "clock": app.clock.state,
        "uptime": now_ms,
        "dropped": app.frames.dropped,
        "faults": "; ".join(app.faults()),
    }
    if app.clock.state == clock.OK:
        info["utc"] = app.clock.utc_ms(now_ms) // 1000
        info["bound"] = app.clock.bound_ms(now_ms)
    state = app.clock.discipline.state
    if state is not None:
        info["synced"], info["rate"], info["trim"] = state.synced, state.rate, state.trim
        info["growth"] = app.clock.discipline.growth(state.synced + _AHEAD_S)
    return info


def status(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return whom the token obeys, what it keeps locked, and who the asking host is to it."""
    vault, pin = app.vault, app.vault.pin
    answer = {
        "role": app.role,
        "paired": bool(vault.owner),
        "locked": vault.locked,
        "pin": pin.is_set,
        "digits": pin.digits,
        "tries": pin.left,
        "wait": pin.wait_ms(now_ms),
        "wipe_pin": pin.wipe_set,
        "auto_lock": vault.auto_lock_s,
    }
    if vault.owner:
        answer["owner"] = hashlib.new("sha256", vault.owner).digest()[:_FINGERPRINT]
    if vault.shown_utc and (
        app.clock.state != clock.OK or vault.shown_utc > app.clock.utc_ms(now_ms) // 1000
    ):
        answer["shown"] = vault.shown_utc
    return answer


def cancel(app: "App", values: "Values", now_ms: int) -> "Values":
    """Every request gives up the one before it in its session; this one does nothing else."""
    app.session.shown = app.session.pairing = None
    return {}


def get_settings(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return keyboard layout and language."""
    return {"layout": app.vault.layout, "language": app.texts.language}


def set_settings(app: "App", values: "Values", now_ms: int) -> "Values":
    """Keep keyboard layout and language; what is not given stays."""
    app.vault.set_settings(values.get("layout", ""), values.get("language", ""))
    if "language" in values:
        app.texts.speak(values["language"])
    return {}
