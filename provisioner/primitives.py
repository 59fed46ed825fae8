"""The host's cryptography in the shape that tokencore takes it (`tokencore.primitives.Primitives`)."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES, ChaCha20
from cryptography.hazmat.primitives.ciphers.modes import CTR
from tokencore.errors import BadValue, ChannelFailed

AES_GCM, CHACHA_POLY = "AESGCM", "ChaChaPoly"


class HostPrimitives:
    """Noise's primitives over the package cryptography. `cipher` is the AEAD that the token has."""

    def __init__(self, cipher: str = AES_GCM) -> None:
        if cipher not in (AES_GCM, CHACHA_POLY):
            raise BadValue("cipher", f"must be {AES_GCM} or {CHACHA_POLY}")
        self.cipher = cipher

    def random(self, length: int) -> bytes:
        return os.urandom(length)

    def public(self, private: bytes) -> bytes:
        return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()

    def dh(self, private: bytes, public: bytes) -> bytes:
        if len(public) != 32:
            raise BadValue("public key", "must be 32 bytes")
        try:
            return X25519PrivateKey.from_private_bytes(private).exchange(
                X25519PublicKey.from_public_bytes(public)
            )
        except ValueError:
            raise BadValue("public key", "a point of small order, which no honest key is") from None

    def seal(self, key: bytes, nonce: int, ad: bytes, plaintext: bytes) -> bytes:
        return self._aead(key).encrypt(self._nonce(nonce), plaintext, ad)

    def open(self, key: bytes, nonce: int, ad: bytes, sealed: bytes) -> bytes:
        try:
            return self._aead(key).decrypt(self._nonce(nonce), sealed, ad)
        except InvalidTag:
            raise ChannelFailed("the sealed bytes are not authentic") from None

    def stream(self, key: bytes, nonce: bytes, data: bytes) -> bytes:
        if self.cipher == AES_GCM:
            cipher = Cipher(AES(key), CTR(nonce)).encryptor()
            return cipher.update(data) + cipher.finalize()
        chacha = Cipher(ChaCha20(key, nonce), mode=None).encryptor()
        return chacha.update(data)

    def _aead(self, key: bytes) -> AESGCM | ChaCha20Poly1305:
        return AESGCM(key) if self.cipher == AES_GCM else ChaCha20Poly1305(key)

    def _nonce(self, nonce: int) -> bytes:
        """Return 64 bits as the 96 of the AEAD (Noise, section 12.3 and 12.4)."""
        return bytes(4) + nonce.to_bytes(8, "big" if self.cipher == AES_GCM else "little")
