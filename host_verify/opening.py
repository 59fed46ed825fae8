"""How a process comes to an open store: where it is and where its key comes from."""

import os
from dataclasses import dataclass
from pathlib import Path

from . import keys
from .database import Place, must_exist
from .keys import Master, SoftwareMaster
from .store import Store


@dataclass(frozen=True, slots=True)
class Opener:
    """Names a store and the source of its key, never the key; it may be sent to another process.

    The key is in the environment variable `key_variable`, or without one in the file `key_file`.
    """

    place: Place
    key_file: Path
    key_variable: str | None = None

    def master(self) -> Master:
        """Return the master key, read anew."""
        if self.key_variable:
            return SoftwareMaster(keys.key_from_environment(self.key_variable, os.environ))
        return SoftwareMaster(keys.key_from_file(self.key_file))

    def open(self, connections: int = 1) -> Store:
        """Return the open store, for up to `connections` threads at once."""
        must_exist(self.place)
        return Store(self.place, self.master(), connections)
