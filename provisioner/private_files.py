"""Files that only the user may read: there wholly or not at all, whatever fails meanwhile."""

import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def create(path: Path, content: bytes) -> None:
    """Make a new file. Raises FileExistsError rather than replace one, and other OSErrors."""
    with _draft(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            raise
        except OSError:  # FAT, as sticks have it, knows no links: the name is taken first.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            draft.replace(path)


def replace(path: Path, content: bytes) -> None:
    """Make a file, in place of the one that is there. Raises OSError."""
    with _draft(path, content) as draft:
        draft.replace(path)


def exposed(status: os.stat_result) -> str:
    """Return "" where a file of that status is the user's alone, or how it is not.

    On Windows other users are kept out by the folder's own rights.
    """
    if sys.platform == "win32":
        return ""
    if status.st_uid not in (os.getuid(), 0):
        return "it belongs to another user"
    return "other users may read it" if stat.S_IMODE(status.st_mode) & 0o077 else ""


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
