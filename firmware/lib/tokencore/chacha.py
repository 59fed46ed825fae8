"""ChaCha20 and AEAD_CHACHA20_POLY1305 (RFC 8439)."""

import struct

from .errors import ChannelFailed
from .same import same

_CONSTANTS = b"expand 32-byte k"
_MASK = 0xFFFFFFFF
_ROUND = (
    (0, 4, 8, 12),
    (1, 5, 9, 13),
    (2, 6, 10, 14),
    (3, 7, 11, 15),
    (0, 5, 10, 15),
    (1, 6, 11, 12),
    (2, 7, 8, 13),
    (3, 4, 9, 14),
)


def block(key: bytes, counter_nonce: bytes) -> bytes:
    """Return a block of 64 bytes: `key` of 32 bytes, the last 16 of the state (section 2.3)."""
    start = struct.unpack("<16I", _CONSTANTS + key + counter_nonce)
    x = list(start)
    for _ in range(10):
        for i, j, k, m in _ROUND:
            a, b, c, d = x[i], x[j], x[k], x[m]
            a = a + b & _MASK
            d ^= a
            d = (d << 16 | d >> 16) & _MASK
            c = c + d & _MASK
            b ^= c
            b = (b << 12 | b >> 20) & _MASK
            a = a + b & _MASK
            d ^= a
            d = (d << 8 | d >> 24) & _MASK
            c = c + d & _MASK
            b ^= c
            x[i], x[j], x[k], x[m] = a, (b << 7 | b >> 25) & _MASK, c, d
    return struct.pack("<16I", *[a + b & _MASK for a, b in zip(x, start)])


def stream(key: bytes, start: bytes, data: bytes) -> bytes:
    """Return `data` under ChaCha20 (section 2.4).

    `start` is the counter of the first block (4 bytes, little-endian) and the nonce (12 bytes).
    """
    counter = int.from_bytes(start[:4], "little")
    out = b""
    for i in range(0, len(data), 64):
        piece = data[i : i + 64]
        pad = block(key, (counter & _MASK).to_bytes(4, "little") + start[4:])[: len(piece)]
        mixed = int.from_bytes(piece, "little") ^ int.from_bytes(pad, "little")
        out += mixed.to_bytes(len(piece), "little")
        counter += 1
    return out


def poly1305(key: bytes, message: bytes) -> bytes:
    """Return the tag (16 bytes) of a message under a one-time key of 32 bytes (section 2.5)."""
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    tag = 0
    for i in range(0, len(message), 16):
        tag = (tag + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    tag += int.from_bytes(key[16:], "little")
    return (tag & (1 << 128) - 1).to_bytes(16, "little")


def _tag(key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes:
    one_time = block(key, bytes(4) + nonce)[:32]
    lengths = struct.pack("<QQ", len(ad), len(sealed))
    return poly1305(one_time, ad + bytes(-len(ad) % 16) + sealed + bytes(-len(sealed) % 16) + lengths)


def seal(key: bytes, nonce: bytes, ad: bytes, plaintext: bytes) -> bytes:
    """Return the ciphertext and its tag of 16 bytes: `key` of 32 bytes, `nonce` of 12 (section 2.8)."""
    sealed = stream(key, b"\1\0\0\0" + nonce, plaintext)
    return sealed + _tag(key, nonce, ad, sealed)


def open(key: bytes, nonce: bytes, ad: bytes, sealed: bytes) -> bytes:
    """Return the plaintext. Raises ChannelFailed where the tag is not that of these bytes."""
    cut = len(sealed) - 16
    if cut < 0 or not same(_tag(key, nonce, ad, sealed[:cut]), sealed[cut:]):
        raise ChannelFailed("the sealed bytes are not authentic")
    return stream(key, b"\1\0\0\0" + nonce, sealed[:cut])
