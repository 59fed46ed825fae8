"""What a folder keeps of a token while it is off: identity, clocks, flash image; and who runs it now."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boards

from . import processors

_RETRY = 0.01  # seconds


class FolderInUse(Exception):
    """A simulator runs on the folder."""


class FolderDamaged(Exception):
    """The folder's files are not what a simulator has written."""


@dataclass
class Kept:
    """`uid` is the chip's, in hex; `ppb` is how much too fast the clock's crystal is (1e-9), `crystal`
    its kind if it is not as the chip is sold, `quarters` its temperature in degrees Celsius times 4.

    `utc_ns` is the world's clock and `host_ns` the host's at the time of keeping; `rtc` is the clock
    chip's state; all three are None for a token that has never run. `paper` is the state of a display that
    needs no power, None where there is none.
    """

    board: str
    uid: str
    ppb: int = 0
    utc_ns: int | None = None
    host_ns: int | None = None
    rtc: dict[str, Any] | None = None
    crystal: str = ""
    quarters: int = 101
    paper: dict[str, Any] | None = None

    @property
    def serial(self) -> str:
        """The serial number, as USB has it: the chip's id."""
        return self.uid.upper()

    def world_ns(self, host_ns: int) -> int:
        """Return the world's UTC in ns, going on with the host's clock since it was kept."""
        if self.utc_ns is None or self.host_ns is None:
            return host_ns
        return self.utc_ns + max(0, host_ns - self.host_ns)


def new(board: str) -> Kept:
    """Return a token fresh from the factory."""
    return Kept(board, os.urandom(processors.of(boards.load(board)).uid_bytes).hex())


class Folder:
    """A token's folder, for its owner alone: the flash image holds what the token holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def flash(self) -> Path:
        return self.path / "flash.bin"

    def acquire(self) -> None:
        """Make the folder if need be and take it for this process. Raises FolderInUse."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FolderInUse(
                f"a simulator runs on {self.path} already: stop it with fobsim stop --state {self.path}"
            ) from None
        self._lock = lock

    def wait_until_free(self, seconds: float) -> None:
        """Return when no simulator has the folder any more. Raises FolderInUse after `seconds`."""
        for _try in range(int(seconds / _RETRY)):
            try:
                self.acquire()
            except FolderInUse:
                time.sleep(_RETRY)
            else:
                self.release()
                return
        self.acquire()

    def release(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def load(self) -> Kept | None:
        """Return what was kept, or None in a new folder. Raises FolderDamaged."""
        try:
            return Kept(**json.loads((self.path / "state.json").read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise FolderDamaged(
                f"{self.path / 'state.json'} is not readable: use another folder, or remove this one"
            ) from error

    def save(self, kept: Kept) -> None:
        """Keep `kept`: all of it or what was there before."""
        write_private(self.path / "state.json", json.dumps(asdict(kept), indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that its owner alone can read."""
    new_path = path.with_name(path.name + ".new")
    new_path.unlink(missing_ok=True)
    descriptor = os.open(new_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new_path.replace(path)
