"""The pages of the whole: the fleet at a glance, logins over time, clocks, the audit."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from markupsafe import Markup

from ... import audit
from ...audit import Linked
from ...core import Reason, Status
from . import entries, numbers, plots, search, texts
from .gate import Visit
from .numbers import Logins
from .plots import COUNTS, HALF, Sizes
from .site import Site

_ENTRIES = 50  # on a page of the audit
_LOOK = 10  # tokens of each kind that needs a look
_MEANINGS = {
    Reason.WRONG_CODE: "no code of the user's tokens",
    Reason.REPLAYED: "right once, and used before",
    Reason.MALFORMED: "not so many digits as the token shows",
    Reason.THROTTLED: "too soon after wrong codes; not looked at",
    Reason.LOCKED: "after too many wrong codes; not looked at",
    Reason.OUT_OF_DRIFT: "right, but the clock is too far off",
    Reason.UNKNOWN_USER: "nobody of that name has a token",
}
_MOODS = {Status.LOST: "warn"}


def add(router: APIRouter, site: Site) -> None:
    """Give a router these pages."""
    Visiting = Annotated[Visit, Depends(site.gate.visit)]

    @router.get("/admin/")
    def fleet(visit: Visiting) -> Response:
        """Show the fleet at a glance."""
        policy = site.policy
        states, locked = numbers.states(site.store, policy, visit.utc)
        _, seconds, bar = numbers.SPANS["day"]
        logins = numbers.logins(site.store, seconds, bar, visit.utc)
        accepted, refused = logins.sums()
        survey = site.surveys.now(site.store, visit.utc)
        look = [
            (token, why)
            for state, why in ((search.LOCKED, "locked by wrong codes"), (Status.LOST, "lost"))
            for token in search.tokens(site.store, policy, visit.utc, state=state, most=_LOOK)
        ]
        rows = [{"id": token.id, "user": token.user, "why": why} for token, why in look]
        rows += survey.leaving[:_LOOK]
        return site.show(
            visit,
            "fleet.html",
            "/admin/",
            tiles=_tiles(states, locked),
            accepted=accepted,
            refused=refused,
            share=_share(refused, accepted + refused),
            plot=_bars(logins, "refused", HALF, "24 hours"),
            survey=survey.shown(HALF),
            look=rows,
        )

    @router.get("/admin/logins")
    def logins(visit: Visiting, span: Annotated[str, Query(max_length=8)] = "week") -> Response:
        """Show accepted and refused codes over time, and why codes were refused."""
        span = span if span in numbers.SPANS else "week"
        name, seconds, bar = numbers.SPANS[span]
        found = numbers.logins(site.store, seconds, bar, visit.utc)
        since = found.accepted[0].at
        accepted, refused = found.sums()
        return site.show(
            visit,
            "logins.html",
            "/admin/logins",
            spans=[
                (said[0], f"/admin/logins?span={key}", key == span) for key, said in numbers.SPANS.items()
            ],
            accepted=accepted,
            refused=refused,
            refused_plot=_bars(found, "refused", COUNTS, name),
            accepted_plot=_bars(found, "accepted", COUNTS, name),
            causes=[
                {
                    "name": reason.replace("_", " "),
                    "count": count,
                    "meaning": _MEANINGS.get(Reason(reason), ""),
                }
                for reason, count in numbers.causes(site.store, since)
            ],
            users=[
                {"user": user, "count": count, "last": last}
                for user, count, last in numbers.most_refused(site.store, since)
            ],
            rows=[
                {"at": good.at, "accepted": good.value, "refused": bad.value}
                for good, bad in zip(found.accepted, found.refused, strict=True)
            ],
        )

    @router.get("/admin/clocks")
    def clocks(visit: Visiting) -> Response:
        """Show how the fleet's clocks stand, and which tokens are about to fall out of their window."""
        survey = site.surveys.now(site.store, visit.utc)
        return site.show(
            visit,
            "clocks.html",
            "/admin/clocks",
            survey=survey.shown(COUNTS),
            leaving=survey.leaving,
            left_out=survey.left_out,
        )

    @router.get("/admin/audit")
    def show_audit(
        visit: Visiting,
        user: Annotated[str, Query(max_length=255)] = "",
        token: Annotated[str, Query(max_length=8)] = "",
        before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    ) -> Response:
        """Show the audit, newest first, by pages."""
        found: list[Linked] = []
        if search.may_be_a_name(user + token):
            found = audit.latest(site.store, _ENTRIES + 1, user or None, token or None, before)
        shown = found[-_ENTRIES:]
        links = []
        asked = {name: value for name, value in (("user", user), ("token", token)) if value}
        if before is not None:
            links.append(("Newest", "/admin/audit?" + urlencode(asked)))
        if len(found) > _ENTRIES:
            links.append(("Older", "/admin/audit?" + urlencode(asked | {"before": str(shown[0].seq)})))
        return site.show(
            visit,
            "audit.html",
            "/admin/audit",
            user=user,
            token=token,
            entries=[entries.row(linked) for linked in reversed(shown)],
            links=links,
        )


def _tiles(states: dict[Status, int], locked: int) -> list[dict[str, object]]:
    tiles: list[dict[str, object]] = [
        {"name": "tokens", "count": sum(states.values()), "href": "/admin/tokens", "mood": ""}
    ]
    for status in (Status.ACTIVE, Status.NEW, Status.SUSPENDED, Status.LOST, Status.REVOKED):
        count = states[status]
        mood = _MOODS.get(status, "") if count else ""
        tiles.append(
            {"name": str(status), "count": count, "href": f"/admin/tokens?status={status}", "mood": mood}
        )
    tiles.append(
        {
            "name": "locked",
            "count": locked,
            "href": "/admin/tokens?status=locked",
            "mood": "bad" if locked else "",
        }
    )
    return tiles


def _bars(logins: Logins, what: str, sizes: Sizes, span: str) -> Markup:
    values = logins.refused if what == "refused" else logins.accepted
    total = sum(each.value for each in values)
    label = f"{what.capitalize()} logins in {span}: {total:,} in all"
    if total:
        most = max(values, key=lambda each: each.value)
        label += f", most in the {texts.span(logins.bar)} from {most.name}: {most.value:,}"
    return plots.counts(values, logins.bar, what, label, sizes)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else texts.NOTHING
