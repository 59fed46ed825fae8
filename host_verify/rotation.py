"""How the master key in a key file gives way to a new one, while programs use the store.

At every instant the key file holds a key that opens the store: the new key is first written beside it, then
made to open the store, then put in the old one's place, and last the old one opens the store no more. Broken
off before the key file is changed, the next rotation goes on with the key that lies beside it; broken off
after, both keys open the store until the old one is removed by hand.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from . import keys, masterkeys
from .audit import LIBRARY, Actor
from .errors import NotDone
from .keys import SoftwareMaster
from .masterkeys import MasterKey
from .opening import Opener
from .placing import sync_folder


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the key that opens the store now, and the one that does no more."""

    new: MasterKey
    old: MasterKey


def rotate(opener: Opener, utc: int, by: Actor = LIBRARY) -> Rotated:
    """Change the key in the opener's key file. Raises NotDone where the key is not in a file."""
    if opener.key_hardware or opener.key_variable:
        raise NotDone(
            f"the key is {opener.key_name}, which this program cannot change: host-verify master add makes "
            "another key open the store, and host-verify master remove ends this one once nothing uses it"
        )
    file = opener.key_file.resolve()  # a link to a key stays one
    beside = next_file(file)
    with opener.open() as store:
        known = opener.master()
        old = masterkeys.opening(store, known)
        if old is None:
            raise _faster()
        if not beside.exists():
            keys.make_key_file(beside)
        owner = file.stat()
        if beside.stat().st_uid != owner.st_uid:  # rotated by root: the service has to read it too
            os.chown(beside, owner.st_uid, owner.st_gid)
        new = SoftwareMaster(keys.key_from_file(beside))
        key = masterkeys.add(store, known, new, utc, by)
        try:
            os.replace(beside, file)
        except FileNotFoundError:
            raise _faster() from None
        sync_folder(file.parent)
        masterkeys.remove(store, new, old.id, utc, by)
    return Rotated(key, old)


def next_file(file: Path) -> Path:
    """Return where the next key lies until it takes the key file's place."""
    return file.with_name(file.name + ".new")


def _faster() -> NotDone:
    return NotDone("another rotation was faster: host-verify master list shows the keys")
