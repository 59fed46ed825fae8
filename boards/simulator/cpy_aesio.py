"""The simulated module `aesio`: AES in ECB, CBC and CTR mode, with CircuitPython's rules and errors."""

from types import ModuleType

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES as Algorithm

from .imports import module

MODE_ECB, MODE_CBC, MODE_CTR = 1, 2, 6
_BLOCK = 16

Bytes = bytes | bytearray | memoryview


class AES:
    """`aesio.AES`. What a mode chains, it chains from one call to the next."""

    def __init__(
        self,
        key: Bytes,
        mode: int = MODE_ECB,
        IV: object = None,
        counter: object = None,
        segment_size: int = 8,
    ) -> None:
        self.rekey(key)
        self.mode = mode
        self.rekey(key, IV)

    @property
    def mode(self) -> int:
        return self._mode

    @mode.setter
    def mode(self, mode: int) -> None:
        if mode not in (MODE_ECB, MODE_CBC, MODE_CTR):
            raise NotImplementedError("Requested AES mode is unsupported")
        self._mode = mode

    def rekey(self, key: Bytes, IV: object = None) -> None:
        raw = bytes(memoryview(key))
        if len(raw) not in (16, 24, 32):
            raise ValueError("Key must be 16, 24, or 32 bytes long")
        iv = bytes(IV) if isinstance(IV, Bytes) else bytes(_BLOCK)
        if len(iv) != _BLOCK:
            raise ValueError(f"IV length must be {_BLOCK}")
        self._key, self._iv = Algorithm(raw), iv

    def encrypt_into(self, src: Bytes, dest: Bytes) -> None:
        source, into = self._buffers(src, dest)
        if self._mode == MODE_CTR:
            into[:] = self._count(source)
            return
        done = Cipher(self._key, self._chain()).encryptor().update(source)
        if self._mode == MODE_CBC and done:
            self._iv = done[-_BLOCK:]
        into[:] = done

    def decrypt_into(self, src: Bytes, dest: Bytes) -> None:
        source, into = self._buffers(src, dest)
        if self._mode == MODE_CTR:
            into[:] = self._count(source)
            return
        into[:] = Cipher(self._key, self._chain()).decryptor().update(source)
        if self._mode == MODE_CBC and source:
            self._iv = source[-_BLOCK:]

    def _buffers(self, src: Bytes, dest: Bytes) -> tuple[bytes, memoryview]:
        source, into = bytes(memoryview(src)), memoryview(dest).cast("B")
        if into.readonly:
            raise TypeError("object with buffer protocol required")
        if len(source) != len(into):
            raise ValueError("Source and destination buffers must be the same length")
        if self._mode == MODE_ECB and len(source) != _BLOCK:
            raise ValueError("ECB only operates on 16 bytes at a time")
        if self._mode == MODE_CBC and len(source) % _BLOCK:
            raise ValueError("CBC blocks must be multiples of 16 bytes")
        return source, into

    def _chain(self) -> modes.ECB | modes.CBC:
        return modes.ECB() if self._mode == MODE_ECB else modes.CBC(self._iv)  # noqa: S305 - as boards have

    def _count(self, source: bytes) -> bytes:
        """Return `source` under the key stream; what is left of its last block is never used."""
        done = Cipher(self._key, modes.CTR(self._iv)).encryptor().update(source)
        blocks = -(-len(source) // _BLOCK)
        self._iv = ((int.from_bytes(self._iv) + blocks) % (1 << 8 * _BLOCK)).to_bytes(_BLOCK)
        return done


def modules() -> dict[str, ModuleType]:
    """Return the module by its name."""
    return {"aesio": module("aesio", AES=AES, MODE_ECB=MODE_ECB, MODE_CBC=MODE_CBC, MODE_CTR=MODE_CTR)}
