"""How the service is, for whoever watches it."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from ..apikeys import Scope
from . import models
from .parts import PROBLEMS, Credentials, Parts, Responses

_SCHEMA = {"$ref": "#/components/schemas/Problem"}


def routes(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=models.Standing)
    async def healthz() -> Any:
        """Tell that the process runs."""
        return {"status": "running"}

    @router.get("/readyz", response_model=models.Standing, responses={503: {"model": models.Problem}})
    def readyz() -> Any:
        """Tell whether the store can be used now, by this program with its key."""
        parts.store.check()
        return {"status": "ready"}

    # A model would be told as text here too.
    faults: Responses = {
        code: {
            "description": said["description"],
            "content": {"application/json": {"schema": _SCHEMA}},
        }
        for code, said in PROBLEMS.items()
    }

    @router.get("/metrics", response_class=PlainTextResponse, responses=faults)
    def metrics(credentials: Credentials) -> Any:
        """Tell Prometheus what was asked how often, with what result, and how long it took."""
        parts.door.enter(credentials, Scope.HELPDESK)
        return PlainTextResponse(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router
