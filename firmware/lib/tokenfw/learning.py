"""What a synchronisation teaches about a clock chip (docs/clock.md). Loaded when there is one."""

from .discipline import DAY, OWNER, SEEN, SYNC_ONLY, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .discipline import Discipline


def sync(
    known: "Discipline",
    utc: int,
    late_ms: int,
    doubt_ms: int,
    error_ms: "int | None",
    noise_ms: int,
    trim: int,
    by: str,
) -> State:
    """Return the state after the chip was set: its second `utc` began `late_ms` after the world's.

    doubt_ms   how wrong that can be: what the host's line leaves open
    error_ms   the token's UTC less the host's right before, None where it had none
    noise_ms   how exactly the token could read its own chip for that
    trim       the steps that the chip's register holds now
    by         who has set it: what nobody has seen teaches nothing that contradicts the crystal's
               data, and a sync-only key teaches nothing at all
    """
    room, moved, spent = _charged(known, utc, error_ms, by)
    if by == OWNER and known.state and spent > known.state.spent + doubt_ms + noise_ms:
        error_ms = None  # No lesson either: the crystal does not do that.
    old = known.state
    if old is None:
        return State(utc, late_ms, doubt_ms, 0, known.crystal.initial, trim, utc, 0, doubt_ms, 0, 0, 0)
    if trim != old.trim:
        error_ms = None  # Since when the register holds them nobody knows.
        if known.register:
            old = trimmed(known, trim, True)
    rate, spread, since, slip, noise = old.rate, old.spread, utc, 0, doubt_ms
    span = utc - old.since
    drift, open_ms = old.slip, old.noise + doubt_ms + noise_ms
    if error_ms is not None:
        drift += error_ms
        open_ms += known.thermal_doubt(utc - old.synced) // 1000000
    if error_ms is None or abs(drift) * 1000000 > known.crystal.limit * span + open_ms * 1000000:
        # Unknown, or no crystal does that and somebody had set another time: begin anew.
        spread += known.aged(span)
    elif span < DAY or by == SYNC_ONLY:
        since, slip, noise = old.since, drift, open_ms  # From a shorter span nothing is learned.
    else:
        rate, spread = _learn(known, drift, open_ms, span, by == SEEN)
    return State(utc, late_ms, doubt_ms, rate, spread, trim, since, slip, noise, room, moved, spent)


def trimmed(known: "Discipline", trim: int, known_since: bool) -> State:
    """Return the state with `trim` steps in the register: since the sync, or nobody knows since when."""
    old, register = known.state, known.register
    assert old is not None and register is not None
    steps = trim - old.trim
    spread = old.spread + known.aged(old.synced - old.since)
    spread += abs(steps) * (register.doubt if known_since else register.step)
    rate = old.rate - steps * register.step
    begun = old.synced, 0, old.doubt  # learning begins anew
    kept = old.room, old.moved, old.spent
    return State(old.synced, old.late, old.doubt, rate, spread, trim, *begun, *kept)


def _charged(known: "Discipline", utc: int, error_ms: "int | None", by: str) -> "tuple[int, int, int]":
    """Return (room, moved, spent) after a step of -`error_ms`."""
    old = known.state
    if old is None or error_ms is None or by == SEEN:
        return 0, 0, 0
    room, moved = known.room_ms(utc), old.moved - error_ms
    if by == SYNC_ONLY:
        return room, moved, old.spent
    return 0, 0, old.spent + max(0, abs(moved) - room)


def _learn(known: "Discipline", drift_ms: int, open_ms: int, span: int, witnessed: bool) -> "tuple[int, int]":
    """Return (rate, spread) after an error of `drift_ms` ± `open_ms` in `span` seconds."""
    old = known.state
    assert old is not None
    seen = drift_ms * 1000000 // span
    wide = open_ms * 1000000 // span + 1 + known.crystal.wander + known.aged(span) // 2
    most = old.spread + known.aged(span)
    low, high = max(-most, seen - wide), min(most, seen + wide)
    if low > high and not witnessed:
        return old.rate, most
    if low > high:  # Not the crystal that its data promise: what is measured is all that is known.
        low, high = seen - wide, seen + wide
    return old.rate + (low + high) // 2, (high - low + 1) // 2
