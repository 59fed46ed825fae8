"""What a Noise handshake mixes as it goes (revision 34, section 5.2): apart, as a board compiles it."""

import hashlib

from . import hkdf
from .cipherstate import KEY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .primitives import Primitives

_TAG = 16


class Symmetric:
    """SymmetricState of section 5.2, with the handshake's own key and nonce, of both directions, in it."""

    def __init__(self, primitives: "Primitives", name: bytes) -> None:
        self.primitives = primitives
        self.hash = hashlib.new("sha256", name).digest() if len(name) > KEY else name + bytes(KEY - len(name))
        self._chaining = self.hash
        self._key = b""
        self._nonce = 0

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.new("sha256", self.hash + data).digest()

    def mix_key(self, ikm: bytes) -> None:
        okm = hkdf.hkdf(self._chaining, ikm, b"", 2 * KEY)
        self._chaining, self._key, self._nonce = okm[:KEY], okm[KEY:], 0

    @property
    def overhead(self) -> int:
        """Bytes that `encrypt` adds."""
        return _TAG if self._key else 0

    def encrypt(self, plaintext: bytes) -> bytes:
        sealed = plaintext
        if self._key:
            sealed = self.primitives.seal(self._key, self._nonce, self.hash, plaintext)
            self._nonce += 1
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        plaintext = sealed
        if self._key:
            plaintext = self.primitives.open(self._key, self._nonce, self.hash, sealed)
            self._nonce += 1
        self.mix_hash(sealed)
        return plaintext

    def split(self) -> "tuple[bytes, bytes]":
        okm = self.export(b"", 2 * KEY)
        return okm[:KEY], okm[KEY:]

    def export(self, info: bytes, length: int) -> bytes:
        return hkdf.hkdf(self._chaining, b"", info, length)
