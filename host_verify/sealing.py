"""What protects the store's rows: seeds are encrypted, and every row is bound to itself.

From the 32-byte master key, HKDF-SHA256 derives one key for each use.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12  # bytes: the 96 bits of NIST SP 800-38D


class Sealer:
    """Seals seeds and marks rows under one master key (32 bytes). Its repr shows nothing of it."""

    def __init__(self, master: bytes) -> None:
        self._cipher = AESGCM(_derived(master, b"seal"))
        self._row_key = _derived(master, b"row")
        self._chain_key = _derived(master, b"audit")
        self._print_key = _derived(master, b"fingerprint")

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted by AES-256-GCM under a random nonce, bound to `context`."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return the secret, or None if it was sealed under another key or context, or was altered."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
        except (InvalidTag, ValueError):
            return None

    def row_mark(self, row: bytes) -> bytes:
        """Return the 16 bytes that show that a row was written by a holder of the key."""
        return hmac.digest(self._row_key, row, hashlib.sha256)[:16]

    def link(self, before: bytes, content: bytes) -> bytes:
        """Return the 32 bytes that bind `content` to the link `before` it (see `audit`)."""
        return hmac.digest(self._chain_key, len(before).to_bytes(1, "big") + before + content, hashlib.sha256)

    def fingerprint(self, secret: bytes) -> bytes:
        """Return 16 bytes by which the same secret is known again, but not without the key."""
        return hmac.digest(self._print_key, secret, hashlib.sha256)[:16]


def _derived(master: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"fobsmith verifier 1 " + use).derive(master)
