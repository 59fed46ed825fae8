"""What the requests of a worker share, and what is said of every one of them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ..apikeys import ApiKey
from ..core import Reason
from ..errors import NotDone
from ..policy import Policy
from ..records import Token
from ..service import Verdict
from ..store import Store
from . import models
from .door import Door
from .judges import Judges
from .limits import Rates
from .metrics import Metrics
from .problems import Refused

_log = logging.getLogger(__name__)
_bearer = HTTPBearer(auto_error=False, description="An API key, as `host-verify apikey add` prints it.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
Responses = dict[int | str, dict[str, Any]]

PROBLEMS: Responses = {
    code: {"model": models.Problem, "description": text}
    for code, text in {
        400: "The body is no JSON.",
        401: "There is no API key, or none in force.",
        403: "The API key's scope does not reach this far.",
        413: "The body is too large.",
        422: "A value cannot be what it says.",
        429: "Too many requests; Retry-After says how many seconds to wait.",
        503: "The store cannot be used; nothing was accepted.",
    }.items()
}
MISSING: Responses = {404: {"model": models.Problem, "description": "There is no such thing."}}
CONFLICT: Responses = {409: {"model": models.Problem, "description": "It does not fit what is in the store."}}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker is told. `open_store` is given the number of connections; `clock` returns UTC seconds.

    admin tells whether there are pages for administrators.
    """

    open_store: Callable[[int], Store]
    clock: Callable[[], int]
    policy: Policy
    rates: Rates
    admin: bool = False


class Parts:
    """What the requests of a worker share while it runs; store and door are there once it has started."""

    store: Store
    door: Door
    judges: Judges

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()

    def told(self, action: str, key: ApiKey, verdict: Verdict) -> None:
        """Count and log what became of an attempt. A name that nobody has may be a code typed amiss."""
        self.metrics.attempts.labels(action, verdict.reason).inc()
        user = None if verdict.reason is Reason.UNKNOWN_USER else verdict.user
        what = {"key": key.id, "user": user, "token": verdict.token, "reason": verdict.reason}
        _log.info(action, extra=what)

    def token(self, token_id: str) -> Token:
        """Return the token of that id. Raises Refused with 404."""
        try:
            return self.store.token(token_id)
        except NotDone:
            raise Refused(404, "NotFound", "no token has that id") from None
