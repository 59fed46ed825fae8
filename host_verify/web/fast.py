"""The short way of `POST /v1/verify`, which nearly all requests are: past the framework, to the same judges.

It answers a plain request with a key that is known. Whatever else goes on to the route, which says what is
wrong, looks the key up, or does what takes longer. Both give the same answers.
"""

import asyncio
import json
from collections.abc import Iterable

from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import apikeys, pace, render, service
from ..apikeys import ApiKey
from ..attempts import Unproved
from . import models, problems
from .parts import Parts

_PATH = "/v1/verify"
_LONGEST = 4  # digits of a body's length
_read = models.Attempt.model_validate_json


def _answer(data: dict[str, object]) -> tuple[Message, Message]:
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


_ACCEPTED = _answer({"accepted": True, "reason": "accepted"})
_REFUSED = _answer({"accepted": False, "reason": "refused"})


class Fast:
    """The application `app`, with a short way to its attempts."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != _PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        came = clock()
        key = self._key(scope["headers"])
        if key is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        body = _whole(message)
        if body is None:
            await self._app(scope, _again(message, receive), send)
            return
        try:
            self._parts.door.admit(key, apikeys.Scope.VERIFY)
            self._parts.door.attempt(body.user)
            told = await self._told(body, key)
        except Exception as error:
            response = problems.answer(error)
            await response(scope, receive, send)
            self._parts.metrics.took(_PATH, str(response.status_code), clock() - came)
            if response.status_code == 500:  # the server logs where, as it does for the route
                raise
            return
        start, end = told
        if told is _REFUSED:
            await asyncio.sleep(pace.rest(came, clock(), self._parts.store.has_pins))
        await send(start)
        await send(end)
        self._parts.metrics.took(_PATH, "200", clock() - came)

    def _key(self, headers: Iterable[tuple[bytes, bytes]]) -> ApiKey | None:
        """Return the key of a request with a short body of JSON, if it was looked up just before."""
        credentials = length = kind = b""
        for name, value in headers:
            if name == b"authorization":
                credentials = value
            elif name == b"content-type":
                kind = value
            elif name == b"content-length":
                length = value
        if kind != b"application/json" or not 0 < len(length) <= _LONGEST or credentials[:7] != b"Bearer ":
            return None
        return self._parts.door.known(credentials[7:])

    async def _told(self, body: models.Attempt, key: ApiKey) -> tuple[Message, Message]:
        parts = self._parts
        settings = parts.settings
        attempt = service.one_code(body.user, body.code, settings.clock(), settings.policy, key.actor())
        verdict = await parts.judges.ask(attempt)
        while isinstance(verdict, Unproved):
            attempt = await run_in_threadpool(service.proved, parts.store, attempt, verdict)
            verdict = await parts.judges.ask(attempt)
        if isinstance(verdict, BaseException):
            raise verdict
        parts.told("verify", key, verdict)
        if key.scope is not apikeys.Scope.VERIFY:
            return _answer(render.verdict_data(verdict))
        return _ACCEPTED if verdict.accepted else _REFUSED


def _whole(message: Message) -> models.Attempt | None:
    """Return what a request says that came in one piece, or None."""
    if message["type"] != "http.request" or message.get("more_body"):
        return None
    try:
        return _read(message["body"])
    except ValidationError:
        return None


def _again(first: Message, receive: Receive) -> Receive:
    """Return a `receive` that gives `first` once more."""
    left = [first]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
