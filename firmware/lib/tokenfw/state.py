"""The device record, which a locked token can read: who it is, whom it obeys, its clock and its settings."""

from tokencore import cbor, messages
from tokencore.errors import BadMessage, StoreFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2  # 1 was without keys
DEFAULTS: "dict[str, Any]" = {
    "identity": b"",  # X25519 private key
    "identity_public": b"",  # to compute it again takes a board half a second
    "owner": b"",  # X25519 public key, or b""
    "sync_keys": (),  # public keys that may only set the clock
    "clock_floor": 0,  # UTC seconds that the clock was last set to: it cannot be earlier now
    "clock_record": (),  # what `discipline` keeps; empty before the first sync
    "layout": messages.LAYOUTS[0],  # of the keyboard
    "language": "",  # of the screen; empty until one is chosen
    "auto_lock": -1,  # seconds; -1 until somebody chooses
    "shown_utc": 0,  # the latest time that a code was shown for
    "directory": 0,  # the directory's generation when this was written: it cannot be older now
}
_NUMBERS = {
    "identity": 3,
    "owner": 4,
    "sync_keys": 5,
    "clock_floor": 6,
    "clock_record": 7,
    "layout": 8,
    "language": 9,
    "auto_lock": 10,
    "shown_utc": 11,
    "identity_public": 12,
    "directory": 13,
}


def pack(values: "dict[str, Any]", capacity: int) -> bytes:
    """Return `values`, of which those of DEFAULTS may be missing, as bytes."""
    packed: "dict[int, Any]" = {1: FORMAT, 2: capacity}
    for name, default in DEFAULTS.items():
        value = values.get(name, default)
        if value != default:
            packed[_NUMBERS[name]] = value
    return cbor.encode(packed)


def unpack(body: bytes) -> "tuple[dict[str, Any], int]":
    """Return (values, capacity). Raises StoreFailed where a newer firmware wrote them."""
    try:
        packed = cbor.decode(body)
        known = isinstance(packed, dict) and packed[1] <= FORMAT
        capacity = packed[2] if known else 0
    except (BadMessage, KeyError, TypeError):
        known = False
    if not known:
        raise StoreFailed("the accounts were stored by a newer firmware: update this token")
    values = {name: packed.get(_NUMBERS[name], default) for name, default in DEFAULTS.items()}
    for name in ("sync_keys", "clock_record"):
        values[name] = tuple(values[name])
    # A newer firmware may know more of these.
    if values["layout"] not in messages.LAYOUTS:
        values["layout"] = DEFAULTS["layout"]
    if values["language"] not in messages.LANGUAGES:
        values["language"] = DEFAULTS["language"]
    return values, capacity
