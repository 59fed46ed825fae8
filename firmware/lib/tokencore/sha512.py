"""SHA-512 (FIPS 180-4) in Python, for boards whose hashlib has SHA-1 and SHA-256 only.

Python's integers are wide enough for a word, so a rotation is taken from a word written twice side
by side: one shift instead of two shifts and an or.
"""

import struct

_MASK = 0xFFFFFFFFFFFFFFFF


def _root(value: int, power: int) -> int:
    """Return the integer root of `value`, by Newton's method from above."""
    guess = 1 << 72  # above the root of any value used here
    while True:
        better = ((power - 1) * guess + value // guess ** (power - 1)) // power
        if better >= guess:
            return guess
        guess = better


def _primes(count: int) -> "list[int]":
    found: "list[int]" = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


# The first 64 bits of the fractional parts of the cube (and square) roots of the first primes.
_ROUND = [_root(prime << 192, 3) & _MASK for prime in _primes(80)]
_START = tuple([_root(prime << 128, 2) & _MASK for prime in _primes(8)])


def _compress(state: "tuple[int, ...]", block: bytes) -> "tuple[int, ...]":
    w = list(struct.unpack(">16Q", block))
    for i in range(16, 80):
        x = w[i - 15]
        y = w[i - 2]
        xx = x << 64 | x
        yy = y << 64 | y
        w.append(
            w[i - 16]
            + w[i - 7]
            + ((xx >> 1 ^ xx >> 8 ^ x >> 7) & _MASK)
            + ((yy >> 19 ^ yy >> 61 ^ y >> 6) & _MASK)
            & _MASK
        )
    a, b, c, d, e, f, g, h = state
    for i in range(80):
        ee = e << 64 | e
        t = h + ((ee >> 14 ^ ee >> 18 ^ ee >> 41) & _MASK) + (g ^ e & (f ^ g)) + _ROUND[i] + w[i]
        aa = a << 64 | a
        h, g, f, e = g, f, e, d + t & _MASK
        d, c, b, a = c, b, a, t + ((aa >> 28 ^ aa >> 34 ^ aa >> 39) & _MASK) + (a & b ^ c & (a ^ b)) & _MASK
    return tuple([x + y & _MASK for x, y in zip(state, (a, b, c, d, e, f, g, h))])


class _Sha512:
    def prepare(self, block: bytes) -> "tuple[int, ...]":
        """Return the state after one 128-byte block, to be given as `prefix` any number of times."""
        return _compress(_START, block)

    def __call__(self, prefix: "tuple[int, ...] | bytes", message: bytes) -> bytes:
        """Return the digest of `message`, or of the prepared block before it, as 64 bytes."""
        state, hashed = (_START, 0) if isinstance(prefix, bytes) else (prefix, 128)
        length = hashed + len(message)
        message = message + b"\x80" + bytes(-(length + 17) % 128) + (length * 8).to_bytes(16, "big")
        for i in range(0, len(message), 128):
            state = _compress(state, message[i : i + 128])
        return struct.pack(">8Q", *state)


sha512 = _Sha512()
