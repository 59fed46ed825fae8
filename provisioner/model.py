"""What a token says about itself and its accounts, as plain data. Positions count from 0, as on the wire."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """How far a long step is; `step` is one of those that `output` has a text for."""

    step: str
    done: int
    total: int


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Info:
    """The token's answer to `info`. `utc` in s or None, `uptime` in ms; `faults` is "" where all is well.

    bound   ms by which `utc` may be off       synced  UTC s when the clock was last set
    rate    ppb that the token corrects        trim    steps in the clock chip's own register
    growth  ppb by which `bound` grows; all None where the token does not tell
    """

    serial: str
    board: str
    firmware: str
    accounts: int
    capacity: int
    clock: str
    uptime: int
    dropped: int
    faults: str
    utc: int | None = None
    bound: int | None = None
    synced: int | None = None
    rate: int | None = None
    trim: int | None = None
    growth: int | None = None


@dataclass(frozen=True)
class AccountInfo:
    """An account as the token shows it: everything but the shared secret.

    `typing` is what the token types for it, of tokencore's TYPINGS; None where the token does not tell.
    """

    position: int
    issuer: str
    name: str
    kind: str
    algorithm: str
    digits: int
    period: int
    t0: int
    counter: int
    typing: str | None = None


@dataclass(frozen=True)
class Settings:
    """The keyboard layout and the language of the screen, of tokencore's LAYOUTS and LANGUAGES.

    None where the token does not tell.
    """

    layout: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Status:
    """Who may do what. `role` is this desk's, of tokencore's ROLES; `owner` is 8 bytes of its key's SHA-256.

    paired     whether the token has an owner
    locked     whether a PIN has to be entered first
    pin        whether one is set; `digits`: of digits alone, so that it can be entered on the token
    tries      wrong PINs that are left before everything is erased; `wait`: ms until the next is looked at
    wipe_pin   whether there is one that erases everything
    auto_lock  s without a press after which the token locks itself, 0 for never
    shown      UTC s when a code was last shown, where that is later than the clock says it is
    """

    role: str
    paired: bool
    locked: bool
    pin: bool
    digits: bool
    tries: int
    wait: int
    wipe_pin: bool
    auto_lock: int
    shown: int | None = None
    owner: bytes | None = None


@dataclass(frozen=True)
class Code:
    """A released code. `utc` (s) is the token's time for TOTP, `counter` the one used for HOTP."""

    code: str = field(repr=False)
    utc: int | None = None
    counter: int | None = None


@dataclass(frozen=True)
class Exchange:
    """Four timestamps of one question about the time, as in NTP (RFC 5905 section 8).

    t1 and t4: sent and received by this computer, UTC in ns. t2 and t3: received and sent by the
    token, in its ticks (ms). `utc_ms` is the token's own UTC at t3, None unless its clock is "ok";
    `bound` is the ms by which the token says that it may be off, `written` its tick right after it had sent
    the answer before this one; None where it does not tell.
    """

    t1: int
    t2: int
    t3: int
    t4: int
    clock: str
    utc_ms: int | None
    bound: int | None = None
    written: int | None = None
