"""How a request ends badly: every exception becomes one Problem, in one place, without what was sent."""

import logging
import math
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tokencore.errors import FobError

from ..errors import NotDone, VerifierError

LONGEST_BODY = 65_536  # bytes
_KINDS = {
    400: "BadRequest",
    404: "NotFound",
    405: "MethodNotAllowed",
    413: "ContentTooLarge",
}
_TOO_LARGE = f"at most {LONGEST_BODY} bytes of body are possible"
_log = logging.getLogger("host_verify.web")


class Refused(Exception):
    """A request that is not looked at any further."""

    def __init__(self, status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.headers = headers


def too_often(seconds: float) -> Refused:
    """Return the refusal of a request that came too soon."""
    wait = max(1, math.ceil(seconds))
    return Refused(429, "TooOften", f"too many requests: try again in {wait} s", {"Retry-After": str(wait)})


def problem(status: int, kind: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return an answer that says what was wrong."""
    return JSONResponse({"error": {"kind": kind, "message": message}}, status, headers)


def install(app: FastAPI) -> None:
    """Have `app` answer every exception with a Problem."""
    app.add_exception_handler(Refused, _answered)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(FobError, _bad_value)
    app.add_exception_handler(VerifierError, _answered)
    app.add_exception_handler(Exception, _answered)


def answer(error: Exception) -> JSONResponse:
    """Return what is told of a request that was not let in, or could not be done."""
    if isinstance(error, Refused):
        return problem(error.status, error.kind, str(error), error.headers)
    if isinstance(error, NotDone):
        return problem(409, "NotDone", str(error))
    if not isinstance(error, VerifierError):
        _log.error("a fault of the program", extra={"why": type(error).__name__})
        return problem(500, "Fault", "a fault of the program itself: please report how it came")
    _log.error("the store failed", extra={"why": str(error)})
    # What is wrong with the database is the operator's to know: he finds it in the log.
    return problem(503, "StoreFailed", "the verifier's store cannot be used now: nothing was accepted")


async def _answered(_: Request, error: Exception) -> JSONResponse:
    return answer(error)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = _KINDS.get(error.status_code, "Refused")
    return problem(error.status_code, kind, str(error.detail), dict(error.headers or {}))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = []
    for each in error.errors():
        # Pydantic's messages name the rule, not the value; a field's name comes from outside.
        where = ".".join(str(part) for part in each["loc"])[:100].encode("ascii", "backslashreplace").decode()
        found.append(f"{where}: {each['msg']}")
    return problem(422, "BadValue", "; ".join(found[:10]))


async def _bad_value(_: Request, error: Exception) -> JSONResponse:
    return problem(422, "BadValue", str(error))


class BodyLimit:
    """Refuses bodies of more than LONGEST_BODY bytes, told by their header or found by counting."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or int(told) > LONGEST_BODY:
            await problem(413, "ContentTooLarge", _TOO_LARGE)(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Callable[[], Awaitable[Message]]:
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > LONGEST_BODY:
            raise HTTPException(413, _TOO_LARGE)
        return message

    return counted
