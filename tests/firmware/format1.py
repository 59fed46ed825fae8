"""Images of format 1, as version 0.1 wrote them, for the upgrade to read."""

from __future__ import annotations

import binascii
import struct
from collections.abc import Sequence

from tokencore import cbor, messages
from tokencore.account import Account

SLOT = 512


def image(accounts: Sequence[Account], capacity: int, version: int = 1) -> bytes:
    """Return the file of a token with these accounts, its clock set and its settings chosen."""
    places = bytes(range(1, len(accounts) + 1))
    directory = {1: version, 2: places, 3: 1_800_000_000, 4: capacity, 5: "de", 6: [1, -2, 3], 7: "es"}
    slots = [_slot(0, cbor.encode(directory))]
    slots += [_slot(place, messages.encode_account(each)) for place, each in enumerate(accounts, 1)]
    slots += [bytes(SLOT)] * (capacity + 1 - len(slots))
    return b"".join(slots) * 2


def _slot(index: int, body: bytes) -> bytes:
    slot = struct.pack(">IH", 3, len(body)) + body
    slot += struct.pack(">I", binascii.crc32(struct.pack(">H", index) + slot))
    return slot + bytes(SLOT - len(slot))
