"""Maintenance: the drive and the console open to a host, at the price of every secret on the token.

The vault is overwritten, then removed, then a mark is left in the non-volatile memory. At the next
start boot.py takes the mark away and, where it finds no vault either, opens them. So wherever the power
fails, nothing is opened that holds a secret; a token that was cut before the mark starts anew, closed.
"""

import os

import microcontroller
import storage
from tokencore.errors import StoreFailed

from .drive import VAULT, DriveFile

_MARK = b"OPEN"  # as boot.py has it, at the same place


def is_open() -> bool:
    """Whether a host can read and write the drive, and the firmware cannot write it."""
    return bool(storage.getmount("/").readonly)


def erase_and_restart() -> None:
    """Overwrite and remove the vault, restart with the drive open. Raises StoreFailed, or does not return."""
    nvm, vault = microcontroller.nvm, DriveFile(VAULT)
    if nvm is None:
        raise StoreFailed("this board has no memory for the mark that opens the drive")
    try:
        size = vault.size()
        if size:
            vault.zero(size)
        vault.remove()
        os.sync()
    except OSError as error:
        raise StoreFailed("the token's memory refused a write (error %s)" % error.errno) from None
    nvm[0 : len(_MARK)] = _MARK
    microcontroller.reset()
