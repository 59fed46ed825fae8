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

from .device import FIRST, STATE, Device
from .keys import TRIES, Sealer, Slot, ahead, state_key
from .log import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tokencore.noise import Primitives

    from .keys import Secret
    from .pages import Medium

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
        self.slot: Slot | None = None
        self._ticks = ticks
        self.records: Sealer | None = None  # under K; None while locked
        self.key = b""  # K, for another slot
        self.slot_index = SLOTS[1]
        self._slot_generation = 0
        self.forget()
        self._attempt(self._start)

    def _attempt(self, operation: "Callable[[], None]") -> None:
        try:
            operation()
        except StoreFailed as error:
            self.fault = str(error)
        except OSError as error:
            self.fault = "the token's memory cannot be read (error %s)" % error.errno

    def _start(self) -> None:
        self.log = log = Log(self.medium, self.capacity + FIRST)
        used = log.used()
        if INTENT in used:
            from .erasing import finish

            finish(self, log.read(INTENT) or b"")
            return
        device = self.secret.read()
        if STATE not in used and not [place for place in used if place >= FIRST]:
            from .erasing import format

            format(self, device)  # The first start, or one that was cut short: there was never an account.
            return
        if not device:
            raise StoreFailed(
                "the token's own key is gone, and what it has stored is lost without it: wipe it"
            )
        self.device = Sealer(self.primitives, state_key(device))
        self._read_state()
        self._read_slot()
        if DIRECTORY not in used:
            raise StoreFailed("the token's memory is damaged: its directory is missing")
        if self.pin.is_set:
            self._read_tries()
        else:
            self._open(self._unwrapped(b""))

    def _read_slot(self) -> None:
        found: list[int] = []
        for index in SLOTS:
            record = self.store.read(index)
            if record is None:
                continue
            generation, body = self.under_device.open(index, record)
            if not found or ahead(generation, self._slot_generation) > 0:
                self.slot_index, self._slot_generation, self.slot = index, generation, Slot.decode(body)
            found.append(index)
        if self.slot is None:
            raise StoreFailed("the token's memory is damaged: its key slot is missing")
        for index in found:
            if index != self.slot_index:
                self.store.erase(index)  # A cut has kept set_pin from it.
        self.pin.read(self.slot)

    def _read_tries(self) -> None:
        try:
            failures = self.under_device.open(TRIED, self._read(TRIED))[0]
        except StoreFailed:
            failures = TRIES - 1  # Whoever took the record away has one more try.
        self.pin.count(failures, 0)
        if failures >= TRIES:
            self.wipe()  # The power was cut while the last try was under way.

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

        self._usable()
        return unlock(self, pin, now_ms)

    def set_pin(self, pin: bytes, wipe_pin: bytes = b"") -> "Generator[None, None, None]":
        """Set or change the PIN and the wipe PIN of an open token, or clear both by b""; yield as `unlock`.

        Both are UTF-8, of 4 to 64 characters and at most 128 bytes. Raises BadValue and Locked.
        """
        from .pin import set_pin

        self._usable()
        return set_pin(self, pin, wipe_pin, self._ticks)

    def count_try(self, failures: int, now_ms: int) -> int:
        """Store that so many tries have failed in a row, and return it."""
        self.store.write(TRIED, self.under_device.seal(TRIED, failures, b""))
        self.pin.count(failures, now_ms)
        return failures

    def open_with(self, stretched: bytes) -> bool:
        """Open the accounts if `stretched` is of the PIN; return whether it is."""
        key = self._unwrapped(stretched)
        if not key:
            return False
        self.count_try(0, 0)
        self._attempt(lambda: self._open(key))
        return True

    def write_slot(self, slot: Slot) -> None:
        index = SLOTS[1 - SLOTS.index(self.slot_index)]
        generation = (self._slot_generation + 1) & 0xFFFF
        self.store.write(index, self.under_device.seal(index, generation, slot.encode()))
        self.slot_index, self._slot_generation, self.slot = index, generation, slot
        self.pin.read(slot)

    def _unwrapped(self, stretched: bytes) -> bytes:
        assert self.slot is not None
        return self.slot.unwrap(self.primitives, self.secret.read(), stretched)

    def _open(self, key: bytes) -> None:
        if not key:
            raise StoreFailed("the token's memory is damaged: its accounts' key is unreadable")
        self.key, self.records = key, Sealer(self.primitives, key)
        self.changes += 1
        self._read_directory()

    def close(self) -> None:
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
        self._usable()
        if self.records is None:
            raise Locked("the token is locked: unlock it with its PIN first")

    def _read_directory(self) -> None:
        """Load what K has opened."""
        raise NotImplementedError

    def commit_directory(self) -> None:
        """Write the directory, and with it the generations of key slot and device record."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what K has opened."""
        raise NotImplementedError
