"""Who may see the pages: sign-in with a password and a code, a cookie, and a mark in every form.

The session's cookie is not sent by a page of another site (SameSite=Strict), cannot be read by a script
(HttpOnly) and, over TLS, goes over nothing else (Secure). A form that changes something carries a mark that
only a page made for this cookie holds, so no other site can fill one in.
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from ... import operator_sessions, operators, pace, service
from ...apikeys import Scope
from ...audit import Actor
from ...operators import Operator
from ...service import Verdict
from ..parts import Parts
from ..problems import Refused
from . import throttle
from .rendering import HEADERS, Notice, Pages

SIGN_IN = "/admin/sign-in"
_SESSION, _FORM = "fob_admin", "fob_admin_form"
_WRONG = (
    "Not signed in. Look at the name and the password, and wait for a new code. After several wrong ones, "
    "wait a quarter of an hour."
)
_ENDED = "This form was of a session that has ended. Nothing was changed."


class NotSignedIn(Exception):
    """The visitor has no session that goes on."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of an operator who is signed in, at UTC second `utc`; `form` is what a form said."""

    operator: Operator
    cookie: str = field(repr=False)
    mark: str = field(repr=False)
    utc: int
    form: dict[str, str] = field(repr=False)

    def needs(self, scope: Scope) -> None:
        """Raise Refused unless the operator has that scope."""
        if not self.operator.scope.includes(scope):
            raise Refused(403, "Forbidden", f"this needs an operator of scope {scope}")


async def form_of(request: Request) -> dict[str, str]:
    """Return a form's fields; of a request without one, none."""
    if request.method != "POST":
        return {}
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refused(415, "BadForm", "a form as a browser sends it is needed")
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Form = Annotated[dict[str, str], Depends(form_of)]


class Gate:
    """Lets operators in and out; one for each worker."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._pages = pages

    def visit(self, request: Request, form: Form) -> Visit:
        """Return who asks. Raises NotSignedIn, or Refused for a form that no page of his gave him."""
        utc = self._settings.clock()
        cookie = request.cookies.get(_SESSION, "")
        operator = operator_sessions.find(self._parts.store, cookie, utc) if cookie else None
        if operator is None:
            raise NotSignedIn
        mark = operator_sessions.form_mark(self._parts.store, cookie)
        if request.method == "POST":
            _must_be_ours(request, form, mark)
        return Visit(operator, cookie, mark, utc, form)

    def sign_in_page(
        self, request: Request, status: int = 200, refused: str = "", user: str = ""
    ) -> Response:
        """Return the page to sign in on."""
        cookie = request.cookies.get(_FORM) or secrets.token_urlsafe(32)
        mark = operator_sessions.form_mark(self._parts.store, cookie)
        notice = Notice("bad", refused) if refused else None
        page = self._pages.page("sign_in.html", SIGN_IN, mark, status, user=user, notice=notice)
        _give(page, request, _FORM, cookie)
        return page

    async def sign_in(self, request: Request, form: dict[str, str]) -> Response:
        """Let an operator in by password and code, or show the page again, which does not say what was wrong.

        A refusal leaves on a whole step of time, as one of a code does.
        """
        came = asyncio.get_running_loop().time()
        answer = await run_in_threadpool(self._signed_in, request, form)
        if answer.status_code != 303:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(pace.rest(came, now, self._parts.store.has_pins))
        return answer

    def sign_out(self, visit: Visit) -> Response:
        """End the session."""
        operator_sessions.end(self._parts.store, visit.cookie, visit.operator, visit.utc)
        answer = RedirectResponse(SIGN_IN, 303, HEADERS)
        answer.delete_cookie(_SESSION, path="/admin")
        return answer

    def _signed_in(self, request: Request, form: dict[str, str]) -> Response:
        store = self._parts.store
        _must_be_ours(request, form, operator_sessions.form_mark(store, request.cookies.get(_FORM, "")))
        name = form.get("user", "")
        self._parts.door.sign_in(name)
        operator = self._recognised(name, form.get("password", ""), form.get("code", ""))
        cookie = operator and operator_sessions.begin(store, operator, self._settings.clock())
        if not cookie:
            return self.sign_in_page(request, 403, _WRONG, name[:255])
        answer = RedirectResponse("/admin/", 303, HEADERS)
        _give(answer, request, _SESSION, cookie)
        answer.delete_cookie(_FORM, path="/admin")
        return answer

    def _recognised(self, name: str, password: str, code: str) -> Operator | None:
        store, utc = self._parts.store, self._settings.clock()
        operator = operators.find(store, name)
        right = operators.is_password(store, operator, password)
        by = operator.actor() if operator else Actor("admin")
        if operator is None or not right or throttle.is_on(store, operator.name, utc):
            reason = (
                "wrong_password" if operator and not right else "throttled" if operator else "unknown_user"
            )
            # A name that nobody has may be a password typed amiss.
            operator_sessions.refused(store, by, reason, operator.name if operator else None, utc)
            return None
        # The code last: who has not the password cannot use one up, nor lock the token.
        verdict: Verdict = service.verify(store, operator.name, code, utc, self._settings.policy, by)
        self._parts.metrics.attempts.labels("sign in", verdict.reason).inc()
        return operator if verdict.accepted else None


def _must_be_ours(request: Request, form: dict[str, str], mark: str) -> None:
    # Browsers say where a request comes from; the mark holds where one does not.
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "Forbidden", "this form was sent from another site. Nothing was changed.")
    if not hmac.compare_digest(form.get("mark", "").encode(), mark.encode()):
        raise Refused(403, "Forbidden", _ENDED)


def _give(answer: Response, request: Request, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, path="/admin", secure=secure, httponly=True, samesite="strict")
