"""X25519 (RFC 7748): the Montgomery ladder on Python's integers, which a board's interpreter has too.

The ladder does the same steps for every key, but a board's arithmetic is not constant in time.
"""

from .errors import BadValue

_P = (1 << 255) - 19
_A24 = 121665
BASE = b"\x09" + bytes(31)


def public(private: bytes) -> bytes:
    """Return the public key (32 bytes) of a private key (32 bytes, any bits)."""
    return multiply(private, BASE)


def dh(private: bytes, public: bytes) -> bytes:
    """Return the shared secret (32 bytes) of a private key and the other side's public key.

    Raises BadValue where the public key is not 32 bytes long, or where the result is all zero: the key is a
    point of small order, and the secret would be known to everybody (RFC 7748 section 6.1).
    """
    if len(public) != 32:
        raise BadValue("public key", "must be 32 bytes")
    shared = multiply(private, public)
    if shared == bytes(32):
        raise BadValue("public key", "a point of small order, which no honest key is")
    return shared


def multiply(scalar: bytes, point: bytes) -> bytes:
    """Return the function X25519 of RFC 7748 section 5: 32 bytes each."""
    if len(scalar) != 32:
        raise BadValue("private key", "must be 32 bytes")
    k = int.from_bytes(scalar, "little")
    k = (k & (1 << 254) - 8) | 1 << 254
    x1 = (int.from_bytes(point, "little") & (1 << 255) - 1) % _P
    x2, z2, x3, z3 = 1, 0, x1, 1
    swapped = 0
    for i in range(254, -1, -1):
        bit = k >> i & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swapped = bit
        a = x2 + z2
        b = x2 - z2
        da = (x3 - z3) * a % _P
        cb = (x3 + z3) * b % _P
        aa = a * a % _P
        bb = b * b % _P
        e = aa - bb
        x3 = da + cb
        x3 = x3 * x3 % _P
        z3 = da - cb
        z3 = z3 * z3 % _P * x1 % _P
        x2 = aa * bb % _P
        z2 = (aa + _A24 * e) * e % _P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, _P - 2, _P) % _P).to_bytes(32, "little")
