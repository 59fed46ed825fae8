"""Opening the store at the start; not needed again in the same run."""

from tokencore.errors import StoreFailed

from . import slots, state
from .device import FIRST, STATE
from .keys import TRIES, Sealer, state_key
from .log import Log
from .safe import DIRECTORY, INTENT, TRIED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .safe import Safe


def start(safe: "Safe") -> None:
    """Open what a start can open. Raises StoreFailed and OSError."""
    safe.log = log = Log(safe.medium, safe.capacity + FIRST)
    used = log.used()
    if INTENT in used:
        from .erasing import finish

        finish(safe, log.read(INTENT) or b"")
        return
    device = safe.secret.read()
    if STATE not in used and not [place for place in used if place >= FIRST]:
        from .erasing import format

        format(safe, device)  # The first start, or one that was cut short: there was never an account.
        return
    if not device:
        raise StoreFailed("the token's own key is gone, and what it has stored is lost without it: wipe it")
    safe.device = Sealer(safe.primitives, state_key(device))
    _read_state(safe)
    slot = slots.read(safe)
    if DIRECTORY not in used:
        raise StoreFailed("the token's memory is damaged: its directory is missing")
    if safe.pin.is_set:
        _read_tries(safe)
        return
    key = slot.unwrap(safe.primitives, device, b"")
    if not key:
        raise StoreFailed("the token's memory is damaged: its accounts' key is unreadable")
    safe.open(key)


def _read_state(safe: "Safe") -> None:
    safe.state_generation, body = safe.under_device.open(STATE, safe.read(STATE))
    values, capacity = state.unpack(body)
    if capacity + FIRST > safe.store.ids:
        raise StoreFailed("the token's memory is damaged: it has been cut short")
    safe.capacity = capacity
    safe.adopt(values)
    safe.shown_stored = safe.shown_utc


def _read_tries(safe: "Safe") -> None:
    try:
        failures = safe.under_device.open(TRIED, safe.read(TRIED))[0]
    except StoreFailed:
        failures = TRIES - 1  # Whoever took the record away has one more try.
    safe.pin.count(failures, 0)
    if failures >= TRIES:
        safe.wipe()  # The power was cut while the last try was under way.
