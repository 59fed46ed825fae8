"""What is done when a token is lost: it is out of use, and codes may stand in for it until an end date."""

from datetime import UTC, datetime

from tokencore.account import whole
from tokencore.errors import BadValue

from . import replacements, service
from .audit import LIBRARY, Actor, Entry
from .core import Status
from .errors import NotDone, VerifierError
from .records import Token
from .replacements import Replacement
from .store import Store

_TRIES = 1000
CODES = 10  # where nothing else is said


def lose(
    store: Store,
    token_id: str,
    utc: int,
    by: Actor = LIBRARY,
    *,
    until: int | None = None,
    count: int = CODES,
) -> tuple[Token, list[str]]:
    """Take a token that is lost out of use; return it, and `count` codes that stand in for it before `until`.

    Without `until` there are none. Codes that there were before end. Raises BadValue for an end that
    cannot be, NotDone for a token that is revoked or nobody's.
    """
    whole("codes", count, 1, replacements.MOST)
    if until is not None and not utc < until <= utc + replacements.LONGEST:
        raise BadValue("until", f"an end from now on, at most {replacements.LONGEST // 86_400} days ahead")
    for _ in range(_TRIES):
        token = store.token(token_id)
        state = token.state
        if state.status is Status.REVOKED:
            raise NotDone(f"token {token.id} is revoked for good, which is more than lost")
        if not token.user and until is not None:
            raise NotDone(f"token {token.id} is nobody's: there is none to give replacement codes to")
        codes = [] if until is None else replacements.draw(count)
        sealer = store.sealer
        rows = [
            Replacement(replacements.digest(sealer, token.id, code), token.id, utc, until or utc).row(sealer)
            for code in codes
        ]
        entries = [Entry(utc, by, "set status", str(Status.LOST), token.user or None, token.id)]
        if codes:
            what = f"{len(codes)}, before {datetime.fromtimestamp(until or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"
            entries.append(Entry(utc, by, "give replacement codes", what, token.user, token.id))
        # Wrong codes of the token say nothing of codes that nobody has seen yet.
        after = state._replace(status=Status.LOST, failures=0, failed_at=0)
        if store.change([(token, after)], entries, replacements.dropped(token.id, rows)):
            return store.token(token_id), codes
    raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")


def find(store: Store, token_id: str, utc: int, by: Actor = LIBRARY) -> Token:
    """Put a lost token that was found into use and return it; its replacement codes end. Raises NotDone."""
    token = store.token(token_id)
    if token.state.status is not Status.LOST:
        raise NotDone(f"token {token.id} is {token.state.status}, not lost")
    return service.set_status(store, token_id, Status.ACTIVE, utc, by)
