"""Finding tokens for the pages: by the beginning of a name or number, and by state, a page at a time."""

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa

from ...core import LONGEST_LOCK, Status
from ...policy import Policy
from ...records import Token
from ...schema import WHOLE
from ...schema import token as table
from ...store import Store

LOCKED = "locked"
CHOICES = (*map(str, Status), LOCKED)
_IN_USE = (str(Status.NEW), str(Status.ACTIVE))


def may_be_a_name(text: str) -> bool:
    """Tell whether a stored name may hold `text`; databases differ in what they make of other characters."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def locked(policy: Policy, utc: int) -> sa.ColumnElement[bool]:
    """Return the condition that a token in use is locked at `utc`, as `core.is_locked` has it."""
    too_many = sa.and_(table.c.failures >= policy.lock_after, table.c.status.in_(_IN_USE))
    if not policy.lock_seconds:
        return too_many
    doublings = sa.cast(table.c.failures - policy.lock_after, sa.Integer)
    few = sa.case((doublings > LONGEST_LOCK, LONGEST_LOCK), else_=doublings)
    wait = sa.cast(sa.literal(policy.lock_seconds), WHOLE).bitwise_lshift(few)
    return sa.and_(too_many, table.c.failed_at + wait > utc)


def tokens(
    store: Store,
    policy: Policy,
    utc: int,
    begins: str = "",
    state: str = "",
    after: str = "",
    most: int = 50,
) -> Sequence[Token]:
    """Return tokens by id, those after `after`.

    begins  how their user's name, serial number or id begins; capitals matter on PostgreSQL
    state   one of CHOICES, or "" for any
    """
    if not may_be_a_name(begins):
        return []
    query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(most)
    if begins:
        query = query.where(
            sa.or_(
                table.c.user.startswith(begins, autoescape=True),
                table.c.serial.startswith(begins, autoescape=True),
                table.c.id.startswith(begins.lower(), autoescape=True),
            )
        )
    if state == LOCKED:
        query = query.where(locked(policy, utc))
    elif state in CHOICES:
        query = query.where(table.c.status == state)
    return store.select(query)
