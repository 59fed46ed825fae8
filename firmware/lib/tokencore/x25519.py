"""X25519 (RFC 7748): the Montgomery ladder on Python's integers, which a board's interpreter has too.

The ladder does the same steps for every key, but a board's arithmetic is not constant in time.
"""

from .errors import BadValue

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from .primitives import KeyPair, Primitives

_P = (1 << 255) - 19
_SHIFTS = (7, 6, 5, 4, 3, 2, 1, 0)
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


def draw(primitives: "Primitives") -> "KeyPair":
    """Return a new key pair, as `noise.Handshake` takes it for its ephemeral key: once only."""
    private = primitives.random(32)
    return private, primitives.public(private)


def multiply(scalar: bytes, point: bytes) -> bytes:
    """Return the function X25519 of RFC 7748 section 5: 32 bytes each."""
    if len(scalar) != 32:
        raise BadValue("private key", "must be 32 bytes")
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    prime = _P
    x1 = (int.from_bytes(point, "little") & (1 << 255) - 1) % prime
    x2, z2, x3, z3 = 1, 0, x1, 1
    swapped = 0
    # The names follow section 5 as far as it goes. A board has little memory for garbage to wait in, so what
    # counts beside multiplications and divisions is how many numbers a step makes.
    for byte in reversed(k):
        for shift in _SHIFTS:
            bit = byte >> shift & 1
            x2, z2, x3, z3 = (x3, z3, x2, z2) if bit != swapped else (x2, z2, x3, z3)
            swapped = bit
            aa = x2 + z2
            bb = x2 - z2
            da = (x3 - z3) * aa % prime
            cb = (x3 + z3) * bb % prime
            aa = aa * aa % prime
            bb = bb * bb % prime
            x3 = da + cb
            x3 = x3 * x3 % prime
            z3 = da - cb
            z3 = z3 * z3 % prime * x1 % prime
            x2 = aa * bb % prime
            bb = aa - bb
            z2 = (bb * 121665 + aa) * bb % prime
    # The lowest three bits are 0: there is nothing left to swap.
    return (x2 * _inverse(z2) % prime).to_bytes(32, "little")


def _inverse(z: int) -> int:
    """Return 1/z modulo the prime, z^(2^255 - 21), and 0 for 0. `xN` is z^(2^N - 1)."""
    z11 = pow(z, 11, _P)
    x5 = z11 * z11 * pow(z, 9, _P) % _P
    x10 = pow(x5, 1 << 5, _P) * x5 % _P
    x20 = pow(x10, 1 << 10, _P) * x10 % _P
    x40 = pow(x20, 1 << 20, _P) * x20 % _P
    x50 = pow(x40, 1 << 10, _P) * x10 % _P
    x100 = pow(x50, 1 << 50, _P) * x50 % _P
    x200 = pow(x100, 1 << 100, _P) * x100 % _P
    x250 = pow(x200, 1 << 50, _P) * x50 % _P
    return pow(x250, 1 << 5, _P) * z11 % _P
