"""The HTTP application: its routes, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from . import finding, fleet, health, problems, tokens, users, verify
from .door import Door
from .fast import Fast
from .judges import Judges
from .metrics import Timed
from .parts import Parts, Settings

THREADS = 32  # of each worker: what they have to write at one time is written together
CONNECTIONS = 8  # of each worker to its store


class _Application(FastAPI):
    """The framework's application, behind the short way of the attempts."""

    def __init__(self, parts: Parts, **described: Any) -> None:
        super().__init__(**described)
        self._first = Fast(super().__call__, parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._first(scope, receive, send)


def make_app(settings: Settings) -> FastAPI:
    """Return the application; it opens its store when it starts and closes it when it ends."""
    parts = Parts(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        with settings.open_store(CONNECTIONS) as parts.store:
            parts.door = Door(parts.store, settings.rates)
            parts.judges = Judges(parts.store)
            try:
                yield
            finally:
                parts.judges.close()

    app = _Application(
        parts,
        title="Fobsmith verifier",
        version=version("fobsmith"),
        summary="Checks the codes of hardware tokens (HOTP and TOTP).",
        lifespan=lifespan,
        redirect_slashes=False,
    )
    problems.install(app)
    app.add_middleware(problems.BodyLimit)
    app.add_middleware(Timed, metrics=parts.metrics)
    for each in (health, verify, tokens, users, fleet, finding):
        app.include_router(each.routes(parts))
    if settings.admin:
        from .admin import routes as admin  # noqa: PLC0415  # most workers have no pages

        app.include_router(admin.routes(parts))
    return app
