"""Who may turn the clock, and by how much before somebody must press a button (docs/clock.md).

What moves a clock unseen is counted: the steps of sync-only keys against what the crystal can have done since
the owner's last sync, and the owner's, as far as the crystal does not explain them, against LEEWAY_MS since
the last press. Many small steps get no farther than a large one.
"""

from tokencore import errors
from tokencore.messages import CONFIRM_MS, SET_AHEAD_MS

from . import clock
from .clock import civil
from .discipline import OWNER, SEEN, SYNC_ONLY
from .question import Pending, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

LEEWAY_MS = 30000  # the owner's key may move the clock by so much, all in all, without a press
STEP_MS = 2000  # the longest step of a sync-only key
STILL_MS = 50  # nor does one take shorter steps: so far the token itself is sure only of what it reads
PAUSE_S = 3600  # between two steps of sync-only keys
_TRUST_MS = 500  # the most that a sync-only host's word of its own doubt is worth
_DOUBT_MS = 1000  # of a host that does not tell how sure it is
_SET_MS = 5  # from a tick to the chip's reset: the bus, and what the step did before
_READY_MS = 20  # from a press to the earliest second that can still be set on its tick


def get_time(app: "App", values: "Values", now_ms: int) -> "Values":
    """Return the ticks of a four-timestamp exchange, and UTC at the tick `sent`.

    When the answer itself leaves is known only after it was sealed: the next one tells it, as `written`.
    """
    sent_ms = app.ticks(now_ms)
    answer: Values = {
        "received": app.read_ms,
        "sent": sent_ms,
        "clock": app.clock.state,
        "written": app.written_ms,
    }
    if app.clock.state == clock.OK:
        answer["utc_ms"] = app.clock.utc_ms(sent_ms)
        answer["bound"] = app.clock.bound_ms(sent_ms)
    return answer


def set_time(app: "App", values: "Values", now_ms: int) -> "Pending | Values":
    """Set the clock on the tick that the host names, after a press where it jumps.

    Raises BadValue for a tick that is over or far away, NotOwner for what a sync-only key may not do.
    """
    at, utc = values["at"], values["utc"]
    if not 0 <= at - now_ms <= SET_AHEAD_MS:
        raise errors.BadValue("at", "the tick must be within the next %d ms" % SET_AHEAD_MS)
    step_ms = None if app.clock.state != clock.OK else utc * 1000 - app.clock.utc_ms(at)
    if app.role == SYNC_ONLY:
        if _check_small_step(app, values, step_ms):
            return {}
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, SYNC_ONLY))
    if not (app.vault.locked or len(app.vault)):  # Nothing yet whose codes a wrong clock could sell.
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, SEEN))
    if step_ms is not None and _explained(app, values, step_ms, at):
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, OWNER))

    def pressed(then_ms: int) -> Pending:
        # The second that the host has named is over: ticks and UTC go on together.
        passed_s = max(0, (then_ms + _READY_MS - at + 999) // 1000)
        later_utc, later_at = utc + passed_s, at + passed_s * 1000
        return Pending(later_at, None, lambda due_ms: _set(app, values, later_utc, later_at, due_ms, SEEN))

    question = Question("time", date_text(utc), "" if step_ms is None else jump_text(step_ms))
    return Pending(now_ms + CONFIRM_MS, question, pressed)


def _explained(app: "App", values: "Values", step_ms: int, at: int) -> bool:
    """Whether the owner's step of `step_ms` at tick `at` needs no press."""
    state = app.clock.discipline.state
    if state is None or abs(step_ms) > LEEWAY_MS:
        return False
    if "temperature" in values and app.clock.discipline.takes_temperature:
        return False  # A lie about it would make the clock run wrong from now on.
    room_ms, moved_ms = app.clock.room_ms(at), state.moved + step_ms
    open_ms = app.clock.noise_ms(at) + min(values.get("uncertainty", _DOUBT_MS), _DOUBT_MS)
    if moved_ms < -room_ms - open_ms:
        return False
    return bool(state.spent + max(0, abs(moved_ms) - room_ms) <= LEEWAY_MS)


def _check_small_step(app: "App", values: "Values", step_ms: "int | None") -> bool:
    """Raise NotOwner where a sync-only key may not make that step; return whether there is none to make."""
    state, at = app.clock.discipline.state, values["at"]
    if step_ms is None or state is None:
        raise errors.NotOwner("the clock is not set: a sync-only key cannot do that, the owner must sync")
    doubt_ms = values.get("uncertainty", _DOUBT_MS)
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


def _set(app: "App", values: "Values", utc: int, at: int, then_ms: int, by: str) -> "Values":
    """Set the chip: second `utc` began at tick `at`, which is now, or a little while ago."""
    if app.vault.shown_utc > utc:
        app.vault.note_shown(0, True)  # Stored first: afterwards the clock tells nothing of it any more.
    now_ms = app.ticks(then_ms)  # Flash may have been written since the step began.
    # What the host does not tell is taken for a second: such a sync teaches the clock little.
    doubt_ms = values.get("uncertainty", _DOUBT_MS) + _SET_MS
    quarters = None if by == SYNC_ONLY else values.get("temperature")
    app.clock.set(utc, now_ms, now_ms - at, doubt_ms, quarters, by)
    app.vault.set_clock_floor(utc, app.clock.discipline.record())
    app.unload("tokenfw.learning")
    return {}


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
