"""The HTTP application: what is asked, by whom it may be asked, and what is answered."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, FastAPI, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from tokencore import otpauth
from tokencore.errors import BadValue

from .. import audit, pace, render, service
from ..apikeys import ApiKey, Scope
from ..core import Status
from ..errors import NotDone
from ..policy import Policy
from ..records import Token
from ..service import Verdict
from ..store import Store
from . import models, problems
from .door import Door
from .limits import Rates
from .metrics import Metrics, Timed
from .problems import Refused

THREADS = 32  # of each worker: what they have to write at one time is written together
CONNECTIONS = 8  # of each worker to its store

_log = logging.getLogger(__name__)
_bearer = HTTPBearer(auto_error=False, description="An API key, as `host-verify apikey add` prints it.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
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
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": models.Problem, "description": "There is no such token."}
}
_CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"model": models.Problem, "description": "It does not fit what is in the store."}
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker is told. `open_store` is given the number of connections; `clock` returns UTC seconds."""

    open_store: Callable[[int], Store]
    clock: Callable[[], int]
    policy: Policy
    rates: Rates


class Parts:
    """What the requests of a worker share while it runs."""

    store: Store
    door: Door

    def __init__(self) -> None:
        self.metrics = Metrics()

    def told(self, action: str, key: ApiKey, verdict: Verdict) -> None:
        """Count and log what became of an attempt. A name that nobody has may be a code typed amiss."""
        self.metrics.attempts.labels(action, verdict.reason).inc()
        user = verdict.user if verdict.token else None
        what = {"key": key.id, "user": user, "token": verdict.token, "reason": verdict.reason}
        _log.info(action, extra=what)


