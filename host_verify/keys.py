"""Where the store's master key comes from: a file of mode 0600, or an environment variable."""

import os
import secrets
import stat
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .errors import NotDone, VerifierError

KEY_BYTES = 32


def make_key_file(path: Path) -> None:
    """Write a new random key to `path`, which must not exist, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotDone(f"{path} exists already: it may be another store's only key, so it stays") from None
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())


def key_from_file(path: Path) -> bytes:
    """Return the 32 bytes that a key file holds (hexadecimal or base64 text)."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024)
    except FileNotFoundError:
        raise VerifierError(
            f"the key file {path} is missing: put it back from your backup, or name it with --key-file"
        ) from None
    except OSError as error:
        raise VerifierError(f"the key file {path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise VerifierError(
            f"others may read the key file {path} (mode {mode:04o}): run chmod 600 on it, "
            "and think whether the key is still a secret"
        )
    return _decoded(text, f"the key file {path}")


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
