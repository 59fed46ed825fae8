"""A token's flash as this format's first release wrote it: tests/golden/store-2.gz, nvm and then the store.

Written once by `python -m tests.firmware.golden_store`; a newer firmware must open it,
so it is not made anew.
"""

from __future__ import annotations

import gzip
from pathlib import Path

from tokencore.account import Account
from tokenfw.vault import Vault

from tests.firmware.media import SECTOR
from tests.firmware.vaults import PIN, WIPE_PIN, Flash, account, set_pin

PATH = Path(__file__).parents[1] / "golden/store-2.gz"
OWNER, SYNC_KEY = bytes(range(32)), bytes(range(32, 64))
RECORD = (1800000000, 1790000000, 12, -345, 6789, 100, 3, 2)


def filled(flash: Flash) -> Vault:
    """Fill a token of ten places; its log has gone round, and accounts have come and gone."""
    vault = flash.start(10)
    vault.set_owner(OWNER)
    vault.set_sync_keys((SYNC_KEY,))
    vault.set_clock_floor(1_800_000_000, RECORD)
    vault.set_settings("de", "es")
    vault.add(Account(bytes(range(20)), name="bob", kind="hotp", counter=42))
    vault.add(account("gone"))
    vault.add(Account(b"\xff" * 128, "é" * 32, "i" * 64))
    vault.add(Account(b"12345678901234567890", "alice", "ACME", digits=8, algorithm="SHA256"))
    vault.remove(1)
    vault.set_typing(2, "enter")
    vault.move(2, 0)
    for _ in range(100):
        vault.take_counter(1)
    vault.note_shown(1_800_000_123, True)
    vault.set_auto_lock(77)
    set_pin(vault, PIN, WIPE_PIN)
    return vault


def kept() -> Flash:
    """Return that flash."""
    image = gzip.decompress(PATH.read_bytes())
    return Flash(image[SECTOR:], image[:SECTOR])


if __name__ == "__main__":
    token = Flash()
    filled(token)
    PATH.write_bytes(gzip.compress(bytes(token.secret.nvm.data + token.medium.data), mtime=0))
