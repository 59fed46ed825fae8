"""Key slots: loaded when the store is opened and where a PIN is set, and kept with a PIN alone."""

import struct

from tokencore.errors import StoreFailed
from tokencore.same import same

from .keys import SLICE, Altered, Sealer, ahead, derived
from .safe import SLOTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.primitives import Primitives

    from .safe import Safe

_SLOT = ">BI16s16s"


class Slot:
    """A key slot: K, wrapped, and what a PIN is stretched with. Without a PIN `rounds` is 0."""

    def __init__(self, flags: int, rounds: int, salt: bytes, check: bytes, wrapped: bytes) -> None:
        self.rounds = rounds
        self.salt = salt
        self._flags = flags
        self._check = check
        self._wrapped = wrapped
        self.digits = bool(flags & 1)  # whether the PIN can be entered with buttons
        self.wipe_set = bool(flags & 2)

    @classmethod
    def make(
        cls,
        primitives: "Primitives",
        device: bytes,
        key: bytes,
        salt: bytes,
        rounds: int = 0,
        stretched: bytes = b"",
        digits: bool = False,
        wipe: bytes = b"",
    ) -> "Slot":
        """Return a slot for K `key`. `stretched` is PBKDF2's output for the PIN, `wipe` for the wipe PIN."""
        check = derived(device, wipe, salt, b"wipe")[:16] if wipe else bytes(16)
        wrapped = Sealer(primitives, derived(device, stretched, salt, b"slot")).seal(0, 0, key)
        return cls(digits | bool(wipe) << 1, rounds, salt, check, wrapped)

    @classmethod
    def decode(cls, body: bytes) -> "Slot":
        """Return the slot that `encode` made `body` of."""
        size = struct.calcsize(_SLOT)
        flags, rounds, salt, check = struct.unpack(_SLOT, body[:size])
        return cls(flags, rounds, salt, check, body[size:])

    def encode(self) -> bytes:
        return struct.pack(_SLOT, self._flags, self.rounds, self.salt, self._check) + self._wrapped

    def unwrap(self, primitives: "Primitives", device: bytes, stretched: bytes) -> bytes:
        """Return K, or b"" where `stretched` is not of the PIN."""
        sealer = Sealer(primitives, derived(device, stretched, self.salt, b"slot"))
        try:
            return sealer.open(0, self._wrapped)[1]
        except Altered:
            return b""

    def wipes(self, device: bytes, stretched: bytes) -> bool:
        """Return whether `stretched` is of the wipe PIN."""
        return self.wipe_set and same(derived(device, stretched, self.salt, b"wipe")[:16], self._check)


def read(safe: "Safe") -> Slot:
    """Return the newer slot of the store; overwrite an older one, which a cut has kept `set_pin` from."""
    newest = None
    found: "list[int]" = []
    for index in SLOTS:
        record = safe.store.read(index)
        if record is None:
            continue
        generation, body = safe.under_device.open(index, record)
        if newest is None or ahead(generation, safe.slot_generation) > 0:
            safe.slot_index, safe.slot_generation, newest = index, generation, Slot.decode(body)
        found.append(index)
    if newest is None:
        raise StoreFailed("the token's memory is damaged: its key slot is missing")
    for index in found:
        if index != safe.slot_index:
            safe.store.erase(index)
    _take(safe, newest)
    return newest


def write(safe: "Safe", slot: Slot) -> None:
    """Commit another slot, beside the present one."""
    index = SLOTS[1 - SLOTS.index(safe.slot_index)]
    generation = (safe.slot_generation + 1) & 0xFFFF
    safe.store.write(index, safe.under_device.seal(index, generation, slot.encode()))
    safe.slot_index, safe.slot_generation = index, generation
    _take(safe, slot)


def _take(safe: "Safe", slot: Slot) -> None:
    pin = safe.pin
    pin.is_set, pin.digits, pin.wipe_set = bool(slot.rounds), slot.digits, slot.wipe_set
    pin.slices = max(0, slot.rounds - 2 + SLICE) // SLICE
    safe.slot = slot if pin.is_set else None
