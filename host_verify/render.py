"""How verdicts and tokens are shown: as data for JSON, as text for people. Never a secret or a code."""

import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from .apikeys import ApiKey
from .audit import Examination, Linked, entry_row
from .core import Reason, Status, held_back
from .policy import Policy
from .records import Token
from .sealkeys import SealKey
from .service import Factor, Verdict

_NOBODY = "(nobody's)"
_UNSEEN = " (it was imported, and no code of it was seen yet)"
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_REFUSALS = {
    Reason.WRONG_CODE: "the code is wrong",
    Reason.REPLAYED: "the code was used before; wait for the next one",
    Reason.MALFORMED: "that is no code of the token's; give its digits as the display shows them",
    Reason.WRONG_PIN: "the PIN in front of the code is wrong",
    Reason.EXPIRED: "the replacement code has come to its end; an administrator gives others",
    Reason.LOCKED: "locked by too many wrong codes; an administrator unlocks it: {enable}",
    Reason.USER_LOCKED: "the user is locked; an administrator unlocks him: host-verify user unlock {user}",
    Reason.SUSPENDED: "the token is suspended; an administrator enables it: {enable}",
    Reason.LOST: "the token is lost; whoever finds it takes it to an administrator",
    Reason.REVOKED: "the token is revoked; the user needs a new one",
    Reason.UNKNOWN_USER: "no user of that name has a token",
}


def verdict_text(verdict: Verdict) -> str:
    """Return one or two sentences for the person at the keyboard."""
    if verdict.accepted:
        # Less than a step is no more than the code itself leaves open.
        clock = f" (its clock is {_offset(verdict.offset)})" if verdict.shift and verdict.offset else ""
        by = "a code in place of token" if verdict.factor is Factor.REPLACEMENT else "token"
        return f"Accepted: {verdict.user} by {by} {verdict.token}{clock}"
    if verdict.reason in (Reason.THROTTLED, Reason.LOCKED) and verdict.retry_after is not None:
        after = "too soon after" if verdict.reason is Reason.THROTTLED else "locked by"
        why = f"{after} wrong codes; this one was not looked at. Try again in {verdict.retry_after} s"
    elif verdict.reason is Reason.OUT_OF_DRIFT:
        clock = _offset(verdict.offset or 0)
        why = f"the codes are right, but the token's clock is {clock}: set it, or replace the token"
    else:
        why = _REFUSALS[verdict.reason].format(
            enable=f"host-verify token enable {verdict.token}", user=verdict.user
        )
    return f"Refused: {why}"


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict's fields for JSON; the offset is rounded to a second."""
    data = asdict(verdict)
    if verdict.offset is not None:
        data["offset"] = round(verdict.offset)
    return data


def token_data(token: Token, policy: Policy, utc: int) -> dict[str, Any]:
    """Return what there is to know of a token at `utc`, except its secret, for JSON."""
    state, drift = token.state, token.state.drift
    locked, until = _lock(token, policy, utc)
    data: dict[str, Any] = {
        "id": token.id,
        "user": token.user,
        "serial": token.serial,
        "created": token.created,
        "kind": token.kind,
        "issuer": token.issuer,
        "name": token.name,
        "algorithm": token.algorithm,
        "digits": token.digits,
        "status": state.status,
        "locked": locked,
        "locked_until": until,
        "failures": state.failures,
    }
    if token.kind == "hotp":
        return data | {"counter": state.next_step}
    clock = drift and {
        "offset": round(drift.offset),
        "spread": round(drift.spread(drift.at)),
        "rate_ppm": round(drift.rate * 1e6, 1),
        "learned": drift.at,
    }
    return data | {"period": token.period, "t0": token.t0, "next_step": state.next_step, "clock": clock}


def token_list(tokens: list[Token], policy: Policy, utc: int) -> RenderableType:
    """Return a table of tokens, a line each."""
    if not tokens:
        return Text("No tokens. Add one: host-verify token add --user USER FILE")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "User", "Kind", "Account", "State", "Clock"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("ID", "Kind", "State"))
    for token in tokens:
        drift = token.state.drift
        cells = (
            token.id,
            token.user or _NOBODY,
            token.kind,
            _account(token),
            _standing(token, policy, utc),
            "" if drift is None else _offset(drift.offset) if abs(drift.offset) > token.period else "in step",
        )
        table.add_row(*(Text(safe(cell)) for cell in cells))
    return table


def token_card(token: Token, policy: Policy, utc: int) -> RenderableType:
    """Return everything of one token, a line each."""
    state, drift = token.state, token.state.drift
    lines = {
        "Token": token.id,
        "User": token.user or f"{_NOBODY}: host-verify token assign",
        "Serial": token.serial or "none",
        "Account": _account(token),
        "State": _standing(token, policy, utc) + (_UNSEEN if state.status is Status.NEW else ""),
        "Wrong codes": f"{state.failures} since the last right one; {policy.lock_after} lock it",
        "Added": instant(token.created),
        "Codes": f"{token.kind.upper()}, {token.algorithm}, {token.digits} digits",
    }
    if token.kind == "hotp":
        lines["Counter"] = str(state.next_step)
    else:
        lines["Codes"] += f", every {token.period} s"
        lines["Clock"] = "not known before the first code"
        if drift is not None:
            lines["Clock"] = (
                f"{_offset(drift.offset)} (give or take {drift.spread(drift.at):.0f} s) "
                f"on {instant(drift.at)}, drifting {drift.rate * 1e6:+.1f} ppm"
            )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in lines.items():
        table.add_row(name, Text(safe(value)))
    return table


