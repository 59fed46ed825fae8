"""The attempts: a user's code, or two of them."""

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from .. import pace, render, service
from ..apikeys import Scope
from ..service import Verdict
from . import models
from .parts import PROBLEMS, Credentials, Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    settings = parts.settings

    @router.post(
        "/v1/verify", response_model=models.FullAnswer | models.Answer, responses=PROBLEMS, tags=["verify"]
    )
    async def verify(body: models.Attempt, credentials: Credentials) -> JSONResponse:
        """Judge a user's code. It is accepted once.

        A key of scope `verify` is told no more than whether: the answers to an unknown user, a wrong code and
        a locked token are the same, and come after the same time.
        """
        came = asyncio.get_running_loop().time()

        def judge() -> tuple[bool, Verdict]:
            key = parts.door.enter(credentials, Scope.VERIFY)
            parts.door.attempt(body.user)
            utc = settings.clock()
            verdict = service.verify(parts.store, body.user, body.code, utc, settings.policy, key.actor())
            parts.told("verify", key, verdict)
            return key.scope.includes(Scope.HELPDESK), verdict

        trusted, verdict = await run_in_threadpool(judge)
        if trusted:
            return JSONResponse(render.verdict_data(verdict))
        if verdict.accepted:
            return JSONResponse({"accepted": True, "reason": "accepted"})
        await asyncio.sleep(pace.rest(came, asyncio.get_running_loop().time(), parts.store.has_pins))
        return JSONResponse({"accepted": False, "reason": "refused"})

    @router.post("/v1/resync", response_model=models.FullAnswer, responses=PROBLEMS, tags=["helpdesk"])
    def resync(body: models.TwoCodes, credentials: Credentials) -> Any:
        """Find a token that is lost in its drift, or its counter, by two consecutive codes."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        parts.door.attempt(body.user)
        utc, policy = settings.clock(), settings.policy
        verdict = service.resync(parts.store, body.user, body.first, body.second, utc, policy, key.actor())
        parts.told("resync", key, verdict)
        return render.verdict_data(verdict)

    return router
