"""How the report of an import is shown: as data for JSON, as text for people."""

from typing import Any

from .core import Status
from .intake import Report
from .policy import Policy
from .render import token_data

_SHOWN = 100  # lines of each kind, for people


def data(report: Report, policy: Policy, utc: int, dry_run: bool) -> dict[str, Any]:
    """Return a report for JSON. Nothing was added where `dry_run`, or where there are problems."""
    return {
        "added": [{"place": place, "token": token_data(token, policy, utc)} for place, token in report.added],
        "known": [{"place": each.place, "why": each.why} for each in report.known],
        "problems": [{"place": each.place, "why": each.why} for each in report.problems],
        "dry_run": dry_run,
        "changed": bool(report.added) and not report.problems and not dry_run,
    }


def text(report: Report, dry_run: bool) -> str:
    """Return a report for people, a line for each of the first tokens and problems."""
    lines = [f"{each.place}: {each.why}" for each in report.problems[:_SHOWN]]
    lines += _more(len(report.problems))
    lines += [f"{each.place}: passed over, {each.why}" for each in report.known[:_SHOWN]]
    lines += _more(len(report.known))
    good = len(report.added)
    if report.problems:
        count = len(report.problems)
        lines.append(
            f"Nothing was imported: {count} {'is' if count == 1 else 'are'} not fit, {good} would be"
        )
        return "\n".join(lines)
    for place, token in report.added[:_SHOWN]:
        proof = "new" if token.state.status is Status.NEW else "proved by a code"
        label = f"{token.issuer}: {token.name}" if token.issuer else token.name
        name = "would be added" if dry_run else f"token {token.id}"
        lines.append(f"{place}: {name}, {label}, of {token.user or 'nobody'}, {proof}")
    lines += _more(good)
    lines.append(f"{'Would add' if dry_run else 'Added'} {good} {'token' if good == 1 else 'tokens'}")
    return "\n".join(lines)


def _more(count: int) -> list[str]:
    return [f"… and {count - _SHOWN} more: --json names them all"] if count > _SHOWN else []
