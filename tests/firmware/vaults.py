"""A sealed vault on a flash in memory, and what its tests do with it again and again."""

from __future__ import annotations

import hashlib

from tokencore import errors
from tokencore.account import Account
from tokencore.noise import run
from tokenfw.vault import Vault

from provisioner.primitives import HostPrimitives
from tests.firmware.media import Power, RamMedium, RamSecret

CAPACITY = 12
PIN, WIPE_PIN = b"135724", b"864200"


class Flash:
    """The flash of one token: the store's medium and nvm, on the same power."""

    def __init__(self, store: bytes = b"", nvm: bytes | None = None) -> None:
        self.power = Power()
        self.medium = RamMedium(store, self.power)
        self.secret = RamSecret(nvm, self.power) if nvm else RamSecret(power=self.power)

    def start(self, capacity: int = CAPACITY) -> Vault:
        """Give the token power."""
        return Vault(self.medium, self.secret, HostPrimitives(), capacity)

    def copy(self) -> Flash:
        """Return another token whose flash has the same content."""
        return Flash(bytes(self.medium.data), bytes(self.secret.nvm.data))


def account(name: str, **values) -> Account:
    return Account(
        **{"secret": hashlib.sha256(name.encode()).digest(), "name": name, "kind": "hotp", **values}
    )


def unlock(vault: Vault, pin: bytes = PIN, now_ms: int = 0) -> bool:
    return run(vault.unlock(pin, now_ms))


def set_pin(vault: Vault, pin: bytes = PIN, wipe_pin: bytes = b"") -> None:
    run(vault.set_pin(pin, wipe_pin))


def opened(flash: Flash, pin: bytes = PIN) -> Vault:
    """Return the vault after a start, unlocked where it has a PIN."""
    vault = flash.start()
    if vault.locked:
        assert unlock(vault, pin)
    return vault


def contents(vault: Vault) -> list[tuple]:
    """Return everything of the accounts, of one that is refused why."""
    found: list[tuple] = []
    for position in range(len(vault)):
        try:
            each = vault.account(position)
            found.append((each.issuer, each.name, each.counter, each.secret, each.digits, each.typing))
        except errors.StoreFailed as error:
            found.append((str(error),))
    return found


def state(vault: Vault) -> tuple:
    """Return all that a vault knows."""
    record = [getattr(vault, name) for name in ("owner", "sync_keys", "clock_floor", "clock_record")]
    pin = vault.pin
    return (
        contents(vault),
        *record,
        vault.layout,
        vault.language,
        vault.auto_lock_s,
        (pin.is_set, pin.digits, pin.wipe_set, pin.failures),
    )
