"""What protects the store's rows: secrets are encrypted, and every row is bound to itself.

A store has a root of its own, random, which is kept wrapped under the master key (see `masterkeys`), so
that the master key can be changed without touching a row. From the root HKDF-SHA256 (RFC 5869) derives a
key for each use. Each secret is encrypted under a data key of its own, and that under the root's.
"""

import hashlib
import hmac
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import NotDone

KEY_BYTES = 32
_NONCE = 12  # bytes: the 96 bits of NIST SP 800-38D
_TAG = 16
_DATA_KEY = 1 + _NONCE  # where the wrapped data key begins in what was sealed
_SECRET = _DATA_KEY + KEY_BYTES + _TAG  # and where the nonce of the secret does
_MOST_KEYS = 256


@dataclass(frozen=True, slots=True)
class Root:
    """A store's own keys: one for its marks, for good, and those for its secrets, newest last (32 bytes)."""

    marks: bytes = field(repr=False)
    secrets: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def drawn(cls, marks: bytes | None = None) -> Self:
        """Return a new root: random, but for `marks` of a store that has marks already."""
        return cls(marks or os.urandom(KEY_BYTES), (os.urandom(KEY_BYTES),))

    @classmethod
    def decoded(cls, data: bytes) -> Self:
        """Return the root that `encoded` gave. Raises ValueError."""
        keys = tuple(data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES))
        if len(keys) < 2 or len(keys[-1]) != KEY_BYTES:
            raise ValueError("no root")
        return cls(keys[0], keys[1:])

    def encoded(self) -> bytes:
        """Return the root as bytes, to be wrapped."""
        return self.marks + b"".join(self.secrets)

    def renewed(self) -> Self:
        """Return the root with another key for secrets, which new ones are sealed under."""
        if len(self.secrets) >= _MOST_KEYS:
            raise NotDone("this store's root was renewed 255 times, which is the most: nothing was changed")
        return type(self)(self.marks, (*self.secrets, os.urandom(KEY_BYTES)))


class Sealer:
    """Seals secrets and marks rows under one store's root. Its repr shows nothing of it.

    `again` returns the root as it is in the store now; it is called where a secret was sealed under a key
    that the root has got since.
    """

    def __init__(self, root: Root) -> None:
        self.again: Callable[[], Root] | None = None
        self._one = threading.Lock()
        self._keys = _wrapping(root)
        self._row_key = derived(root.marks, b"row")
        self._chain_key = derived(root.marks, b"audit")
        self._print_key = derived(root.marks, b"fingerprint")

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted by AES-256-GCM under a new data key, both bound to `context`.

        A byte that says which of the root's keys wraps the data key; nonce, wrapped data key and tag; nonce,
        ciphertext and tag.
        """
        newest = len(self._keys) - 1
        drawn = os.urandom(2 * _NONCE + KEY_BYTES)
        nonce, inner, data_key = drawn[:_NONCE], drawn[_NONCE : 2 * _NONCE], drawn[2 * _NONCE :]
        head = bytes((newest,)) + nonce
        wrapped = self._keys[newest].encrypt(nonce, data_key, context)
        return head + wrapped + inner + AESGCM(data_key).encrypt(inner, secret, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return the secret, or None if it was sealed under another key or context, or was altered."""
        if self.again is not None and sealed and sealed[0] >= len(self._keys):
            with self._one:  # many threads meet a new key at once, and a module serves one at a time
                if sealed[0] >= len(self._keys):
                    self._keys = _wrapping(self.again())
        try:
            key = self._keys[sealed[0]]
            data_key = key.decrypt(sealed[1:_DATA_KEY], sealed[_DATA_KEY:_SECRET], context)
            inner = sealed[_SECRET : _SECRET + _NONCE]
            return AESGCM(data_key).decrypt(inner, sealed[_SECRET + _NONCE :], context)
        except (InvalidTag, ValueError, IndexError):
            return None

    def is_newest(self, sealed: bytes) -> bool:
        """Tell whether a secret is sealed under the root's newest key."""
        return sealed[0] == len(self._keys) - 1

    def row_mark(self, row: bytes) -> bytes:
        """Return the 16 bytes that show that a row was written by a holder of the key."""
        return hmac.digest(self._row_key, row, hashlib.sha256)[:16]

    def link(self, before: bytes, content: bytes) -> bytes:
        """Return the 32 bytes that bind `content` to the link `before` it (see `audit`)."""
        return hmac.digest(self._chain_key, len(before).to_bytes(1, "big") + before + content, hashlib.sha256)

    def fingerprint(self, secret: bytes) -> bytes:
        """Return 16 bytes by which the same secret is known again, but not without the key."""
        return hmac.digest(self._print_key, secret, hashlib.sha256)[:16]


def _wrapping(root: Root) -> list[AESGCM]:
    return [AESGCM(derived(key, b"data keys")) for key in root.secrets]


def derived(key: bytes, use: bytes) -> bytes:
    """Return the 32 bytes for one use of a key."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"fobsmith verifier 1 " + use).derive(key)


def encrypted(key: bytes, secret: bytes, context: bytes) -> bytes:
    """Return nonce, ciphertext and tag of `secret` by AES-256-GCM under `key`, bound to `context`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, context)


def decrypted(key: bytes, sealed: bytes, context: bytes) -> bytes | None:
    """Return what `encrypted` was given, or None if the key or the context is another, or it was altered."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
    except (InvalidTag, ValueError):
        return None
