"""The tokens: adding, showing and managing them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from tokencore import otpauth
from tokencore.errors import BadValue

from .. import audit, losing, render, service
from ..apikeys import Scope
from ..core import Status
from ..records import Token
from . import models
from .parts import CONFLICT, MISSING, PROBLEMS, Credentials, Parts


def routes(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    settings = parts.settings

    def shown(token: Token) -> dict[str, Any]:
        return render.token_data(token, settings.policy, settings.clock())

    @router.get("/v1/tokens", response_model=models.Tokens, responses=PROBLEMS, tags=["helpdesk"])
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

    @router.post(
        "/v1/tokens",
        status_code=201,
        response_model=models.Token,
        responses=PROBLEMS | CONFLICT,
        tags=["admin"],
    )
    def add_token(body: models.NewToken, credentials: Credentials) -> Any:
        """Give a user a token."""
        key = parts.door.enter(credentials, Scope.ADMIN)
        account, utc = otpauth.parse(body.uri), settings.clock()
        return shown(service.add_token(parts.store, body.user, body.serial, account, utc, key.actor()))

    @router.get(
        "/v1/tokens/{token_id}",
        response_model=models.Token,
        responses=PROBLEMS | MISSING,
        tags=["helpdesk"],
    )
    def show_token(token_id: models.TokenId, credentials: Credentials) -> Any:
        """Show everything of one token but its secret."""
        parts.door.enter(credentials, Scope.HELPDESK)
        return shown(parts.token(token_id))

    @router.put(
        "/v1/tokens/{token_id}/status",
        response_model=models.Token,
        responses=PROBLEMS | MISSING | CONFLICT,
        tags=["helpdesk"],
    )
    def set_status(token_id: models.TokenId, body: models.NewStatus, credentials: Credentials) -> Any:
        """Put a token into use, out of use, or, as admin, revoke it for good.

        Putting it into use clears its wrong codes and its lock.
        """
        needed = Scope.ADMIN if body.status is Status.REVOKED else Scope.HELPDESK
        key = parts.door.enter(credentials, needed)
        parts.token(token_id)
        utc = settings.clock()
        return shown(service.set_status(parts.store, token_id, body.status, utc, key.actor()))

    @router.put(
        "/v1/tokens/{token_id}/user",
        response_model=models.Token,
        responses=PROBLEMS | MISSING | CONFLICT,
        tags=["helpdesk"],
    )
    def set_user(token_id: models.TokenId, body: models.NewOwner, credentials: Credentials) -> Any:
        """Give a token to a user, whoever had it before, or take it back into the drawer."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        parts.token(token_id)
        utc = settings.clock()
        if body.user is None:
            return shown(service.unassign(parts.store, token_id, utc, key.actor()))
        return shown(service.assign(parts.store, token_id, body.user, utc, key.actor()))

    @router.post(
        "/v1/tokens/{token_id}/lost",
        response_model=models.Lost,
        responses=PROBLEMS | MISSING | CONFLICT,
        tags=["helpdesk"],
    )
    def lose(token_id: models.TokenId, body: models.Loss, credentials: Credentials) -> Any:
        """Take a lost token out of use; answer with codes that its user may use in its place, each once.

        Codes from an earlier time are no longer accepted.
        """
        key = parts.door.enter(credentials, Scope.HELPDESK)
        parts.token(token_id)
        token, codes = losing.lose(
            parts.store, token_id, settings.clock(), key.actor(), until=body.until, count=body.codes
        )
        return {"token": shown(token), "codes": codes}

    @router.post(
        "/v1/tokens/{token_id}/found",
        response_model=models.Token,
        responses=PROBLEMS | MISSING | CONFLICT,
        tags=["helpdesk"],
    )
    def find(token_id: models.TokenId, credentials: Credentials) -> Any:
        """Put a lost token that was found into use; the codes in its place are no longer accepted."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        parts.token(token_id)
        return shown(losing.find(parts.store, token_id, settings.clock(), key.actor()))

    @router.get(
        "/v1/tokens/{token_id}/history",
        response_model=models.History,
        responses=PROBLEMS | MISSING,
        tags=["helpdesk"],
    )
    def history(
        token_id: models.TokenId,
        credentials: Credentials,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Any:
        """Show what was decided of a token and done with it, and by whom: the latest, oldest first."""
        parts.door.enter(credentials, Scope.HELPDESK)
        parts.token(token_id)
        entries = audit.latest(parts.store, limit, token=token_id)
        return {"entries": [render.entry_data(entry) for entry in entries]}

    return router
