"""The vault's keys, and what a token knows of its PIN without knowing it.

    D    the device secret: 32 random bytes outside the file system (see `Secret`)
    KD   from D: seals what can be read while the token is locked
    K    32 random bytes: seals the accounts and their directory
    KW   from D and PBKDF2-HMAC-SHA256 (PIN, salt, rounds), or from D alone where no PIN is set: seals K

A key slot holds K under KW, and all of it under KD (see `slots`). Every key is derived by HKDF (RFC 5869) for
one purpose.
"""

import struct

from tokencore.errors import StoreFailed
from tokencore.hkdf import expand, hkdf
from tokencore.otp import HmacKey
from tokencore.same import same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from tokencore.primitives import Primitives

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


def derived(device: bytes, stretched: bytes, salt: bytes, purpose: bytes) -> bytes:
    """Return the key for a purpose of D and PBKDF2's output; KW's is b"slot"."""
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