def key_data(key: ApiKey) -> dict[str, Any]:
    """Return what is kept of an API key, for JSON: not the key."""
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope,
        "created": key.created,
        "revoked": key.revoked,
    }


def key_list(keys: list[ApiKey]) -> RenderableType:
    """Return a table of API keys, a line each."""
    if not keys:
        return Text("No API keys. Add one: host-verify apikey add --scope verify NAME")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "Name", "Scope", "Added", "Revoked"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "Name")
    for key in keys:
        revoked = "" if key.revoked is None else instant(key.revoked)
        cells = (key.id, key.name, key.scope, instant(key.created), revoked)
        table.add_row(*(Text(safe(cell)) for cell in cells))
    return table


def seal_key_data(key: SealKey) -> dict[str, Any]:
    """Return what is known of a key that tokens seal to, for JSON: not the private key."""
    return {
        "id": key.id,
        "fingerprint": key.fingerprint,
        "pem": key.pem(),
        "created": key.created,
        "retired": key.retired,
    }


def seal_key_list(keys: list[SealKey]) -> RenderableType:
    """Return a table of the keys that tokens seal to, a line each."""
    if not keys:
        return Text("No keys. Make the first one: host-verify key show")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Fingerprint", "Made", "Retired"):
        table.add_column(heading, no_wrap=True)
    for key in keys:
        retired = "" if key.retired is None else instant(key.retired)
        table.add_row(key.fingerprint, instant(key.created), retired)
    return table


def entry_data(linked: Linked) -> dict[str, Any]:
    """Return an entry of the audit for JSON."""
    return entry_row(linked) | {"link": linked.link.hex()}


def entry_list(entries: list[Linked]) -> RenderableType:
    """Return a table of audit entries, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("No.", "When", "By", "What", "Result", "User", "Token"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("No.", "Token"))
    for linked in entries:
        entry = linked.entry
        by = f"{entry.actor.door} {entry.actor.name}".strip()
        cells = (str(linked.seq), instant(entry.at), by, entry.action, entry.reason, entry.user, entry.token)
        table.add_row(*(Text(safe(cell or "")) for cell in cells))
    return table


def examination_data(found: Examination) -> dict[str, Any]:
    """Return what an examination of the audit found, for JSON."""
    return {"whole": not found.faults, **asdict(found)}


def examination_text(found: Examination) -> str:
    """Return what an examination of the audit found, for people."""
    lines = []
    for fault in found.faults:
        which = (
            f"Entry {fault.first}" if fault.first == fault.last else f"Entries {fault.first} to {fault.last}"
        )
        lines.append(f"{which}: {fault.what}")
    state = "not as it was written" if found.faults else "whole"
    return "\n".join([*lines, f"The audit is {state}: {found.entries} entries, head {found.head}"])


def safe(text: str) -> str:
    """Return `text` with everything that acts on a terminal, or hides in it, as an escape."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in _HIDDEN
        else character.encode("unicode_escape").decode()
        for character in text
    )


def show(what: RenderableType) -> None:
    """Print text or a table to standard output, in colour where it is a terminal."""
    if isinstance(what, str):
        what = Text(safe(what))
    Console(highlight=False).print(what, soft_wrap=isinstance(what, Text))


def _account(token: Token) -> str:
    return f"{token.issuer}: {token.name}" if token.issuer else token.name


def _standing(token: Token, policy: Policy, utc: int) -> str:
    status = token.state.status
    locked, until = _lock(token, policy, utc)
    if not locked or status not in (Status.ACTIVE, Status.NEW, Status.LOST):
        return str(status)
    return f"{'lost, ' if status is Status.LOST else ''}locked" + (
        f" until {instant(until)}" if until else ""
    )


def _lock(token: Token, policy: Policy, utc: int) -> tuple[bool, int | None]:
    """Tell whether failures have locked a token at `utc`, and until when; None is until it is enabled."""
    refusal = held_back(token.state, utc, policy)
    if refusal is None or refusal.reason is not Reason.LOCKED:
        return False, None
    return True, None if refusal.retry_after is None else utc + refusal.retry_after


def _offset(seconds: float) -> str:
    whole = round(abs(seconds))
    if whole < 120:
        size = f"{whole} s"
    elif whole < 7200:
        size = f"{whole // 60} min {whole % 60} s"
    else:
        size = f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{size} {'fast' if seconds > 0 else 'slow'}" if whole else "exact"


def instant(utc: int) -> str:
    """Return a time of UTC seconds as people read it."""
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
