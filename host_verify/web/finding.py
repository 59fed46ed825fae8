"""Which token gave a code."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from .. import finding, render_found
from ..apikeys import Scope
from . import models
from .parts import PROBLEMS, Credentials, Parts


class Shown(models.Body):
    """A code that a token shows, and, to be certain, the one that it shows next."""

    code: models.Text = Field(examples=["123 456"])
    next: models.Text | None = None


class Found(BaseModel):
    """A token that shows the code, at the time step or counter `step`."""

    token: str
    user: str
    serial: str | None
    status: str
    step: int


class Search(BaseModel):
    """What was found: of so many tokens, at so many steps and counters of theirs together.

    A code of none of the tokens would name `expected` on average, and one at least with probability `chance`.
    """

    found: list[Found]
    tokens: int
    codes: int
    expected: float
    chance: float


def routes(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/v1/tokens/find", response_model=Search, responses=PROBLEMS, tags=["helpdesk"])
    def find(body: Shown, credentials: Credentials) -> Any:
        """Tell which token gave a code. Nothing is used up or counted."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        settings = parts.settings
        utc, policy = settings.clock(), settings.policy
        return render_found.data(finding.find(parts.store, body.code, body.next, utc, policy, key.actor()))

    return router
