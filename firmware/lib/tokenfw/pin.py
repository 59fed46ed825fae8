"""A PIN: how it is stretched, tried and set. Loaded only where there is one, or is to be one.

A PIN or passphrase has 4 to 64 characters of UTF-8, at most 128 bytes, and is taken as it comes: a board
knows no Unicode normalisation. Whoever types it on a keyboard normalises it to NFC first (as RFC 8265 does).
"""

import hashlib

from tokencore import utf8
from tokencore.errors import BadValue, PinWait

from . import slots
from .keys import SLICE, TRIES
from .safe import TRIED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .safe import Safe

MIN_LENGTH, MAX_LENGTH, MAX_BYTES = 4, 64, 128
SECOND_ROUNDS = 2000  # where no clock can say what a second has room for
MIN_ROUNDS, MAX_ROUNDS = 1000, 100000
_MEASURE_MS = 250


def stretch(pin: bytes, salt: bytes, rounds: int) -> "Generator[None, None, bytes]":
    """Return PBKDF2-HMAC-SHA256 (RFC 8018 section 5.2), 32 bytes of it; yields every few rounds."""
    new = hashlib.new
    key = new("sha256", pin).digest() if len(pin) > 64 else pin
    key = key + bytes(64 - len(key))
    inner, outer = bytearray(b ^ 0x36 for b in key), bytearray(b ^ 0x5C for b in key)
    block = new("sha256", outer + new("sha256", inner + salt + b"\0\0\0\1").digest()).digest()
    inner, outer = inner + block, outer + block
    number = int.from_bytes
    mixed = number(block, "big")
    left = rounds - 1
    while left > 0:
        yield
        for _ in range(min(left, SLICE)):
            # In place: a board spends a fifth less on it than on adding up bytes.
            outer[64:] = new("sha256", inner).digest()
            block = new("sha256", outer).digest()
            inner[64:] = block
            mixed ^= number(block, "big")
        left -= SLICE
    return mixed.to_bytes(32, "big")


def measured(ticks: "Callable[[], int] | None") -> "Generator[None, None, int]":
    """Return how many rounds take about a second by `ticks` (ms), of which this takes a quarter."""
    if ticks is None:
        return SECOND_ROUNDS
    work = stretch(b"", b"", MAX_ROUNDS)
    next(work)
    rounds = spent_ms = 0
    while spent_ms < _MEASURE_MS and rounds + SLICE < MAX_ROUNDS // 4:
        yield
        begun_ms = ticks()
        next(work)
        spent_ms += ticks() - begun_ms
        rounds += SLICE
    if not spent_ms:
        return SECOND_ROUNDS  # The clock stands while this works, as in a simulator.
    return max(MIN_ROUNDS, min(rounds * 1000 // spent_ms // 100 * 100, MAX_ROUNDS))


def check_pin(field: str, pin: bytes) -> None:
    """Raise BadValue naming `field` where `pin` cannot be one."""
    try:
        length = len(utf8.decode(pin)) if len(pin) <= MAX_BYTES else 0
    except UnicodeError:
        length = 0
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        raise BadValue(
            field, "use %d to %d characters, at most %d bytes" % (MIN_LENGTH, MAX_LENGTH, MAX_BYTES)
        )


def is_digits(pin: bytes) -> bool:
    """Return whether `pin` can be entered with buttons."""
    return not [byte for byte in pin if not 48 <= byte <= 57]


def unlock(safe: "Safe", pin: bytes, now_ms: int) -> "Generator[None, None, bool]":
    """Try `pin` at tick `now_ms`, and return whether the accounts are open; see Vault.unlock."""
    state, slot = safe.pin, safe.slot
    if not state.is_set or slot is None:
        return True
    if not state.left:  # The last try was broken off.
        safe.wipe()
        return False
    wait_ms = state.wait_ms(now_ms)
    if wait_ms:
        raise PinWait("%d wrong tries: wait %d s" % (state.failures, -(-wait_ms // 1000)))
    check_pin("pin", pin)
    # Counted before anything can tell whether it is right, and taken back only once it was.
    failures = state.failures + 1
    _count(safe, failures, now_ms)
    stretched = yield from stretch(pin, slot.salt, slot.rounds)
    if safe.slot is not slot:
        return False  # Wiped, or another PIN was set, in the meantime.
    key = slot.unwrap(safe.primitives, safe.secret.read(), stretched)
    if key:
        _count(safe, 0, 0)
        safe.attempt(lambda: safe.open(key))
        return True
    if slot.wipes(safe.secret.read(), stretched):
        safe.wipe()
        return True
    if failures >= TRIES:
        safe.wipe()
    return False


def set_pin(
    safe: "Safe", pin: bytes, wipe_pin: bytes, ticks: "Callable[[], int] | None"
) -> "Generator[None, None, None]":
    """Set, change or (b"") clear the PIN of an open safe; see Vault.set_pin."""
    if pin:
        check_pin("pin", pin)
    if wipe_pin:
        check_pin("wipe_pin", wipe_pin)
        if not pin or wipe_pin == pin:
            raise BadValue("wipe_pin", "it needs a PIN beside it, and another than that")
    salt = safe.primitives.random(16)
    rounds, stretched, wipe = 0, b"", b""
    if pin:
        rounds = yield from measured(ticks)
        stretched = yield from stretch(pin, salt, rounds)
        if wipe_pin:
            wipe = yield from stretch(wipe_pin, salt, rounds)
    from . import scrubbing  # noqa: F401 - while nothing has changed: memory may be too short for it

    safe.check()
    device, old, digits = safe.secret.read(), safe.slot_index, bool(pin) and is_digits(pin)
    slot = slots.Slot.make(safe.primitives, device, safe.key, salt, rounds, stretched, digits, wipe)
    _count(safe, 0, 0)
    safe.commit_directory()  # A cut may have left the slot one above what the directory knows.
    slots.write(safe, slot)
    safe.commit_directory()
    safe.store.erase(old)  # Or K would stay in the flash under the PIN before, or under none.


def _count(safe: "Safe", failures: int, now_ms: int) -> None:
    """Store that so many tries have failed in a row."""
    safe.store.write(TRIED, safe.under_device.seal(TRIED, failures, b""))
    safe.pin.count(failures, now_ms)
