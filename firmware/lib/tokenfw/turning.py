"""By how much who may turn the clock before somebody must press a button (docs/clock.md).

What moves a clock unseen is counted: the steps of sync-only keys against what the crystal can have done since
the owner's last sync, and the owner's, as far as the crystal does not explain them, against LEEWAY_MS since
the last press. Many small steps get no farther than a large one.
"""

from tokencore import errors

from .setting import civil
from .timekeeping import DOUBT_MS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

LEEWAY_MS = 30000  # the owner's key may move the clock by so much, all in all, without a press
STEP_MS = 2000  # the longest step of a sync-only key
STILL_MS = 50  # nor does one take shorter steps: so far the token itself is sure only of what it reads
PAUSE_S = 3600  # between two steps of sync-only keys
_TRUST_MS = 500  # the most that a sync-only host's word of its own doubt is worth


def is_explained(app: "App", values: "Values", step_ms: int, at: int) -> bool:
    """Whether the owner's step of `step_ms` at tick `at` needs no press."""
    state = app.clock.discipline.state
    if state is None or abs(step_ms) > LEEWAY_MS:
        return False
    if "temperature" in values and app.clock.discipline.takes_temperature:
        return False  # A lie about it would make the clock run wrong from now on.
    room_ms, moved_ms = app.clock.room_ms(at), state.moved + step_ms
    open_ms = app.clock.noise_ms(at) + min(values.get("uncertainty", DOUBT_MS), DOUBT_MS)
    if moved_ms < -room_ms - open_ms:
        return False
    return bool(state.spent + max(0, abs(moved_ms) - room_ms) <= LEEWAY_MS)


def is_still(app: "App", values: "Values", step_ms: "int | None") -> bool:
    """Raise NotOwner where a sync-only key may not make that step; return whether there is none to make."""
    state, at = app.clock.discipline.state, values["at"]
    if step_ms is None or state is None:
        raise errors.NotOwner("the clock is not set: a sync-only key cannot do that, the owner must sync")
    doubt_ms = values.get("uncertainty", DOUBT_MS)
    if abs(step_ms) <= max(STILL_MS, doubt_ms):
        return True
    wait_s = state.synced + PAUSE_S - app.clock.utc_ms(at) // 1000
    if wait_s > 0:
        text = "a sync-only key moves the clock once an hour: wait %d minutes, or let the owner sync"
        raise errors.NotOwner(text % ((wait_s + 59) // 60))
    limit_ms = app.clock.room_ms(at) + app.clock.noise_ms(at)
    limit_ms += min(state.doubt, _TRUST_MS) + min(doubt_ms, _TRUST_MS)
    if abs(step_ms) > STEP_MS or abs(state.moved + step_ms) > limit_ms:
        text = "the clock cannot be %d ms wrong by its crystal alone: the owner must sync"
        raise errors.NotOwner(text % abs(step_ms))
    return False


def date_text(utc: int) -> str:
    """Return UTC seconds as people read it, in 16 characters."""
    return "%04d-%02d-%02d %02d:%02d" % civil(utc)[:5]


def jump_text(step_ms: int) -> str:
    """Return by how much the clock is to be turned, with its sign, in at most 12 characters."""
    seconds = (abs(step_ms) + 500) // 1000
    days, seconds = seconds // 86400, seconds % 86400
    text = "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
    if days:
        text = "%d d" % days if days > 999 else "%d d %s" % (days, text[:5])
    return ("-" if step_ms < 0 else "+") + text
