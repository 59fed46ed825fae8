"""Finds a token's secret and its sealed records anywhere in an image of its flash.

No file system is needed: the secret has its mark and its checksum, and so has every page of the store. What
has been written anew since lies there too, until the log comes round to it.
"""

from __future__ import annotations

import binascii
import struct
from dataclasses import dataclass

from tokencore import messages
from tokencore.account import Account
from tokencore.errors import StoreFailed
from tokenfw import state
from tokenfw.device import FIRST, STATE
from tokenfw.keys import Sealer, state_key
from tokenfw.pages import PAGE
from tokenfw.safe import DIRECTORY, MAX_ACCOUNTS, SLOTS
from tokenfw.slots import Slot

from provisioner.primitives import AES_GCM, CHACHA_POLY, HostPrimitives

_MARK = b"KEY1"
_HEAD = struct.Struct(">IBHH")  # sequence, place, length, check


class NothingFound(Exception):
    """The image does not hold what is looked for; the text says what to try."""


@dataclass
class Found:
    """A token's flash: what is in it for whoever has it, without a PIN."""

    device: bytes
    records: dict[int, bytes]  # by place, the newest
    primitives: HostPrimitives
    slot: Slot
    settings: dict[str, object]

    def accounts(self, stretched: bytes = b"") -> list[Account] | None:
        """Return the accounts in the order of the list, None where `stretched` is not of the PIN."""
        key = self.slot.unwrap(self.primitives, self.device, stretched)
        if not key:
            return None
        sealer = Sealer(self.primitives, key)
        directory = sealer.open(DIRECTORY, self.records[DIRECTORY])[1]
        found = []
        for place in directory[5 : 5 + directory[4]]:
            found.append(messages.decode_account(sealer.open(place, self.records[place])[1]))
        return found

    @property
    def count(self) -> int:
        """Return how many accounts there are; it can be seen without any key."""
        return len([place for place in self.records if FIRST <= place < FIRST + MAX_ACCOUNTS])


def search(image: bytes) -> Found:
    """Return what is in an image of a whole flash. Raises NothingFound."""
    records = _records(image)
    if STATE not in records:
        raise NothingFound("there is no store in this image: take one of the whole flash (picotool save -a)")
    secrets = _secrets(image)
    if not secrets:
        raise NothingFound(
            "the store is here, the secret is not: it is in the memory that the board calls nvm. Take an"
            " image of the whole flash; without the secret these are random bytes"
        )
    for device in secrets:
        for cipher in (AES_GCM, CHACHA_POLY):
            primitives = HostPrimitives(cipher)
            sealer = Sealer(primitives, state_key(device))
            try:
                settings = state.unpack(sealer.open(STATE, records[STATE])[1])[0]
                slots = [sealer.open(place, records[place]) for place in SLOTS if place in records]
            except StoreFailed:
                continue  # of another token, or of the other cipher
            slot = Slot.decode(max(slots)[1])
            return Found(device, records, primitives, slot, settings)
    raise NothingFound("the secret in this image is not that of the store in it: they are of two tokens")


def _secrets(image: bytes) -> list[bytes]:
    found, at = [], image.find(_MARK)
    while at >= 0:
        body, check = image[at : at + 36], image[at + 36 : at + 40]
        if check == binascii.crc32(body).to_bytes(4, "big"):
            found.append(body[4:])
        at = image.find(_MARK, at + 1)
    return found


def _records(image: bytes) -> dict[int, bytes]:
    newest: dict[int, tuple[int, bytes]] = {}
    for at in range(0, len(image) - PAGE + 1, PAGE):
        sequence, place, length, _check = _HEAD.unpack_from(image, at)
        end = at + _HEAD.size + length
        if not sequence or end + 4 > at + PAGE:
            continue
        if binascii.crc32(image[at:end]) == int.from_bytes(image[end : end + 4], "big"):
            newest[place] = max(newest.get(place, (0, b"")), (sequence, image[at + _HEAD.size : end]))
    return {place: body for place, (_, body) in newest.items()}
