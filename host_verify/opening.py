"""How a process comes to an open store: where it is and where its key comes from."""

import os
from dataclasses import dataclass
from pathlib import Path

from . import keys, masterkeys
from .database import Place, explained, must_exist, opened
from .hsm import HardwareKey
from .keys import Master, SoftwareMaster
from .masterkeys import WrongKey
from .sealing import Root
from .store import Store


@dataclass(frozen=True, slots=True)
class Opener:
    """Names a store and the source of its key, never the key; it may be sent to another process.

    The key is in a hardware module, or else in the environment variable `key_variable`, or else in the
    file `key_file`.
    """

    place: Place
    key_file: Path
    key_variable: str | None = None
    key_hardware: HardwareKey | None = None

    @property
    def key_name(self) -> str:
        """Where the key is, as it may be shown."""
        if self.key_hardware:
            return f"{self.key_hardware.label} in the hardware module's token {self.key_hardware.token}"
        return f"the variable {self.key_variable}" if self.key_variable else str(self.key_file)

    def master(self) -> Master:
        """Return the master key, read anew."""
        if self.key_hardware:
            return self.key_hardware.master(os.environ)
        if self.key_variable:
            return SoftwareMaster(keys.key_from_environment(self.key_variable, os.environ))
        return SoftwareMaster(keys.key_from_file(self.key_file))

    def make_key(self) -> bool:
        """Make the key if there is none yet; return whether. One in a variable has to be there."""
        if self.key_hardware:
            return self.key_hardware.master(os.environ).make()
        if self.key_variable or self.key_file.exists():
            return False
        keys.make_key_file(self.key_file)
        return True

    def open(self, connections: int = 1) -> Store:
        """Return the open store, for up to `connections` threads at once."""
        must_exist(self.place)
        try:
            store = Store(self.place, self.master(), connections)
        except WrongKey:
            # Between the two looks the key may have been rotated: then the one that is there now opens.
            store = Store(self.place, self.master(), connections)
        store.sealer.again = self._root
        return store

    def _root(self) -> Root:
        # By a connection of its own, for the store's may all be taken by whoever asks.
        with explained(self.place), opened(self.place) as engine, engine.connect() as connection:
            rows = connection.execute(masterkeys.ALL).fetchall()
        return masterkeys.unlocked(rows, self.place, self.master()).root
