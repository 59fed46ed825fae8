"""Making a store, and making it anew: loaded at the first start, and when everything is wiped."""

from tokencore.errors import StoreFailed

from . import slots, state
from .device import FIRST
from .keys import KEY, PinState, Sealer, state_key
from .log import Log
from .safe import INTENT, SLOTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .safe import Safe


def format(safe: "Safe", device: bytes) -> None:
    """Make an empty log a store, with device secret `device` or a new one; the device record decides."""
    if not device:
        device = safe.primitives.random(KEY)
        safe.secret.write(device)
    safe.device = Sealer(safe.primitives, state_key(device))
    safe.key = safe.primitives.random(KEY)
    safe.records = Sealer(safe.primitives, safe.key)
    safe.slot_index = SLOTS[1]
    slots.write(safe, slots.Slot.make(safe.primitives, device, safe.key, safe.primitives.random(16)))
    safe.forget()
    safe.commit_directory()
    identity = safe.primitives.random(KEY)
    safe.save(identity=identity, identity_public=safe.primitives.public(identity))


def wipe(safe: "Safe") -> None:
    """Wipe; see Vault.wipe."""
    # Nobody has sealed what a start finds after a cut: what the clock has learned is not in it.
    kept = state.pack({"layout": safe.layout, "language": safe.language}, safe.capacity)
    try:
        if safe.log is not None:
            safe.log.write(INTENT, kept)
    except StoreFailed:
        pass  # The damage for which it is wiped. Cut now, the token asks to be wiped again.
    finish(safe, kept, safe.clock_record)


def finish(safe: "Safe", intent: bytes, clock_record: "tuple[int, ...]" = ()) -> None:
    """End a wipe that `intent` has noted, and start anew."""
    safe.close()
    safe.fault = "the token's memory refused to be wiped: try again"
    safe.secret.erase()
    safe.slot, safe.pin = None, PinState()
    _blank(safe)
    try:
        values = state.unpack(intent)[0]
    except StoreFailed:
        values = state.DEFAULTS
    safe.adopt(state.DEFAULTS)
    safe.layout, safe.language, safe.clock_record = values["layout"], values["language"], clock_record
    safe.fault = ""
    format(safe, b"")


def _blank(safe: "Safe") -> None:
    if safe.log is not None and safe.log.ids >= safe.capacity + FIRST:
        safe.log.clear()
        return
    try:
        safe.medium.zero(safe.medium.size())
        safe.medium.clear()
    except OSError as error:
        raise StoreFailed("the token's memory refused a write (error %s)" % error.errno) from None
    safe.log = Log(safe.medium, safe.capacity + FIRST)
