"""HOTP (RFC 4226) and TOTP (RFC 6238) with HMAC-SHA-1, -SHA-256 and -SHA-512.

Time is always an argument: integer UTC seconds. An `hmac` argument takes another implementation of
`hmac_digest`, such as a host's library.
"""

import hashlib

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hmac = Callable[[str, bytes, bytes], bytes]

ALGORITHMS = ("SHA1", "SHA256", "SHA512")
MAX_COUNTER = 0xFFFFFFFFFFFFFFFF


class HmacKey:
    """A shared secret made ready for many MACs (RFC 2104). Its repr shows nothing of the key."""

    def __init__(self, algorithm: str, key: bytes) -> None:
        if algorithm == "SHA512":
            # Boards have no SHA-512, so this costs its 20 kB only where an account needs it.
            from .sha512 import sha512

            self._hash: Any = sha512
            block = 128
        elif algorithm in ALGORITHMS:
            # The name goes by position and only `new` exists: all that a board's hashlib offers.
            self._hash = _NativeHash(algorithm.lower())
            block = 64
        else:
            raise ValueError("unknown algorithm: use SHA1, SHA256 or SHA512")
        if len(key) > block:
            key = self._hash(b"", key)
        key = key + bytes(block - len(key))
        self._inner = self._hash.prepare(bytes(b ^ 0x36 for b in key))
        self._outer = self._hash.prepare(bytes(b ^ 0x5C for b in key))

    def digest(self, message: bytes) -> bytes:
        """Return the MAC of `message`: 20, 32 or 64 bytes."""
        mac: bytes = self._hash(self._outer, self._hash(self._inner, message))
        return mac


class _NativeHash:
    """hashlib's SHA-1 or SHA-256 in the shape of `sha512`: a board's objects cannot be copied."""

    def __init__(self, name: str) -> None:
        self._name = name

    def prepare(self, block: bytes) -> bytes:
        return block

    def __call__(self, prefix: bytes, message: bytes) -> bytes:
        return hashlib.new(self._name, prefix + message).digest()


def hmac_digest(algorithm: str, key: bytes, message: bytes) -> bytes:
    """Return the HMAC of `message` under `key` (both bytes; any length) as bytes."""
    return HmacKey(algorithm, key).digest(message)


def truncate(mac: bytes) -> int:
    """Return the 31-bit number of RFC 4226 section 5.3, "dynamic truncation", from a MAC."""
    offset = mac[-1] & 15
    return int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF


def code(mac: bytes, digits: int) -> str:
    """Return the last `digits` decimal digits of the truncated MAC, with leading zeros."""
    return ("0" * digits + str(truncate(mac)))[-digits:]


def moving_factor(counter: int) -> bytes:
    """Return a counter or time step as the 8 bytes that the MAC is taken of."""
    if not 0 <= counter <= MAX_COUNTER:
        raise ValueError("the counter must be 0 to 2**64 - 1")
    return counter.to_bytes(8, "big")


def hotp(
    secret: bytes, counter: int, digits: int = 6, algorithm: str = "SHA1", hmac: "Hmac" = hmac_digest
) -> str:
    """Return the HOTP code of `counter` (0 to 2**64 - 1) as text of `digits` digits (RFC 4226)."""
    return code(hmac(algorithm, secret, moving_factor(counter)), digits)


def time_step(utc: int, period: int = 30, t0: int = 0) -> int:
    """Return T of RFC 6238 section 4.2: whole periods of `period` s between `t0` and `utc`."""
    if utc < t0:
        raise ValueError("the time is before T0")
    return (utc - t0) // period


def totp(
    secret: bytes,
    utc: int,
    digits: int = 6,
    period: int = 30,
    t0: int = 0,
    algorithm: str = "SHA1",
    hmac: "Hmac" = hmac_digest,
) -> str:
    """Return the TOTP code at `utc` (integer UTC seconds) as text of `digits` digits (RFC 6238)."""
    return hotp(secret, time_step(utc, period, t0), digits, algorithm, hmac)
