"""The store's master key, and where it comes from: a file of mode 0600, or an environment variable.

All that a master key does is to wrap a store's root and unwrap it, when a process opens the store. One that
is kept in a hardware module (see `hsm`) does that there.
"""

import os
import secrets
import stat
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from .errors import NotDone, VerifierError
from .placing import sync_folder
from .sealing import KEY_BYTES, decrypted, derived, encrypted


class Master(Protocol):
    """A master key. `source` is what it is called in lists; nothing of it shows the key."""

    @property
    def source(self) -> str: ...

    @property
    def before_roots(self) -> bytes | None:
        """The key itself, if it can be had: before format 0007 everything was marked and sealed under it."""

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted under the key, bound to `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None if that was by another key or context, or was altered."""


class SoftwareMaster:
    """A master key of 32 bytes in this process's memory."""

    source = "software"

    def __init__(self, key: bytes) -> None:
        self._wrapping = derived(key, b"wrap")
        self.before_roots: bytes | None = key

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted by AES-256-GCM, bound to `context`."""
        return encrypted(self._wrapping, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None if that was by another key or context, or was altered."""
        return decrypted(self._wrapping, wrapped, context)


def make_key_file(path: Path) -> None:
    """Write a new random key to `path`, which must not exist, durably, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotDone(f"{path} exists already: it may be another store's only key, so it stays") from None
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()  # half a key would stand in the way of the next try
        raise VerifierError(f"the key file {path} cannot be written: {error.strerror}") from None
    sync_folder(path.parent)


def key_from_file(path: Path) -> bytes:
    """Return the 32 bytes that a key file holds (hexadecimal or base64 text)."""
    if not path.exists():
        raise VerifierError(
            f"the key file {path} is missing: put it back from your backup, or name it with --key-file"
        )
    return _decoded(private_text(path, "the key file"), f"the key file {path}")


def private_text(path: Path, what: str) -> bytes:
    """Return the first 1024 bytes of a file that only its owner may read; `what` is what errors call it."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024)
    except OSError as error:
        raise VerifierError(f"{what} {path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise VerifierError(
            f"others may read {what} {path} (mode {mode:04o}): run chmod 600 on it, "
            "and think whether what it holds is still a secret"
        )
    return text


def key_from_environment(name: str, environment: Mapping[str, str]) -> bytes:
    """Return the 32 bytes that the variable `name` holds (hexadecimal or base64 text)."""
    text = environment.get(name)
    if not text:
        raise VerifierError(f"the environment variable {name} is not set: put the store's key into it")
    return _decoded(text.encode("utf-8", "replace"), f"the environment variable {name}")


def _decoded(text: bytes, where: str) -> bytes:
    text = text.strip()
    key = b""
    with suppress(ValueError, BadBase64):
        key = (
            b64decode(text, validate=True)
            if len(text) < 2 * KEY_BYTES
            else bytes.fromhex(text.decode("ascii"))
        )
    if len(key) != KEY_BYTES:
        raise VerifierError(f"{where} holds no key: {KEY_BYTES} bytes in hexadecimal or base64 are needed")
    return key
