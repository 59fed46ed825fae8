"""The desk's own key, by which a token knows its owner: an X25519 private key (RFC 7748) in a file.

The file is JSON, readable by its owner alone. The private key stands in it in clear, or sealed under a
passphrase (Argon2id, RFC 9106, and ChaCha20-Poly1305, RFC 8439), or in the system's keyring instead.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import keyrings, private_files
from .faults import DeskError
from .known import KnownTokens
from .stretching import KEY_BYTES, stretch

_KIND, _VERSION = "Fobsmith desk key", 1
_SALT, _NONCE = 16, 12
_KNOWN = b"fobsmith known tokens 1"  # HKDF's info
_COST = {"iterations": 3, "lanes": 4, "memory_cost": 64 * 1024}  # RFC 9106 section 4, second choice


class NoDeskKey(DeskError):
    """There is no desk key where one is looked for."""

    exit_status = 2
    advice = "Make one with: provisioner desk init"


class DeskKeyExists(DeskError):
    """A desk key is there already, and is never overwritten."""

    exit_status = 2
    advice = (
        "Tokens may know it as their owner: keep it, choose another file with --key FILE, or move it away "
        "yourself"
    )


class DeskKeyUnusable(DeskError):
    """The file of the desk key is damaged, of a later version, or cannot be read."""

    exit_status = 2
    advice = "Put its backup there again; without the key its tokens have to be erased and paired anew"


class DeskKeyExposed(DeskError):
    """Others may read or change the file of the desk key."""

    exit_status = 2
    advice = (
        "Make it yours alone (chmod 600). If others may have read it, make another key and give the tokens "
        "to that: provisioner transfer"
    )


class WrongPassphrase(DeskError):
    """The passphrase does not open the desk key."""

    exit_status = 2
    advice = "Run the command again and type the passphrase that was given to: provisioner desk init"


@dataclass(frozen=True)
class DeskKey:
    """The key pair (32 bytes each) and the tokens that were paired with it."""

    private: bytes = field(repr=False)
    public: bytes
    known: KnownTokens


@dataclass(frozen=True)
class Stored:
    """What can be said of a desk key without opening it; `guard` is "none", "passphrase" or "keyring"."""

    path: Path
    public: bytes
    guard: str

    def known(self, private: bytes | None = None) -> KnownTokens:
        """Return the tokens that this desk knows, with what its `private` key opens of them."""
        key = HKDF(SHA256(), KEY_BYTES, None, _KNOWN).derive(private) if private else None
        return KnownTokens(self.path.parent / "known", key)


def default_path() -> Path:
    """Return where the desk key lies if the user does not say."""
    return Path(platformdirs.user_data_dir("fobsmith", appauthor=False), "desk.key")


def init(path: Path, passphrase: bytes = b"", keyring: bool = False) -> Stored:
    """Make a new desk key at `path`, under `passphrase` (UTF-8) or in the system's keyring.

    Raises DeskKeyExists where there is one, keyrings.NoKeyring, DeskKeyUnusable where it cannot be written.
    """
    if os.path.lexists(path):
        raise DeskKeyExists(f"a desk key is there already: {path}")
    key = X25519PrivateKey.generate()
    private, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    values: dict[str, Any] = {"kind": _KIND, "version": _VERSION, "public": public.hex()}
    if keyring:
        keyrings.store(public.hex(), private)
        values |= {"keyring": True}
    elif passphrase:
        salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
        sealed = ChaCha20Poly1305(stretch(passphrase, salt, _COST)).encrypt(nonce, private, public)
        values |= {"argon2id": {"salt": salt.hex(), **_COST}, "nonce": nonce.hex(), "sealed": sealed.hex()}
    else:
        values |= {"private": private.hex()}
    try:
        private_files.create(path, (json.dumps(values, indent=1) + "\n").encode())
    except FileExistsError:
        raise DeskKeyExists(f"a desk key is there already: {path}") from None
    except OSError as error:
        raise DeskKeyUnusable(
            f"{path} cannot be written: {error.strerror}", "Choose another file with --key FILE"
        ) from None
    return _stored(path, values)


def look(path: Path) -> Stored:
    """Return what can be said of the key at `path`. Raises NoDeskKey, DeskKeyExposed, DeskKeyUnusable."""
    return _stored(path, _read(path))


def load(path: Path, passphrase: Callable[[], bytes]) -> DeskKey:
    """Return the key at `path`; `passphrase` is called if it has one.

    Raises NoDeskKey, DeskKeyExposed, DeskKeyUnusable, WrongPassphrase, keyrings.NoKeyring.
    """
    values = _read(path)
    stored = _stored(path, values)
    try:
        if stored.guard == "keyring":
            private = keyrings.fetch(stored.public.hex())
        elif stored.guard == "passphrase":
            private = _opened(values, stored.public, passphrase())
        else:
            private = bytes.fromhex(values["private"])
        public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if public != stored.public:
        raise _damaged(path)
    return DeskKey(private, public, stored.known(private))


def _opened(values: dict[str, Any], public: bytes, passphrase: bytes) -> bytes:
    costs = values["argon2id"]
    key = stretch(passphrase, bytes.fromhex(costs["salt"]), costs)
    nonce, sealed = bytes.fromhex(values["nonce"]), bytes.fromhex(values["sealed"])
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, public)
    except InvalidTag:
        raise WrongPassphrase("the passphrase does not open the desk key") from None


def _stored(path: Path, values: dict[str, Any]) -> Stored:
    try:
        public = bytes.fromhex(values["public"])
        if values["kind"] != _KIND or len(public) != KEY_BYTES:
            raise _damaged(path)
        version = values["version"]
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if version != _VERSION:
        raise DeskKeyUnusable(f"{path} is of a later version of this program", "Update this program")
    guard = "keyring" if "keyring" in values else "passphrase" if "sealed" in values else "none"
    return Stored(path, public, guard)


def _damaged(path: Path) -> DeskKeyUnusable:
    return DeskKeyUnusable(f"{path} is not a desk key, or is damaged")


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            why = private_files.exposed(os.fstat(file.fileno()))
            if why:
                raise DeskKeyExposed(f"{path} is no secret: {why}")
            values = json.loads(file.read(65536))
    except FileNotFoundError:
        raise NoDeskKey(f"there is no desk key yet: {path} does not exist") from None
    except OSError as error:
        raise DeskKeyUnusable(
            f"{path} cannot be read: {error.strerror}", "See to it that you own the file and may read it"
        ) from None
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(values, dict):
        raise _damaged(path)
    return values
