"""The store's lower half: the log, the device secret, and the record that a locked token can read."""

from tokencore.errors import StoreFailed, StoreFull

from . import state
from .keys import Altered, PinState, Sealer
from .log import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tokencore.primitives import Primitives

    from .keys import Secret
    from .pages import Medium

STATE, FIRST = 0, 8  # the device record's place, and that of the first account: see `safe`
MAX_SYNC_KEYS = 4
AUTO_LOCK_S = 300  # with a PIN, until somebody chooses
_SHOWN_S = 3600  # between two writes of the time that a code was shown for


class Device:
    """Who the token is, whom it obeys, what its clock knows, and its settings: see `state`.

    `fault` is empty, or says why what is stored cannot be used.
    """

    identity: bytes
    identity_public: bytes
    owner: bytes
    sync_keys: "tuple[bytes, ...]"
    clock_floor: int
    clock_record: "tuple[int, ...]"
    layout: str
    language: str
    auto_lock: int
    shown_utc: int
    directory: int

    def __init__(self, medium: "Medium", secret: "Secret", primitives: "Primitives", capacity: int) -> None:
        self.primitives = primitives
        self.capacity = capacity
        self.fault = ""
        self.pin = PinState()
        self.medium = medium
        self.secret = secret
        self.log: Log | None = None
        self.device: Sealer | None = None  # under KD
        self.state_generation = 0
        self.shown_stored = 0
        self.adopt(state.DEFAULTS)

    def set_owner(self, key: bytes) -> None:
        """Obey the desk of this X25519 public key from now on; b"" is nobody."""
        self.save(owner=key)

    def set_sync_keys(self, keys: "Sequence[bytes]") -> None:
        """Keep the public keys that may only set the clock, at most MAX_SYNC_KEYS."""
        if len(keys) > MAX_SYNC_KEYS:
            raise StoreFull("all %d places for sync keys are taken: remove one first" % MAX_SYNC_KEYS)
        self.save(sync_keys=tuple(keys))

    def set_clock_floor(self, utc: int, clock_record: "Sequence[int]" = ()) -> None:
        """Remember the time that the clock has just been set to, and what it has learned by that."""
        self.save(clock_floor=utc, clock_record=tuple(clock_record))

    def set_settings(self, layout: str = "", language: str = "") -> None:
        """Keep a keyboard layout and a language; one that is empty stays as it is."""
        self.save(layout=layout or self.layout, language=language or self.language)

    def set_auto_lock(self, seconds: int) -> None:
        """Lock after so many seconds without a press; 0 is never."""
        self.save(auto_lock=seconds)

    @property
    def auto_lock_s(self) -> int:
        """The seconds without a press after which the token locks; 0 is never."""
        if not self.pin.is_set:
            return 0
        return AUTO_LOCK_S if self.auto_lock < 0 else self.auto_lock

    def note_shown(self, utc: int, now: bool = False) -> None:
        """Remember the latest UTC second that a code was shown for; store it once in an hour, or `now`."""
        self.shown_utc = max(utc, self.shown_utc)
        if self.shown_utc - self.shown_stored >= (1 if now else _SHOWN_S):
            try:
                self.save()
            except StoreFailed:
                pass  # A code can be shown where nothing can be stored any more.

    def adopt(self, values: "dict[str, Any]") -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def save(self, **changes: object) -> None:
        """Commit the device record with `changes`."""
        self.usable()
        values = {name: changes.get(name, getattr(self, name)) for name in state.DEFAULTS}
        generation = (self.state_generation + 1) & 0xFFFF
        record = self.under_device.seal(STATE, generation, state.pack(values, self.capacity))
        self.store.write(STATE, record)
        self.state_generation, self.shown_stored = generation, self.shown_utc
        self.adopt(changes)

    @property
    def store(self) -> Log:
        assert self.log is not None
        return self.log

    @property
    def under_device(self) -> Sealer:
        assert self.device is not None
        return self.device

    def read(self, place: int) -> bytes:
        record = self.store.read(place)
        if record is None:
            raise Altered("the token's memory is damaged: record %d is missing" % place)
        return record

    def usable(self) -> None:
        if self.fault:
            raise StoreFailed(self.fault)
