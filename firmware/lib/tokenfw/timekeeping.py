"""Telling the token's time and setting it, for the desk. `turning` has the rules (docs/clock.md)."""

from tokencore import errors
from tokencore.messages import CONFIRM_MS, SET_AHEAD_MS

from . import clock
from . import setting as _setting  # noqa: F401 - or it would be compiled on the tick that the clock is set at
from .discipline import OWNER, SEEN, SYNC_ONLY
from .question import Pending, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .question import Values

DOUBT_MS = 1000  # of a host that does not tell how sure it is
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
    from . import turning  # Takes memory, and is needed for this only.

    step_ms = None if app.clock.state != clock.OK else utc * 1000 - app.clock.utc_ms(at)
    if app.role == SYNC_ONLY:
        if turning.is_still(app, values, step_ms):
            return {}
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, SYNC_ONLY))
    if not (app.vault.locked or len(app.vault)):  # Nothing yet whose codes a wrong clock could sell.
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, SEEN))
    if step_ms is not None and turning.is_explained(app, values, step_ms, at):
        return Pending(at, None, lambda then_ms: _set(app, values, utc, at, then_ms, OWNER))

    def pressed(then_ms: int) -> Pending:
        # The second that the host has named is over: ticks and UTC go on together.
        passed_s = max(0, (then_ms + _READY_MS - at + 999) // 1000)
        later_utc, later_at = utc + passed_s, at + passed_s * 1000
        return Pending(later_at, None, lambda due_ms: _set(app, values, later_utc, later_at, due_ms, SEEN))

    question = Question("time", turning.date_text(utc), "" if step_ms is None else turning.jump_text(step_ms))
    return Pending(now_ms + CONFIRM_MS, question, pressed)


def _set(app: "App", values: "Values", utc: int, at: int, then_ms: int, by: str) -> "Values":
    """Set the chip: second `utc` began at tick `at`, which is now, or a little while ago."""
    if app.vault.shown_utc > utc:
        app.vault.note_shown(0, True)  # Stored first: afterwards the clock tells nothing of it any more.
    now_ms = app.ticks(then_ms)  # Flash may have been written since the step began.
    # What the host does not tell is taken for a second: such a sync teaches the clock little.
    doubt_ms = values.get("uncertainty", DOUBT_MS) + _SET_MS
    quarters = None if by == SYNC_ONLY else values.get("temperature")
    app.clock.set(utc, now_ms, now_ms - at, doubt_ms, quarters, by)
    app.vault.set_clock_floor(utc, app.clock.discipline.record())
    app.unload("tokenfw.learning", "tokenfw.turning")
    return {}
