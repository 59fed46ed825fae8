"""The vault's keys, and what a token knows of its PIN without knowing it.

    D    the device secret: 32 random bytes outside the file system (see `Secret`)
    KD   from D: seals what can be read while the token is locked
    K    32 random bytes: seals the accounts and their directory
    KW   from D and PBKDF2-HMAC-SHA256 (PIN, salt, rounds), or from D alone where no PIN is set: seals K

A key slot holds K under KW, and all of it under KD. Every key is derived by HKDF (RFC 5869) for one purpose.
"""

import struct

from tokencore.errors import StoreFailed
from tokencore.hkdf import expand, hkdf
from tokencore.otp import HmacKey
from tokencore.same import same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from tokencore.noise import Primitives

    class Secret(Protocol):
        """Where the device secret is kept: 32 bytes, b"" where none was written since it was erased.

        Each raises StoreFailed where the memory is damaged, missing or refuses a write.
        """

        def read(self) -> bytes: ...
        def write(self, secret: bytes) -> None: ...
        def erase(self) -> None: ...


KEY = 32  # bytes of every key
TRIES = 10  # the last of them, failed, wipes
SLICE = 40  # rounds of PBKDF2 between two yields: 18 ms on an RP2040
_FREE = 4  # failures that bring no waiting, and one more: the first that does
_WAIT_MS = 30000
_NONCE = 12
_TAG = 16
OVERHEAD = 2 + _NONCE + _TAG  # bytes by which a sealed record is longer
_SLOT = ">BI16s16s"


class Altered(StoreFailed):
    """A record is not one that this token has written to this place."""


class Sealer:
    """Encrypts and authenticates records under one key (encrypt-then-MAC).

        record = generation (2 bytes) | nonce (12) | ciphertext | HMAC-SHA256 of place and all before (16)

    A GCM in Python would take a board six times as long.
    """

    def __init__(self, primitives: "Primitives", key: bytes) -> None:
        keys = expand(key, b"fobsmith vault records", 2 * KEY)
        self._primitives = primitives
        self._key = keys[:KEY]
        self._mac = HmacKey("SHA256", keys[KEY:])

    def seal(self, place: int, generation: int, plaintext: bytes) -> bytes:
        """Return the record that `place` (0 to 255) is to hold; `generation` counts modulo 65536."""
        nonce = self._primitives.random(_NONCE)
        record = struct.pack(">H", generation & 0xFFFF) + nonce
        record += self._primitives.stream(self._key, bytes(4) + nonce, plaintext)
        return record + self._tag(place, record)

    def open(self, place: int, record: bytes) -> "tuple[int, bytes]":
        """Return (generation, plaintext). Raises Altered where `seal` has not made this for `place`."""
        cut = len(record) - _TAG
        if cut < 2 + _NONCE or not same(self._tag(place, record[:cut]), record[cut:]):
            raise Altered("the token's memory is damaged or was altered at record %d" % place)
        plaintext = self._primitives.stream(
            self._key, bytes(4) + record[2 : 2 + _NONCE], record[2 + _NONCE : cut]
        )
        return int.from_bytes(record[:2], "big"), plaintext

    def _tag(self, place: int, record: bytes) -> bytes:
        return self._mac.digest(bytes((place,)) + record)[:_TAG]


def ahead(generation: int, known: int) -> int:
    """Return by how many steps a generation is above a known one, modulo 65536; below it is negative."""
    return ((generation - known + 0x8000) & 0xFFFF) - 0x8000


def state_key(device: bytes) -> bytes:
    """Return KD."""
    return hkdf(b"", device, b"fobsmith vault state", KEY)


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
        check = _derived(device, wipe, salt, b"wipe")[:16] if wipe else bytes(16)
        wrapped = Sealer(primitives, _derived(device, stretched, salt, b"slot")).seal(0, 0, key)
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
        sealer = Sealer(primitives, _derived(device, stretched, self.salt, b"slot"))
        try:
            return sealer.open(0, self._wrapped)[1]
        except Altered:
            return b""

    def wipes(self, device: bytes, stretched: bytes) -> bool:
        """Return whether `stretched` is of the wipe PIN."""
        return self.wipe_set and same(_derived(device, stretched, self.salt, b"wipe")[:16], self._check)


def _derived(device: bytes, stretched: bytes, salt: bytes, purpose: bytes) -> bytes:
    return hkdf(salt, device + stretched, b"fobsmith vault " + purpose, KEY)


class PinState:
    """Whether a PIN is set, and how often and when it may be tried."""

    def __init__(self) -> None:
        self.is_set = False
        self.digits = False  # it has digits only: buttons can enter it
        self.wipe_set = False
        self.slices = 0  # yields of one try
        self.failures = 0
        self._since_ms = 0  # the tick of the last failure, or of the start

    def read(self, slot: Slot) -> None:
        """Take over what a key slot tells."""
        self.is_set, self.digits, self.wipe_set = bool(slot.rounds), slot.digits, slot.wipe_set
        self.slices = max(0, slot.rounds - 2 + SLICE) // SLICE

    def count(self, failures: int, now_ms: int) -> None:
        """There have been so many failures in a row, the last at tick `now_ms`."""
        self.failures, self._since_ms = failures, now_ms

    @property
    def left(self) -> int:
        """How many more wrong tries there can be; the last of them wipes."""
        return max(0, TRIES - self.failures)

    def wait_ms(self, now_ms: int) -> int:
        """Return the ms until the next try: after the fourth failure 30 s, then double each time."""
        if self.failures < _FREE:
            return 0
        return max(0, (_WAIT_MS << self.failures - _FREE) - (now_ms - self._since_ms))