def make_app(settings: Settings) -> FastAPI:
    """Return the application; it opens its store when it starts and closes it when it ends."""
    parts = Parts()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        with settings.open_store(CONNECTIONS) as parts.store:
            parts.door = Door(parts.store, settings.rates)
            yield

    app = FastAPI(
        title="Fobsmith verifier",
        version=version("fobsmith"),
        summary="Checks the codes of hardware tokens (HOTP and TOTP).",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    problems.install(app)
    app.add_middleware(problems.BodyLimit)
    app.add_middleware(Timed, metrics=parts.metrics)
    _health(app, parts)
    _attempts(app, parts, settings)
    _tokens(app, parts, settings)
    return app


def _health(app: FastAPI, parts: Parts) -> None:
    @app.get("/healthz", response_model=models.Standing, tags=["health"])
    async def healthz() -> Any:
        """Tell that the process runs."""
        return {"status": "running"}

    @app.get(
        "/readyz", response_model=models.Standing, tags=["health"], responses={503: {"model": models.Problem}}
    )
    def readyz() -> Any:
        """Tell whether the store can be used now, by this program with its key."""
        parts.store.check()
        return {"status": "ready"}

    # A model would be told as text here too.
    faults: dict[int | str, dict[str, Any]] = {
        code: {
            "description": said["description"],
            "content": {"application/json": {"schema": _PROBLEM_SCHEMA}},
        }
        for code, said in _PROBLEMS.items()
    }

    @app.get("/metrics", response_class=PlainTextResponse, responses=faults, tags=["health"])
    def metrics(credentials: Credentials) -> Any:
        """Tell Prometheus what was asked how often, with what result, and how long it took."""
        parts.door.enter(credentials, Scope.HELPDESK)
        return PlainTextResponse(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _attempts(app: FastAPI, parts: Parts, settings: Settings) -> None:
    @app.post(
        "/v1/verify", response_model=models.FullAnswer | models.Answer, responses=_PROBLEMS, tags=["verify"]
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
        await asyncio.sleep(pace.rest(came, asyncio.get_running_loop().time()))
        return JSONResponse({"accepted": False, "reason": "refused"})

    @app.post("/v1/resync", response_model=models.FullAnswer, responses=_PROBLEMS, tags=["helpdesk"])
    def resync(body: models.TwoCodes, credentials: Credentials) -> Any:
        """Find a token that is lost in its drift, or its counter, by two consecutive codes."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        parts.door.attempt(body.user)
        utc, policy = settings.clock(), settings.policy
        verdict = service.resync(parts.store, body.user, body.first, body.second, utc, policy, key.actor())
        parts.told("resync", key, verdict)
        return render.verdict_data(verdict)


def _tokens(app: FastAPI, parts: Parts, settings: Settings) -> None:
    def shown(token: Token) -> dict[str, Any]:
        return render.token_data(token, settings.policy)

    def found(token_id: str) -> Token:
        try:
            return parts.store.token(token_id)
        except NotDone:
            raise Refused(404, "NotFound", "no token has that id") from None

    @app.get("/v1/tokens", response_model=models.Tokens, responses=_PROBLEMS, tags=["helpdesk"])
    def list_tokens(
        credentials: Credentials,
        user: Annotated[str | None, Query(max_length=1024)] = None,
        after: Annotated[str, Query(pattern="^([0-9a-f]{8})?$")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Any:
        """List tokens by id, a user's or all, `limit` at a time; `after` is the `next` of the page before."""
        parts.door.enter(credentials, Scope.HELPDESK)
        try:
            name = None if user is None else service.user_name(user)
        except BadValue:
            return {"tokens": [], "next": None}  # a name that cannot be stored is nobody's
        tokens = parts.store.page(name, after, limit + 1)
        more = len(tokens) > limit
        return {
            "tokens": [shown(token) for token in tokens[:limit]],
            "next": tokens[limit - 1].id if more else None,
        }

    @app.post(
        "/v1/tokens",
        status_code=201,
        response_model=models.Token,
        responses=_PROBLEMS | _CONFLICT,
        tags=["admin"],
    )
    def add_token(body: models.NewToken, credentials: Credentials) -> Any:
        """Give a user a token."""
        key = parts.door.enter(credentials, Scope.ADMIN)
        account, utc = otpauth.parse(body.uri), settings.clock()
        return shown(service.add_token(parts.store, body.user, body.serial, account, utc, key.actor()))

    @app.get(
        "/v1/tokens/{token_id}",
        response_model=models.Token,
        responses=_PROBLEMS | _MISSING,
        tags=["helpdesk"],
    )
    def show_token(token_id: models.TokenId, credentials: Credentials) -> Any:
        """Show everything of one token but its secret."""
        parts.door.enter(credentials, Scope.HELPDESK)
        return shown(found(token_id))

    @app.put(
        "/v1/tokens/{token_id}/status",
        response_model=models.Token,
        responses=_PROBLEMS | _MISSING | _CONFLICT,
        tags=["helpdesk"],
    )
    def set_status(token_id: models.TokenId, body: models.NewStatus, credentials: Credentials) -> Any:
        """Put a token into use, out of use, or, as admin, revoke it for good.

        Putting it into use clears its wrong codes and its lock.
        """
        needed = Scope.ADMIN if body.status is Status.REVOKED else Scope.HELPDESK
        key = parts.door.enter(credentials, needed)
        found(token_id)
        utc = settings.clock()
        return shown(service.set_status(parts.store, token_id, body.status, utc, key.actor()))

    @app.get(
        "/v1/tokens/{token_id}/history",
        response_model=models.History,
        responses=_PROBLEMS | _MISSING,
        tags=["helpdesk"],
    )
    def history(
        token_id: models.TokenId,
        credentials: Credentials,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Any:
        """Show what was decided of a token and done with it, and by whom: the latest, oldest first."""
        parts.door.enter(credentials, Scope.HELPDESK)
        found(token_id)
        entries = audit.latest(parts.store, limit, token=token_id)
        return {"entries": [render.entry_data(entry) for entry in entries]}
