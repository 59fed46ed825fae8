"""Opens several messages of one HPKE context (RFC 9180), which cryptography's `hpke` opens one of."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from tokencore.errors import ChannelFailed
from tokencore.hpke import Context

from .primitives import HostPrimitives


class Recipient:
    """Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.

    `private` is the recipient's key and `enc` what came with the messages, 32 bytes each; `info` is as the
    sender had it. Raises BadValue where `enc` is a point of small order.
    """

    def __init__(self, private: bytes, enc: bytes, info: bytes) -> None:
        primitives = HostPrimitives()
        self._context = Context(primitives.dh(private, enc), enc, primitives.public(private), info)
        self._aead = ChaCha20Poly1305(self._context.key)
        self._next = 0

    def open(self, ad: bytes, sealed: bytes) -> bytes:
        """Return the next message. Raises ChannelFailed where it is another, changed or for another key."""
        plaintext = self.open_at(self._next, ad, sealed)
        self._next += 1
        return plaintext

    def open_at(self, sequence: int, ad: bytes, sealed: bytes) -> bytes:
        """Return message `sequence` (from 0). Raises ChannelFailed as `open` does."""
        try:
            return self._aead.decrypt(self._context.nonce(sequence), sealed, ad)
        except InvalidTag:
            raise ChannelFailed("the sealed bytes are not authentic, or for another key") from None
