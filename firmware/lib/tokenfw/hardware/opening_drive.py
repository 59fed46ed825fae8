"""Maintenance: the drive and the console open to a host, at the price of every secret on the token.

The store gets a note that it is to be wiped, then the device secret is erased, then the store is
overwritten and removed, then a mark is left in the non-volatile memory. At the next start boot.py takes
the mark away and, where it finds no store either, opens them. So wherever the power fails, nothing is opened
that holds a secret; a token that was cut before the mark starts anew, closed. The mark shares its flash
sector with the device secret: it is never written while there is one.
"""

import os

import microcontroller
from tokencore.errors import StoreFailed

from .drive import OLD_STORE, STORE, DriveFile

_MARK = b"OPEN"  # as boot.py has it, at the same place


def erase_and_restart() -> None:
    """Overwrite and remove the store, restart with the drive open. Raises StoreFailed, or does not return."""
    from tokenfw.secret import Secret

    nvm = microcontroller.nvm
    if nvm is None:
        raise StoreFailed("this board has no memory for the mark that opens the drive")
    try:
        _intend(DriveFile(STORE))
        Secret(nvm).erase()
        for path in (STORE, OLD_STORE):
            file = DriveFile(path)
            size = file.size()
            if size:
                file.zero(size)
            file.remove()
        os.sync()
    except OSError as error:
        raise StoreFailed("the token's memory refused a write (error %s)" % error.errno) from None
    nvm[0 : len(_MARK)] = _MARK
    microcontroller.reset()


def _intend(file: DriveFile) -> None:
    """Have the next start wipe the store, if the power fails before it is gone."""
    from tokenfw.log import Log
    from tokenfw.safe import INTENT

    try:
        if file.size():
            Log(file, INTENT).write(INTENT, b"")
    except (StoreFailed, ValueError):
        pass  # A damaged store is wiped because it is.
