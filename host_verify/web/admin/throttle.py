"""Wrong passwords of one operator, counted from the audit: so in all workers, and after a restart."""

import sqlalchemy as sa

from ...schema import audit
from ...store import Store

SECONDS = 900  # s in which they count
MOST = 5

_WRONG = (
    sa.select(sa.func.count())
    .select_from(audit)
    .where(
        audit.c.user == sa.bindparam("name"),
        audit.c.action == "sign in",
        audit.c.reason == "wrong_password",
        audit.c.at > sa.bindparam("since"),
    )
)


def is_on(store: Store, name: str, utc: int) -> bool:
    """Tell whether an operator's sign-in waits: MOST wrong passwords came within SECONDS before `utc`."""
    count: int = store.read(_WRONG, name=name, since=utc - SECONDS)[0][0]
    return count >= MOST
