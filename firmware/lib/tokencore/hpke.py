"""HPKE (RFC 9180), base mode, as a sender: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305."""

from . import chacha, hkdf
from .x25519 import draw

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from collections.abc import Generator

    from .primitives import KeyPair, Primitives

_KEM = b"KEM\x00\x20"
_SUITE = b"HPKE\x00\x20\x00\x01\x00\x03"


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hkdf.extract(salt, b"HPKE-v1" + suite + label + ikm)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return hkdf.expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


class Context:
    """The keys of one encapsulation, for any number of messages (sections 4.1, 5.1 and 5.2).

    `dh` is the X25519 of the encapsulated key `enc` and the recipient's key `public`.
    """

    def __init__(self, dh: bytes, enc: bytes, public: bytes, info: bytes) -> None:
        prk = _extract(_KEM, b"", b"eae_prk", dh)
        secret = _expand(_KEM, prk, b"shared_secret", enc + public, 32)
        context = (
            b"\0" + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
        )
        prk = _extract(_SUITE, secret, b"secret", b"")
        self.key = _expand(_SUITE, prk, b"key", context, 32)
        self._nonce = int.from_bytes(_expand(_SUITE, prk, b"base_nonce", context, 12), "big")

    def nonce(self, sequence: int) -> bytes:
        """Return the nonce (12 bytes) of message `sequence` (from 0; at most 2**96 - 2)."""
        if not 0 <= sequence < (1 << 96) - 1:
            raise ValueError("the sequence number must be 0 to 2**96 - 2")
        return (self._nonce ^ sequence).to_bytes(12, "big")


class Sender:
    """Seals messages to one recipient. `enc` (32 bytes) goes with them."""

    def __init__(self, enc: bytes, context: Context) -> None:
        self.enc = enc
        self._context = context
        self._next = 0

    def seal(self, ad: bytes, plaintext: bytes) -> bytes:
        """Return the next message, sealed: 16 bytes longer. `ad` is associated data."""
        sealed = self.seal_at(self._next, ad, plaintext)
        self._next += 1
        return sealed

    def seal_at(self, sequence: int, ad: bytes, plaintext: bytes) -> bytes:
        """Return message `sequence`, sealed. Two messages under one number would betray each other."""
        return chacha.seal(self._context.key, self._context.nonce(sequence), ad, plaintext)


def sender(
    primitives: "Primitives", public: bytes, info: bytes, ephemeral: "KeyPair | None" = None
) -> "Generator[None, None, Sender]":
    """Return a Sender to the key `public` (32 bytes), for the use that `info` names.

    A generator for `noise.run`: it yields before each X25519. `ephemeral` is a pair from `x25519.draw`,
    used for nothing else. Raises BadValue where `public` is a point of small order.
    """
    if ephemeral is None:
        yield
        ephemeral = draw(primitives)
    yield
    return Sender(ephemeral[1], Context(primitives.dh(ephemeral[0], public), ephemeral[1], public, info))
