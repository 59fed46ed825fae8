"""The users: adding, showing, locking and removing them, and their PINs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from tokencore.errors import BadValue

from .. import render_users, users
from ..apikeys import Scope
from ..errors import NotDone
from . import models
from .parts import CONFLICT, MISSING, PROBLEMS, Credentials, Parts
from .problems import Refused

Name = Annotated[str, Path(max_length=1024, description="A user's name.", examples=["alice"])]


def routes(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1/users", responses=PROBLEMS)
    settings = parts.settings

    def found(name: str) -> str:
        try:
            return users.find(parts.store, name).name
        except (BadValue, NotDone):  # a name that cannot be stored is nobody's
            raise Refused(404, "NotFound", "no user has that name") from None

    @router.get("", response_model=models.Users, tags=["helpdesk"])
    def list_users(
        credentials: Credentials,
        after: Annotated[str, Query(max_length=1024)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Any:
        """List users by name, `limit` at a time; `after` is the `next` of the page before."""
        parts.door.enter(credentials, Scope.HELPDESK)
        if "\0" in after or any("\ud800" <= each <= "\udfff" for each in after):
            return {"users": [], "next": None}
        some = users.page(parts.store, after, limit + 1)
        return {
            "users": [render_users.user_data(each) for each in some[:limit]],
            "next": some[limit - 1].name if len(some) > limit else None,
        }

    @router.post("", status_code=201, response_model=models.User, responses=CONFLICT, tags=["helpdesk"])
    def add_user(body: models.NewUser, credentials: Credentials) -> Any:
        """Add a user who has no token yet; who is given one is added by it."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        return render_users.user_data(users.add(parts.store, body.name, settings.clock(), key.actor()))

    @router.put("/{name:path}/pin", response_model=models.User, responses=MISSING, tags=["helpdesk"])
    def set_pin(name: Name, body: models.NewPin, credentials: Credentials) -> Any:
        """Have the user type a PIN in front of each code; null: none any more."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        who, utc = found(name), settings.clock()
        if body.pin is None:
            return render_users.user_data(users.drop_pin(parts.store, who, utc, key.actor()))
        return render_users.user_data(users.set_pin(parts.store, who, body.pin, utc, key.actor()))

    @router.put("/{name:path}/lock", response_model=models.User, responses=MISSING, tags=["helpdesk"])
    def set_lock(name: Name, body: models.NewLock, credentials: Credentials) -> Any:
        """Refuse every code of the user, or let him in again, which also forgives wrong codes."""
        key = parts.door.enter(credentials, Scope.HELPDESK)
        change = users.lock if body.locked else users.unlock
        return render_users.user_data(change(parts.store, found(name), settings.clock(), key.actor()))

    @router.get("/{name:path}", response_model=models.User, responses=MISSING, tags=["helpdesk"])
    def show_user(name: Name, credentials: Credentials) -> Any:
        """Show a user; never a PIN."""
        parts.door.enter(credentials, Scope.HELPDESK)
        return render_users.user_data(users.find(parts.store, found(name)))

    @router.delete("/{name:path}", response_model=models.User, responses=MISSING | CONFLICT, tags=["admin"])
    def remove_user(name: Name, credentials: Credentials) -> Any:
        """Remove a user who has no token, and show who he was."""
        key = parts.door.enter(credentials, Scope.ADMIN)
        return render_users.user_data(users.remove(parts.store, found(name), settings.clock(), key.actor()))

    return router
