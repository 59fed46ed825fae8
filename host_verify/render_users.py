"""How users are shown: as data for JSON, as text for people. Never a PIN."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .people import Person
from .policy import Policy
from .records import Token
from .render import instant, safe, token_data, token_list


def user_data(who: Person) -> dict[str, Any]:
    """Return what there is to know of a user, for JSON: pin_set and locked are since when, or null."""
    return {"name": who.name, "created": who.created, "pin_set": who.pin_set, "locked": who.locked}


def tokens_data(tokens: list[Token], policy: Policy, utc: int) -> list[dict[str, Any]]:
    """Return a user's tokens for JSON."""
    return [token_data(each, policy, utc) for each in tokens]


def user_list(users: list[Person]) -> RenderableType:
    """Return a table of users, a line each."""
    if not users:
        return Text("No users. Whoever is given a token is one; or add one: host-verify user add NAME")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("User", "Added", "PIN", "Locked"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "User")
    for who in users:
        cells = (who.name, instant(who.created), _since(who.pin_set, "none"), _since(who.locked, "no"))
        table.add_row(*(Text(safe(cell)) for cell in cells))
    return table


def user_card(who: Person, tokens: list[Token], policy: Policy, utc: int) -> RenderableType:
    """Return everything of one user, a line each, and his tokens."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    lines = {
        "User": who.name,
        "Added": instant(who.created),
        "PIN": _since(who.pin_set, "none: the code alone"),
        "Locked": _since(who.locked, "no"),
    }
    for name, value in lines.items():
        table.add_row(name, Text(safe(value)))
    return (
        Group(table, Text(), token_list(tokens, policy, utc)) if tokens else Group(table, Text("No tokens"))
    )


def _since(utc: int | None, otherwise: str) -> str:
    return otherwise if utc is None else f"since {instant(utc)}"
