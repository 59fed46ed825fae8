"""The system's keyring: Secret Service, macOS Keychain, Windows Credential Locker."""

from importlib import import_module
from typing import Any

from .faults import DeskError

_SERVICE = "fobsmith desk key"


class NoKeyring(DeskError):
    """The system's keyring cannot be used, or does not have the key."""

    exit_status = 2
    advice = (
        "Install it with: pip install 'fobsmith[keyring]', see with 'keyring diagnose' whether the system "
        "has one, and unlock it. A key in a file is made by: provisioner desk init --passphrase"
    )


def store(name: str, secret: bytes) -> None:
    """Keep `secret` in the keyring under `name`. Raises NoKeyring."""
    _ask("set_password", name, secret.hex())


def fetch(name: str) -> bytes:
    """Return the secret that is kept under `name`. Raises NoKeyring."""
    secret = _ask("get_password", name)
    if secret is None:
        raise NoKeyring("the system's keyring does not have the desk key")
    return bytes.fromhex(secret)


def _ask(what: str, *arguments: str) -> Any:
    try:
        keyring, faults = import_module("keyring"), import_module("keyring.errors")
    except ImportError:
        raise NoKeyring("the package keyring, for the system's keyring, is not installed") from None
    try:
        return getattr(keyring, what)(_SERVICE, *arguments)
    except faults.KeyringError:
        pass  # Its text and its trace may hold the secret.
    raise NoKeyring("the system's keyring cannot be used, or is locked")
