"""HKDF (RFC 5869) with HMAC-SHA-256."""

from .otp import HmacKey, hmac_digest

LENGTH = 32  # of a hash


def extract(salt: bytes, ikm: bytes) -> bytes:
    """Return the pseudorandom key (32 bytes) of input keying material (section 2.2)."""
    return hmac_digest("SHA256", salt, ikm)


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """Return `length` bytes (at most 8160) of output keying material for a purpose (section 2.3)."""
    if not 0 <= length <= 255 * LENGTH:
        raise ValueError("the length must be 0 to 8160 bytes")
    key = HmacKey("SHA256", prk)
    okm = block = b""
    while len(okm) < length:
        block = key.digest(block + info + bytes([len(okm) // LENGTH + 1]))
        okm += block
    return okm[:length]


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """Return `length` bytes of output keying material from `salt` and input keying material."""
    return expand(extract(salt, ikm), info, length)
