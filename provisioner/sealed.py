"""The files of enrolment and backup: JSON of one shape, each of a kind and a version (docs/backup.md).

    {"fobsmith": KIND, "version": 1, ...}, with bytes in base64

A file of a newer version is refused in words; so is one of another kind. Nothing in them is a seed but what
is sealed (HPKE, RFC 9180), and the secret half of a recovery key.
"""

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from . import private_files
from .faults import DeskError

VERSION = 1
KEY = 32  # bytes of an X25519 key
_MOST = 1 << 26  # bytes of a file
_NAMES = {
    "enrolments": "a sealed enrolment",
    "backup": "a backup",
    "recovery key": "a recovery key",
    "recovery secret": "the secret half of a recovery key",
}


class BadFile(DeskError):
    """A file is not what is needed here; nothing was done."""

    exit_status = 2


def write(path: Path, kind: str, values: dict[str, Any], replace: bool = False) -> None:
    """Make the file `path`, for the user alone: wholly or not at all. Raises BadFile.

    One that is there is only taken the place of with `replace`.
    """
    document = {"fobsmith": kind, "version": VERSION} | values
    content = (json.dumps(document, indent=1) + "\n").encode()
    try:
        (private_files.replace if replace else private_files.create)(path, content)
    except FileExistsError:
        raise BadFile(f"{path} is there already and was left as it is", "Name another file") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be written: {error.strerror}", "Name another file") from None


def must_be_free(path: Path) -> None:
    """Raise BadFile, before anybody is asked to press anything, where `write` could make no file."""
    if os.path.lexists(path):
        raise BadFile(f"{path} is there already and was left as it is", "Name another file")
    must_be_writable(path)


def must_be_writable(path: Path) -> None:
    """Raise BadFile where the folder of `path` takes no file."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise BadFile(f"{folder} takes no file: you may not write there", "Name another file")


def read(path: Path, kind: str) -> dict[str, Any]:
    """Return the values of a file of that kind. Raises BadFile."""
    return parse(_bytes(path), path, kind)


def parse(data: bytes, path: Path, kind: str) -> dict[str, Any]:
    """Return the values in `data`, which is what the file `path` holds. Raises BadFile."""
    try:
        document = json.loads(data)
        found, version = document["fobsmith"], document["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise damaged(path, kind) from None
    if found != kind:
        is_now = _NAMES.get(str(found), "something else")
        raise BadFile(f"{path} is {is_now}, not {_NAMES[kind]}", "Name the right file")
    if type(version) is not int or version < 1:
        raise damaged(path, kind)
    if version > VERSION:
        raise BadFile(
            f"{path} is of a newer format ({version}, this program knows {VERSION})", "Update this program"
        )
    values: dict[str, Any] = document
    return values


def damaged(path: Path, kind: str) -> BadFile:
    """Return the error for a file that cannot be read as what it should be."""
    return BadFile(f"{path} is not {_NAMES[kind]}, or is damaged or cut short", "Take another copy of it")


def text_of(data: bytes) -> str:
    """Return bytes as they stand in a file."""
    return b64encode(data).decode()


def bytes_of(text: object, length: int | None = None) -> bytes:
    """Return the bytes that `text_of` made a text of. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("no text")
    data = b64decode(text, validate=True)
    if length is not None and len(data) != length:
        raise ValueError("another length")
    return data


def verifier_key(path: Path) -> bytes:
    """Return the public key (32 bytes) in the file that `host-verify key show` makes: PEM. Raises BadFile."""
    try:
        key = load_pem_public_key(_bytes(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, X25519PublicKey):
        raise BadFile(
            f"{path} holds no verifier's key",
            "Let the verifier's administrator run: host-verify key show > FILE",
        )
    return key.public_bytes_raw()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "that is not a file name"
        raise BadFile(f"{path} cannot be read: {why}", "Name another file") from None
    if len(data) > _MOST:
        raise BadFile(f"{path} is too large to be what it should be", "Name another file")
    return data
