"""AES-GCM (NIST SP 800-38D) over a given AES in counter mode, with nonces of 12 bytes."""

import struct

from .errors import ChannelFailed
from .same import same

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from collections.abc import Callable

    Ctr = Callable[[bytes, bytes, bytes], bytes]  # key, initial counter block (16 bytes), data

_BLOCK = (1 << 128) - 1


class Gcm:
    """Seals and opens. `ctr(key, counter_block, data)` is AES in counter mode."""

    def __init__(self, ctr: "Ctr") -> None:
        self._ctr = ctr

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
        hashed = ghash(
            self._ctr(key, bytes(16), bytes(16)),
            ad + bytes(-len(ad) % 16) + sealed + bytes(-len(sealed) % 16) + lengths,
        )
        return self._ctr(key, nonce + b"\0\0\0\1", hashed)


def ghash(subkey: bytes, data: bytes) -> bytes:
    """Return GHASH (section 6.4) of whole blocks under the hash subkey (16 bytes) as 16 bytes.

    The leftmost bit of a block stands for 1, the next for x, and so on; with that order a product of integers
    comes out multiplied by x, so the subkey is divided by x beforehand.
    """
    h = int.from_bytes(subkey, "big")
    h = h << 1 & _BLOCK ^ (h >> 127) * (0xC2 << 120 | 1)
    # Its products with the polynomials of four bits, not reduced: so few that no table is kept between calls.
    right = [0, h]
    for n in range(2, 16):
        right.append(right[n >> 1] << 1 ^ right[n & 1])
    left = [product << 4 for product in right]
    y = 0
    for i in range(0, len(data), 16):
        y ^= int.from_bytes(data[i : i + 16], "big")
        z = 0
        for byte in y.to_bytes(16, "big"):
            z = z << 8 ^ left[byte >> 4] ^ right[byte & 15]
        # The right half is x^128 times what it would be in the left; x^128 = x^7 + x^2 + x + 1.
        low = (z & _BLOCK) << 7
        low ^= low >> 1 ^ low >> 2 ^ low >> 7
        over = low & 127
        y = z >> 128 ^ low >> 7 ^ (over << 7 ^ over << 6 ^ over << 5 ^ over) << 114
    return y.to_bytes(16, "big")
