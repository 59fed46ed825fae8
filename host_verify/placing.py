"""Putting a new file in its place: whole or not at all, on the disk, and never over another."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import NotDone

_BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a database


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """Give a new empty file, of mode 0600, that is called `path` once the block has ended well.

    Raises NotDone, and leaves nothing behind, if there is a file of that name then.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        must_be_free(path)
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        _take_name(Path(name), path)
        sync_folder(path.parent)
    except FileExistsError:
        raise exists(path) from None
    finally:
        for end in ("", *_BESIDE):
            Path(name + end).unlink(missing_ok=True)


def _take_name(draft: Path, path: Path) -> None:
    """Call `draft` `path`. Raises FileExistsError if there is a file of that name."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # FAT, as sticks have it, knows no links: the name is taken first.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        draft.replace(path)


def must_be_free(path: Path) -> None:
    """Raise NotDone if there is a file of that name, or what SQLite has kept beside one."""
    if path.exists():
        raise exists(path)
    for end in _BESIDE:
        left = path.with_name(path.name + end)
        if left.exists():
            raise NotDone(
                f"{left} belongs to a database that is not there: put it away, or it would be taken for "
                "a part of the new one; nothing was changed"
            )


def exists(path: Path) -> NotDone:
    """Return what is said of a file that would have to give way."""
    return NotDone(f"{path} exists already: nothing was changed")


def sync_folder(folder: Path) -> None:
    """Make durable that a file came to be in `folder`, or is called otherwise there."""
    if os.name == "nt":  # where a folder cannot be opened, and needs not be
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
