"""How a request for a page ends badly: as a page that says what to do, never as bare data."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from tokencore.errors import FobError

from ...errors import NotDone, VerifierError
from ..problems import Refused
from .gate import SIGN_IN, NotSignedIn
from .rendering import HEADERS, Pages

_TITLES = {403: "Not possible", 404: "Not found", 413: "Too large", 429: "Too often", 503: "Out of order"}
_log = logging.getLogger("host_verify.web")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def route_class(pages: Pages) -> type[APIRoute]:
    """Return a class of routes whose exceptions become pages."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            inner = super().get_route_handler()

            async def handler(request: Request) -> Response:
                try:
                    return await inner(request)
                except NotSignedIn:
                    return RedirectResponse(SIGN_IN, 303, HEADERS)
                except Refused as refused:
                    return _page(pages, refused.status, str(refused), refused.headers)
                except RequestValidationError:
                    return _page(pages, 404, "There is no such page.")
                except HTTPException as error:
                    return _page(pages, error.status_code, str(error.detail))
                except FobError as error:
                    return _page(pages, 422, str(error))
                except NotDone as error:
                    return _page(pages, 409, str(error))
                except VerifierError as error:
                    _log.error("the store failed", extra={"why": str(error)})
                    return _page(pages, 503, "The verifier's store cannot be used now: its log says why.")

            return handler

    return PageRoute


def _page(pages: Pages, status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    text = text[:1].upper() + text[1:]
    return pages.page(
        "problem.html",
        "",
        status=status,
        headers=headers,
        title=_TITLES.get(status, "Not done"),
        text=text if text.endswith(".") else f"{text}.",
        href="/admin/",
        link="To the first page",
    )
