"""Makes MicroPython like a board: adds what only a board has, takes away what only MicroPython has.

Without the second half a test could pass here and the firmware fail on a board. What cannot be taken
away (double floats, for one) is left to the gate in tests/gate and to a real CircuitPython.
"""

import builtins
import hashlib
import os
import sys

import cryptolib

_NATIVE = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}

# What the driver and the code under test may import: all of it is on a board too.
_MODULES = ("__future__", "aesio", "binascii", "collections", "errno", "gc", "hashlib", "os", "struct", "sys")
_OURS = ("channel_operations", "crypto", "crypto_operations", "driver", "drive", "operations", "session")
_OURS += ("tests", "tokencore", "tokenfw", "vault_operations")


class _Hash:
    """A board's hash object: it can be read more than once and has no hexdigest, copy or name."""

    def __init__(self, native: object, data: bytes) -> None:
        self._native = native
        self._data = bytes(data)

    def update(self, data: bytes) -> None:
        self._data += data

    def digest(self) -> bytes:
        return self._native(self._data).digest()

    @property
    def digest_size(self) -> int:
        return len(self.digest())


class _Hashlib:
    """A board's hashlib: `new` alone, the name by position."""

    @staticmethod
    def new(*arguments: object) -> _Hash:
        if arguments[0] not in _NATIVE:
            raise ValueError("Unsupported hash algorithm")
        return _Hash(_NATIVE[arguments[0]], arguments[1] if len(arguments) > 1 else b"")


class _Aes:
    """A board's `aesio.AES`, in counter mode: MicroPython has ECB."""

    def __init__(self, key: bytes, mode: int, counter_block: bytes) -> None:
        assert mode == _Aesio.MODE_CTR
        self._ecb = cryptolib.aes(key, 1)
        self._counter = int.from_bytes(counter_block, "big")

    def encrypt_into(self, source: bytes, into: bytearray) -> None:
        if len(source) != len(into):
            raise ValueError("Source and destination buffers must be the same length")
        for start in range(0, len(source), 16):
            pad = self._ecb.encrypt((self._counter & (1 << 128) - 1).to_bytes(16, "big"))
            self._counter += 1
            for i in range(start, min(start + 16, len(source))):
                into[i] = source[i] ^ pad[i - start]


class _Aesio:
    """As much of a board's aesio as the firmware uses."""

    AES = _Aes
    MODE_CTR = 6


class _Os:
    """A board's os, as far as MicroPython has it, with `sync`: this file system needs none."""

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    @staticmethod
    def sync() -> None:
        pass


class _Future:
    annotations = None


def _guarded(native: object) -> object:
    def import_(name: str, *arguments: object) -> object:
        relative = len(arguments) > 3 and arguments[3]
        if not relative and name.split(".", 1)[0] not in _MODULES + _OURS:
            raise ImportError("boards, or this test's list of their modules, lack " + name)
        return native(name, *arguments)

    return import_


def become() -> None:
    """Change this interpreter for good."""
    sys.modules["hashlib"] = _Hashlib
    sys.modules["__future__"] = _Future
    sys.modules["os"] = _Os()
    sys.modules["aesio"] = _Aesio
    builtins.__import__ = _guarded(builtins.__import__)
