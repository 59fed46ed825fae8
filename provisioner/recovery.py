"""Recovery keys: the X25519 key pair (RFC 7748) that backups are sealed to.

The public half is a file of its own, that a backup needs. The secret half is a file too, to be kept apart,
or comes of a passphrase (Argon2id, RFC 9106), of which nothing is kept but salt and costs.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tokencore.seals import fingerprint

from . import sealed
from .faults import DeskError
from .stretching import stretch

KIND, SECRET = "recovery key", "recovery secret"
SHORTEST = 12  # characters: whoever has a backup can try passphrases as long as he likes
_SALT = 16
COSTS = {"iterations": 3, "lanes": 4, "memory_cost": 256 * 1024}  # RFC 9106; a second or so, once


class WrongKey(DeskError):
    """The recovery key, or the passphrase, is not that of the backup."""

    exit_status = 2
    advice = "Give the recovery key whose fingerprint is named, or the passphrase that it was made of"


@dataclass(frozen=True)
class RecoveryKey:
    """The public half. `passphrase` is how the secret half comes of one, or None where it is a file."""

    public: bytes
    passphrase: Mapping[str, Any] | None = None

    @property
    def fingerprint(self) -> str:
        """By what people compare the key."""
        return fingerprint(self.public)

    def values(self) -> dict[str, Any]:
        """Return what stands of the key in its file, and in a backup."""
        return {"public": sealed.text_of(self.public), "argon2id": self.passphrase}


@dataclass(frozen=True)
class Secret:
    """The secret half (32 bytes), in its file or of a passphrase."""

    private: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public half."""
        return X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()


def init(path: Path) -> tuple[RecoveryKey, Path]:
    """Make a key pair: the public half in `path`, the secret one beside it. Return the key and that file.

    Raises BadFile where one of the two is there.
    """
    hidden = path.with_name(path.name + ".secret")
    for file in (path, hidden):
        sealed.must_be_free(file)
    secret = Secret(X25519PrivateKey.generate().private_bytes_raw())
    key = RecoveryKey(secret.public)
    values = {"public": sealed.text_of(key.public), "private": sealed.text_of(secret.private)}
    sealed.write(hidden, SECRET, values)
    sealed.write(path, KIND, key.values())
    return key, hidden


def init_passphrase(path: Path, passphrase: bytes) -> RecoveryKey:
    """Make a key that comes of a passphrase (UTF-8): nothing but its public half is kept. Raises BadFile."""
    sealed.must_be_free(path)
    if len(passphrase.decode()) < SHORTEST:
        raise sealed.BadFile(
            f"the passphrase has less than {SHORTEST} characters",
            "Take five or six words that nobody guesses",
        )
    how = {"salt": sealed.text_of(secrets.token_bytes(_SALT)), **COSTS}
    key = RecoveryKey(of_passphrase(how, passphrase).public, how)
    sealed.write(path, KIND, key.values())
    return key


def of_passphrase(how: Mapping[str, Any], passphrase: bytes) -> Secret:
    """Return the secret half that a passphrase gives. Raises ValueError where `how` is damaged."""
    return Secret(stretch(passphrase, sealed.bytes_of(how["salt"]), how))


def load(path: Path) -> RecoveryKey:
    """Return the public half in a file. Raises BadFile."""
    return of_values(sealed.read(path, KIND), path, KIND)


def of_values(values: Any, path: Path, kind: str) -> RecoveryKey:
    """Return the key of which `values` stand in the file `path`. Raises BadFile."""
    try:
        how = values["argon2id"]
        if how is not None and not isinstance(how, dict):
            raise TypeError
        return RecoveryKey(sealed.bytes_of(values["public"], sealed.KEY), how)
    except (KeyError, TypeError, ValueError):
        raise sealed.damaged(path, kind) from None


def secret_of(key: RecoveryKey, path: Path | None, ask: Callable[[], bytes]) -> Secret:
    """Return the secret half of `key`: from the file `path`, or of the passphrase that `ask` gives.

    Raises WrongKey where it is another key's, BadFile.
    """
    if path is not None:
        found = load_secret(path)
        if found.public != key.public:
            raise WrongKey(f"{path} is another recovery key's: the backup is sealed to {key.fingerprint}")
        return found
    if key.passphrase is None:
        raise WrongKey(
            f"the backup is sealed to the recovery key {key.fingerprint}",
            "Give its secret half: --recovery FILE",
        )
    try:
        found = of_passphrase(key.passphrase, ask())
    except (KeyError, TypeError, ValueError):
        raise sealed.BadFile(
            "the backup does not say how its key comes of the passphrase: it is damaged"
        ) from None
    if found.public != key.public:
        raise WrongKey(
            "the passphrase is not that of the backup", "Type it as it was given to: recovery init"
        )
    return found


def load_secret(path: Path) -> Secret:
    """Return the secret half in a file. Raises BadFile."""
    values = sealed.read(path, SECRET)
    try:
        return Secret(sealed.bytes_of(values["private"], sealed.KEY))
    except (KeyError, ValueError):
        raise sealed.damaged(path, SECRET) from None
