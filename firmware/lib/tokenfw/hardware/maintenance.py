"""Maintenance: the drive and the console open to a host, at the price of every secret on the token."""

import storage


def is_open() -> bool:
    """Whether a host can read and write the drive, and the firmware cannot write it."""
    return bool(storage.getmount("/").readonly)


def erase_and_restart() -> None:
    """Overwrite and remove the store, restart with the drive open. Raises StoreFailed, or does not return."""
    from . import opening_drive  # Hardly ever needed, and it takes memory.

    opening_drive.erase_and_restart()
