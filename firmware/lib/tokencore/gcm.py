"""AES-GCM (NIST SP 800-38D) over a given AES in counter mode, with nonces of 12 bytes.

GHASH multiplies in GF(2^128) by ordinary multiplication of integers: where only each fifth bit of both
factors may be set, the at most 26 ones that meet in a place of the product are too few to carry into the
next place that counts, and the place's lowest bit is their sum modulo 2.
"""

import struct

from .errors import ChannelFailed
from .same import same

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from collections.abc import Callable

    Ctr = Callable[[bytes, bytes, bytes], bytes]  # key, initial counter block (16 bytes), data

_KEPT = 2  # keys whose products are kept: those of a channel's two directions
_ONES = (1 << 128) - 1


def _classes(wide: int) -> "list[int]":
    """Return five masks of `wide` bits: mask i has the bits i, i + 5, i + 10, ..."""
    return [(int("00001" * 52, 2) << i) & (1 << wide) - 1 for i in range(5)]


class Gcm:
    """Seals and opens. `ctr(key, counter_block, data)` is AES in counter mode."""

    def __init__(self, ctr: "Ctr") -> None:
        self._ctr = ctr
        self._kept: "list[tuple[bytes, int]]" = []
        self._narrow = _classes(128)
        wide = _classes(256)
        # Mask i, for the products of class i with the classes 0 to 4, 256 bits for each.
        self._wide = [sum(wide[(i + j) % 5] << 256 * j for j in range(5)) for i in range(5)]

    def seal(self, key: bytes, nonce: bytes, ad: bytes, plaintext: bytes) -> bytes:
        """Return the ciphertext and its tag of 16 bytes; `nonce` is 12 bytes."""
        sealed = self._ctr(key, nonce + b"\0\0\0\2", plaintext)
        return sealed + self._tag(key, nonce, ad, sealed)

    def open(self, key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes:
        """Return the plaintext. Raises ChannelFailed where the tag is not that of these bytes."""
        cut = len(sealed) - 16
        if cut < 0 or not same(self._tag(key, nonce, ad, sealed[:cut]), sealed[cut:]):
            raise ChannelFailed("the sealed bytes are not authentic")
        return self._ctr(key, nonce + b"\0\0\0\2", sealed[:cut])

    def _tag(self, key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes:
        lengths = struct.pack(">QQ", len(ad) * 8, len(sealed) * 8)
        hashed = self._ghash(
            self._factor(key), ad + bytes(-len(ad) % 16) + sealed + bytes(-len(sealed) % 16) + lengths
        )
        return self._ctr(key, nonce + b"\0\0\0\1", hashed.to_bytes(16, "big"))

    def _factor(self, key: bytes) -> int:
        """Return the hash subkey in classes, 256 bits for each."""
        for kept, factor in self._kept:
            if kept == key:
                return factor
        h = int.from_bytes(self._ctr(key, bytes(16), bytes(16)), "big")
        # Divided by x: what a product of the integers is too far to the right by.
        h = h << 1 & _ONES ^ (h >> 127) * (0xC2 << 120 | 1)
        factor = sum((h & mask) << 256 * j for j, mask in enumerate(self._narrow))
        self._kept = self._kept[1 - _KEPT :] + [(key, factor)]
        return factor

    def _ghash(self, factor: int, data: bytes) -> int:
        """Return GHASH (section 6.4) of whole blocks."""
        n0, n1, n2, n3, n4 = self._narrow
        w0, w1, w2, w3, w4 = self._wide
        y = 0
        for i in range(0, len(data), 16):
            y ^= int.from_bytes(data[i : i + 16], "big")
            z = (
                ((y & n0) * factor & w0)
                ^ ((y & n1) * factor & w1)
                ^ ((y & n2) * factor & w2)
                ^ ((y & n3) * factor & w3)
                ^ ((y & n4) * factor & w4)
            )
            z ^= z >> 512 ^ z >> 1024
            z ^= z >> 256
            # x^128 = x^7 + x^2 + x + 1; the bits of a block stand for 1, x, x^2, ... from the left.
            low = (z & _ONES) << 7
            low ^= low >> 1 ^ low >> 2 ^ low >> 7
            over = low & 127
            y = (z >> 128 & _ONES) ^ low >> 7 ^ (over << 7 ^ over << 6 ^ over << 5 ^ over) << 114
        return y
