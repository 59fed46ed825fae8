"""The report of the fleet's clocks."""

import threading
from typing import Any

from fastapi import APIRouter

from .. import render_fleet
from ..apikeys import Scope
from ..report import Survey, survey
from . import models
from .parts import PROBLEMS, Credentials, Parts

_KEPT = 60  # s; a report reads every token


def routes(parts: Parts) -> APIRouter:
    """Return the route."""
    router = APIRouter(tags=["helpdesk"])
    settings = parts.settings
    lock = threading.Lock()  # one report at a time: the others wait for it, and have it too
    last: list[Survey] = []

    @router.get("/v1/fleet", response_model=models.Fleet, responses=PROBLEMS)
    def fleet(credentials: Credentials) -> Any:
        """Tell how the tokens' clocks stand: what a guess is worth, and which will soon need two codes.

        The answer may be a minute old: `utc` says when it was true.
        """
        parts.door.enter(credentials, Scope.HELPDESK)
        with lock:
            utc = settings.clock()
            if not last or not 0 <= utc - last[0].utc < _KEPT:
                last[:] = [survey(parts.store, settings.policy, utc)]
            return render_fleet.data(last[0])

    return router
