"""The administrators' pages, put together under /admin; none of them is in the interface's description."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from ..parts import Parts
from ..problems import Refused
from . import forms, overview, tokens
from .gate import SIGN_IN, Form, Gate, Visit
from .rendering import HEADERS, Pages
from .router import route_class
from .site import Site
from .surveys import Surveys


def routes(parts: Parts) -> APIRouter:
    """Return the pages' routes."""
    pages = Pages()
    site = Site(parts, pages, Gate(parts, pages), Surveys(parts.settings.policy))
    router = APIRouter(route_class=route_class(pages), include_in_schema=False)
    _doors(router, site)
    overview.add(router, site)
    tokens.add(router, site)
    forms.add(router, site)

    @router.get("/admin/static/{name}")
    async def static(name: str) -> Response:
        """Give the style sheet or the picture."""
        found = pages.static(name)
        if found is None:
            raise Refused(404, "NotFound", "there is no such file")
        return found

    return router


def _doors(router: APIRouter, site: Site) -> None:
    Visiting = Annotated[Visit, Depends(site.gate.visit)]

    @router.get("/admin")
    async def begin() -> Response:
        """Send to the first page."""
        return RedirectResponse("/admin/", 303, HEADERS)

    @router.get(SIGN_IN)
    def sign_in_page(request: Request) -> Response:
        """Show the page to sign in on."""
        return site.gate.sign_in_page(request)

    @router.post(SIGN_IN)
    async def sign_in(request: Request, form: Form) -> Response:
        """Let an operator in."""
        return await site.gate.sign_in(request, form)

    @router.post("/admin/sign-out")
    def sign_out(visit: Visiting) -> Response:
        """Let an operator out."""
        return site.gate.sign_out(visit)
