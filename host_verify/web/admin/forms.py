"""What the forms of a token's page do: each changes something, under the operator's name, or says why not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response
from tokencore.errors import BadValue, FobError

from ... import losing, operators, service
from ...apikeys import Scope
from ...core import Reason, Status
from ...errors import NotDone
from ...records import Token
from ..problems import Refused
from .axes import DAY
from .gate import Visit
from .rendering import HEADERS, Notice
from .site import Site
from .tokens import token_page

Work = Callable[[Site, Visit, Token], Response | None]
_UNCHANGED = "Nothing was changed."
_REFUSALS = {
    Reason.WRONG_CODE: "These are not two codes of this user's, one right after the other, and count as one "
    "wrong code. Take the next two.",
    Reason.REPLAYED: "Codes of that time were used before. Take the next two.",
    Reason.MALFORMED: "These are no codes. Give all digits as the token shows them.",
    Reason.THROTTLED: "Too soon after wrong codes: these were not looked at. Wait {wait} s.",
    Reason.LOCKED: "It is locked by wrong codes: these were not looked at. Unlock it first.",
    Reason.USER_LOCKED: "The user is locked: host-verify user unlock.",
    Reason.OUT_OF_DRIFT: "The codes are right, but the clock is too far off: set it, or replace the token.",
}


def add(router: APIRouter, site: Site) -> None:
    """Give a router the forms."""
    Visiting = Annotated[Visit, Depends(site.gate.visit)]

    @router.post("/admin/tokens/{token_id}/{action}")
    def act(visit: Visiting, token_id: str, action: str) -> Response:
        """Do what a form asks for, and show the token."""
        token = site.parts.token(token_id)
        work = _WORK.get(action)
        if work is None:
            raise Refused(404, "NotFound", "there is no such form")
        _must_reach(site, visit, token.user)
        try:
            answer = work(site, visit, token)
        except (NotDone, FobError) as error:
            said = str(error)
            notice = Notice("bad", f"{said[:1].upper()}{said[1:]}. {_UNCHANGED}")
            return token_page(site, visit, site.parts.token(token_id), 422, notice, action)
        return answer or RedirectResponse(f"/admin/tokens/{token.id}?done={action}", 303, HEADERS)


def _must_reach(site: Site, visit: Visit, user: str) -> None:
    """Raise Refused if `user` is an admin and the operator is not: the helpdesk makes no admins."""
    theirs = operators.find(site.store, user)
    if theirs and theirs.scope is Scope.ADMIN:
        visit.needs(Scope.ADMIN)


def _lost(site: Site, visit: Visit, token: Token) -> Response:
    """Take a token out of use, and show what stands in for it: on this answer alone, which nobody keeps."""
    until = _day_after(visit.form.get("until", ""))
    by = visit.operator.actor()
    lost, codes = losing.lose(site.store, token.id, visit.utc, by, until=until)
    if until is None:
        notice = Notice("good", "Lost: no code of it is accepted, and none stands in for it.")
        return token_page(site, visit, lost, notice=notice)
    notice = Notice("good", "Lost: no code of it is accepted, but those below are.")
    return token_page(site, visit, lost, notice=notice, codes={"codes": codes, "until": until})


def _day_after(text: str) -> int | None:
    """Return the second in which the day `text` (YYYY-MM-DD, UTC) is over; None if there is none."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise BadValue("until", "a day is written like 2027-01-31") from None
    return int(day.timestamp()) + DAY


def _found(site: Site, visit: Visit, token: Token) -> None:
    losing.find(site.store, token.id, visit.utc, visit.operator.actor())


def _status(status: Status) -> Work:
    def work(site: Site, visit: Visit, token: Token) -> None:
        service.set_status(site.store, token.id, status, visit.utc, visit.operator.actor())

    return work


def _revoke(site: Site, visit: Visit, token: Token) -> None:
    visit.needs(Scope.ADMIN)
    _status(Status.REVOKED)(site, visit, token)


def _assign(site: Site, visit: Visit, token: Token) -> None:
    user = visit.form.get("user", "").strip()
    _must_reach(site, visit, user)
    service.assign(site.store, token.id, user, visit.utc, visit.operator.actor())


def _resync(site: Site, visit: Visit, token: Token) -> Response | None:
    site.parts.door.attempt(token.user)
    first, second = visit.form.get("first", ""), visit.form.get("second", "")
    by = visit.operator.actor()
    verdict = service.resync(site.store, token.user, first, second, visit.utc, site.policy, by)
    site.parts.metrics.attempts.labels("resync", verdict.reason).inc()
    if verdict.accepted:
        return None
    text = _REFUSALS.get(verdict.reason, f"Refused: {verdict.reason}.").format(wait=verdict.retry_after)
    return token_page(site, visit, site.parts.token(token.id), 422, Notice("bad", text), "resync")


_WORK: dict[str, Work] = {
    "suspend": _status(Status.SUSPENDED),
    "resume": _status(Status.ACTIVE),
    "revoke": _revoke,
    "assign": _assign,
    "resync": _resync,
    "lost": _lost,
    "found": _found,
}
