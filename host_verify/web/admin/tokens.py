"""The pages of tokens: the list that is searched, and one token with its clock over its life."""

import unicodedata
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from ... import audit
from ...core import held_back, is_locked
from ...policy import Policy
from ...records import Token
from . import clocks, entries, search, texts
from .actions import Action, possible
from .gate import Visit
from .rendering import Notice
from .site import Site

_PAGE = 50
_HISTORY = 20
_DONE = {
    "resync": "The token was found: its next codes are accepted.",
    "suspend": "Suspended: no code of it is accepted.",
    "resume": "In use again; wrong codes and a lock are cleared.",
    "found": "In use again; the replacement codes that were left are void.",
    "assign": "Given to another user.",
    "revoke": "Revoked for good.",
}


def add(router: APIRouter, site: Site) -> None:
    """Give a router these pages."""
    Visiting = Annotated[Visit, Depends(site.gate.visit)]
    policy = site.policy

    @router.get("/admin/tokens")
    def list_tokens(
        visit: Visiting,
        q: Annotated[str, Query(max_length=255)] = "",
        status: Annotated[str, Query(max_length=16)] = "",
        after: Annotated[str, Query(pattern="^([0-9a-f]{8})?$")] = "",
    ) -> Response:
        """List tokens, those that are searched for, by pages."""
        found = search.tokens(
            site.store, policy, visit.utc, unicodedata.normalize("NFC", q.strip()), status, after, _PAGE + 1
        )
        shown = found[:_PAGE]
        asked = {name: value for name, value in (("q", q), ("status", status)) if value}
        links = []
        if after:
            links.append(("First", "/admin/tokens?" + urlencode(asked)))
        if len(found) > _PAGE:
            links.append(("Next", "/admin/tokens?" + urlencode(asked | {"after": shown[-1].id})))
        return site.show(
            visit,
            "tokens.html",
            "/admin/tokens",
            q=q,
            statuses=search.CHOICES,
            chosen=status,
            tokens=[summary(token, policy, visit.utc) for token in shown],
            links=links,
        )

    @router.get("/admin/tokens/{token_id}")
    def show_token(
        visit: Visiting, token_id: str, done: Annotated[str, Query(max_length=16)] = ""
    ) -> Response:
        """Show one token, its clock over its life, what can be done with it, and its history."""
        notice = Notice("good", _DONE[done]) if done in _DONE else None
        return token_page(site, visit, site.parts.token(token_id), notice=notice)


def token_page(
    site: Site,
    visit: Visit,
    token: Token,
    status: int = 200,
    notice: Notice | None = None,
    tried: str = "",
    codes: dict[str, Any] | None = None,
) -> Response:
    """Return a token's page. `tried` is the action whose form stays open; `codes` are shown this once."""
    policy = site.policy
    actions: list[Action] = possible(token, policy, visit, tried)
    return site.show(
        visit,
        "token.html",
        "/admin/tokens",
        status,
        notice=notice,
        token=summary(token, policy, visit.utc),
        codes=codes,
        clock=clocks.of_token(site.store, token, policy, visit.utc),
        facts=_facts(token, policy, visit.utc),
        actions=actions,
        no_action="A revoked token stays as it is: its user needs a new one.",
        history=[
            entries.row(linked) for linked in reversed(audit.latest(site.store, _HISTORY, token=token.id))
        ],
    )


def summary(token: Token, policy: Policy, utc: int) -> dict[str, Any]:
    """Return a token as the list shows it."""
    drift = token.state.drift
    return {
        "id": token.id,
        "user": token.user,
        "status": str(token.state.status),
        "locked": is_locked(token.state, policy, utc),
        "serial": token.serial,
        "kind": token.kind.upper(),
        "digits": token.digits,
        "clock": "" if drift is None else texts.seconds(drift.offset),
    }


def _failures(token: Token, policy: Policy, utc: int) -> str:
    state = token.state
    if not state.failures:
        return "none"
    said = f"{state.failures}, the last at {texts.minute(state.failed_at)}"
    refusal = held_back(state, utc, policy)
    if refusal is None:
        return said
    until = "it is unlocked" if refusal.retry_after is None else texts.second(utc + refusal.retry_after)
    return f"{said}; none is looked at until {until}"


def _facts(token: Token, policy: Policy, utc: int) -> list[tuple[str, str]]:
    state = token.state
    kind = f"{token.kind.upper()}, {token.digits} digits, {token.algorithm}"
    facts = [
        ("Serial number", token.serial or texts.NOTHING),
        ("Account", f"{token.issuer}: {token.name}" if token.issuer else token.name or texts.NOTHING),
        ("Kind", kind if token.kind == "hotp" else f"{kind}, {token.period} s"),
        ("Added", texts.day(token.created)),
        ("Wrong codes", _failures(token, policy, utc)),
    ]
    if token.kind == "hotp":
        facts.append(("Next counter", f"{state.next_step:,}"))
    elif state.next_step:
        last = (state.next_step - 1) * token.period + token.t0
        facts.append(("Used up to", f"the code of {texts.second(last)}"))
    return facts
