"""The sealed store below the accounts: device record, key slot, tries, locking and wiping.

Records of the log, each sealed for its own place (see `keys`):

    0      device record, under KD (see `state`); the last that a new store gets
    1, 5   key slots, in turn: the newer counts, and the older is overwritten at once
    2      failed tries of the PIN, under KD
    3      directory of the accounts, under K
    4      a wipe that has begun, with the settings that survive it; not sealed
    8 …    accounts, under K
"""

from tokencore.errors import Locked, StoreFailed

from .device import Device
from .keys import Sealer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tokencore.primitives import Primitives

    from .keys import Secret
    from .pages import Medium
    from .slots import Slot

TRIED, DIRECTORY, INTENT = 2, 3, 4
SLOTS = (1, 5)
MAX_ACCOUNTS = 150  # whose directory fits into one record


class Safe(Device):
    """Everything of the vault but its accounts."""

    def __init__(
        self,
        medium: "Medium",
        secret: "Secret",
        primitives: "Primitives",
        capacity: int,
        ticks: "Callable[[], int] | None" = None,
    ) -> None:
        if not 7 <= capacity <= MAX_ACCOUNTS:
            raise ValueError("a vault has room for 7 to 150 accounts: see the board file")
        super().__init__(medium, secret, primitives, capacity)
        self.changes = 0  # grows with whatever changes what can be read
        self.slot: Slot | None = None  # with a PIN
        self._ticks = ticks
        self.records: Sealer | None = None  # under K; None while locked
        self.key = b""  # K, for another slot
        self.slot_index = SLOTS[1]
        self.slot_generation = 0
        self.forget()
        from .opening import start  # Once, and then it can go.

        self.attempt(lambda: start(self))

    def attempt(self, operation: "Callable[[], None]") -> None:
        """Do what opens the accounts; where it cannot be done `fault` says why."""
        try:
            operation()
        except StoreFailed as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = "the token's memory cannot be read (error %s)" % error.errno

    # ---- the PIN

    @property
    def locked(self) -> bool:
        """Whether the accounts need the PIN first."""
        return self.pin.is_set and self.records is None

    def lock(self) -> None:
        """Forget what the PIN has opened; without a PIN there is nothing to lock."""
        if self.pin.is_set and self.records is not None:
            self.close()

    def unlock(self, pin: bytes, now_ms: int) -> "Generator[None, None, bool]":
        """Try a PIN (UTF-8) at tick `now_ms`; yield every 20 ms or so, and return whether the token is open.

        The try is stored before it is made, and taken back once it was right: one that is broken off counts.
        The tenth wrong one wipes. The wipe PIN wipes, and leaves an open, empty token. Raises PinWait before
        the waiting time is over, BadValue for what cannot be a PIN; neither is a try.
        """
        from .pin import unlock  # Not every token has one, and it takes memory.

        self.usable()
        return unlock(self, pin, now_ms)

    def set_pin(self, pin: bytes, wipe_pin: bytes = b"") -> "Generator[None, None, None]":
        """Set or change the PIN and the wipe PIN of an open token, or clear both by b""; yield as `unlock`.

        Both are UTF-8, of 4 to 64 characters and at most 128 bytes. Raises BadValue and Locked.
        """
        from .pin import set_pin

        self.usable()
        return set_pin(self, pin, wipe_pin, self._ticks)

    def open(self, key: bytes) -> None:
        """Open the accounts with K."""
        self.key, self.records = key, Sealer(self.primitives, key)
        self.changes += 1
        self.read_directory()

    def close(self) -> None:
        """Forget K and what it has opened."""
        self.key, self.records = b"", None
        self.changes += 1
        self.forget()

    def wipe(self) -> None:
        """Erase the device secret, then overwrite everything and start anew, without owner and PIN.

        What the clock has learned and the settings stay where they can be read. Raises StoreFailed where the
        memory refuses a write; the secret is gone then all the same.
        """
        from .erasing import wipe  # This, too, is hardly ever needed.

        wipe(self)

    # ---- above

    def check(self) -> None:
        """Raise StoreFailed or Locked where the accounts cannot be used."""
        self.usable()
        if self.records is None:
            raise Locked("the token is locked: unlock it with its PIN first")

    def read_directory(self) -> None:
        """Load what K has opened."""
        raise NotImplementedError

    def commit_directory(self) -> None:
        """Write the directory, and with it the generations of key slot and device record."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what K has opened."""
        raise NotImplementedError
