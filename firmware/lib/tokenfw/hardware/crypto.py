"""The board's cryptography: AES-256-GCM over the module aesio, or ChaCha20-Poly1305 on boards without it.

What only a channel needs is imported when it is first used.
"""

import os

try:
    import aesio
except ImportError:
    aesio = None  # type: ignore[assignment]

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from tokencore.primitives import Aead


def _ctr(key: bytes, counter_block: bytes, data: bytes) -> bytes:
    """Return `data` under AES in counter mode."""
    out = bytearray(len(data))
    aesio.AES(key, aesio.MODE_CTR, counter_block).encrypt_into(data, out)
    return bytes(out)


class BoardPrimitives:
    """`tokencore.primitives.Primitives` of a board."""

    def __init__(self) -> None:
        self.cipher = "AESGCM" if aesio else "ChaChaPoly"
        self._made: Aead | None = None

    def random(self, length: int) -> bytes:
        return os.urandom(length)

    def public(self, private: bytes) -> bytes:
        from tokencore import x25519

        return x25519.public(private)

    def dh(self, private: bytes, public: bytes) -> bytes:
        from tokencore import x25519

        return x25519.dh(private, public)

    def seal(self, key: bytes, nonce: int, ad: bytes, plaintext: bytes) -> bytes:
        return self._aead().seal(key, _nonce(nonce), ad, plaintext)

    def open(self, key: bytes, nonce: int, ad: bytes, sealed: bytes) -> bytes:
        return self._aead().open(key, _nonce(nonce), ad, sealed)

    def stream(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        if aesio:
            return _ctr(key, nonce, data)
        from tokencore import chacha

        return chacha.stream(key, nonce, data)

    def _aead(self) -> "Aead":
        if self._made is None:
            if aesio:
                from tokencore.gcm import Gcm

                self._made = Gcm(_ctr)
            else:
                from tokencore import chacha

                self._made = chacha
        return self._made


def _nonce(nonce: int) -> bytes:
    """Return 64 bits as the 96 of the AEAD (Noise, sections 12.3 and 12.4)."""
    return bytes(4) + (nonce.to_bytes(8, "big") if aesio else nonce.to_bytes(8, "little"))
