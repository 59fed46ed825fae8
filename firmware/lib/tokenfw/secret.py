"""The device secret: 32 bytes in the board's non-volatile memory, away from the store that it protects.

    nvm from its middle on: "KEY1" | secret (32) | CRC-32 (4) of both, big-endian

A write to nvm may lose a whole flash sector when the power fails, on an RP2040 all of it, boot.py's mark
at its beginning too. So the secret is written once, before there is anything to protect, and nobody else
writes to nvm while there is.
"""

import binascii

from tokencore.errors import StoreFailed

SIZE = 32
_MAGIC = b"KEY1"
_LENGTH = len(_MAGIC) + SIZE + 4

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Nvm(Protocol):
        """`microcontroller.nvm`, as far as it is used here."""

        def __len__(self) -> int: ...
        def __getitem__(self, index: slice) -> bytearray: ...
        def __setitem__(self, index: slice, value: bytes) -> None: ...


class Secret:
    """The secret in `nvm`, None on a board that has no such memory: then every method raises StoreFailed."""

    def __init__(self, nvm: "Nvm | None") -> None:
        self._nvm = nvm

    def read(self) -> bytes:
        """Return the secret, or b"" where there is none: never written, erased, or lost."""
        data = self._get()
        end = len(_MAGIC) + SIZE
        if data[: len(_MAGIC)] != _MAGIC or data[end:] != _crc(data[:end]):
            return b""
        return data[len(_MAGIC) : end]

    def write(self, secret: bytes) -> None:
        """Keep a secret of SIZE bytes. Only while nothing is protected by another."""
        self._put(_MAGIC + secret + _crc(_MAGIC + secret))

    def erase(self) -> None:
        """Overwrite the secret.

        An ESP32 writes nvm as a log of five sectors, of which each write fills two or three: the third
        has come round to where the secret stood.
        """
        for _ in range(3):
            self._put(bytes(_LENGTH))

    def _get(self) -> bytes:
        if self._nvm is None:
            raise StoreFailed("this board has no memory for the secret that protects the accounts")
        start = len(self._nvm) // 2
        return bytes(self._nvm[start : start + _LENGTH])

    def _put(self, data: bytes) -> None:
        self._get()
        assert self._nvm is not None
        start = len(self._nvm) // 2
        try:
            self._nvm[start : start + _LENGTH] = data
        except (OSError, RuntimeError):
            raise StoreFailed("the token's memory refused to keep its secret") from None
        if self._get() != data:
            raise StoreFailed("the token's memory did not keep its secret")


def _crc(data: bytes) -> bytes:
    return binascii.crc32(data).to_bytes(4, "big")
