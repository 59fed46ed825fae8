"""What an operator may do with a token, by its state and his scope, and the forms for it."""

from dataclasses import dataclass, field, replace

from ...apikeys import Scope
from ...core import Status, is_locked
from ...policy import Policy
from ...records import Token
from ...replacements import LONGEST
from . import texts
from .axes import DAY
from .gate import Visit

LOST_DAYS = 7  # that replacement codes are good for, if nothing else is said


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form; type is HTML's. min and max bound a date, which may be left empty."""

    name: str
    label: str
    type: str = "text"
    numeric: bool = False
    value: str = ""
    min: str = ""
    max: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A form. path is the last part of its address; a grave action cannot be undone."""

    path: str
    name: str
    help: str
    button: str
    fields: tuple[Field, ...] = field(default=())
    grave: bool = False
    open: bool = False


_RESYNC = Action(
    "resync",
    "Find by two codes",
    "Two codes, one right after the other, find a clock or a counter that is lost. Of a token that shows one "
    "code a time step, the second is the next to appear.",
    "Resynchronise",
    (Field("first", "First code", numeric=True), Field("second", "The next code", numeric=True)),
)
_SUSPEND = Action(
    "suspend", "Suspend", "No code of it is accepted until it is put into use again.", "Suspend"
)
_RESUME = Action(
    "resume",
    "Put into use again",
    "Its codes are accepted again, but for those used up. Wrong codes and a lock are cleared.",
    "Put into use",
)
_UNLOCK = replace(
    _RESUME, name="Unlock", help="Clears the wrong codes, and with them the lock.", button="Unlock"
)
_FOUND = Action(
    "found",
    "Found again",
    "The token is in use again, and the replacement codes that are left are void.",
    "It was found",
)
_ASSIGN = Action(
    "assign",
    "Give to a user",
    "Whoever had it before. What is known of its clock and of used codes stays.",
    "Assign",
    (Field("user", "User name"),),
)
_REVOKE = Action(
    "revoke", "Revoke", "For good: it cannot be used, nor its secret added, ever again.", "Revoke", grave=True
)


def possible(token: Token, policy: Policy, visit: Visit, tried: str = "") -> list[Action]:
    """Return what can be done; the form of the action `tried` is open."""
    status = token.state.status
    actions: list[Action] = []
    if status in (Status.NEW, Status.ACTIVE):
        if is_locked(token.state, policy, visit.utc):
            actions.append(_UNLOCK)
        if token.user:
            actions += [_RESYNC, _lost(visit.utc)]
        actions.append(_SUSPEND)
    elif status is Status.SUSPENDED:
        actions.append(_RESUME)
        if token.user:
            actions.append(_lost(visit.utc))
    elif status is Status.LOST:
        actions.append(_FOUND)
        if token.user:
            actions.append(_lost(visit.utc, already=True))
    if status is not Status.REVOKED:
        actions.append(_ASSIGN)
        if visit.operator.scope.includes(Scope.ADMIN):
            actions.append(_REVOKE)
    return [replace(action, open=action.path == tried) for action in actions]


def _lost(utc: int, already: bool = False) -> Action:
    until = Field(
        "until",
        "Last day of the codes (UTC)",
        "date",
        value=texts.day(utc + LOST_DAYS * DAY),
        min=texts.day(utc),
        max=texts.day(utc + LONGEST - DAY),
    )
    if already:
        return Action(
            "lost",
            "New replacement codes",
            "Those that are left of the last ones are void then. They are shown once; each works once.",
            "Make codes",
            (until,),
        )
    return Action(
        "lost",
        "Lost",
        "Its codes are refused from now on. Codes to be used in their place are made and shown once; each "
        "works once. Without a day, none are made.",
        "Report lost, make codes",
        (until,),
    )
