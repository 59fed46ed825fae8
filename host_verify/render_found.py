"""What a search for a token has found, as JSON and as text."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .finding import Search
from .render import safe


def data(search: Search) -> dict[str, Any]:
    """Return a search's answer for JSON. Its numbers are those of `finding.Search`."""
    return {
        "found": [
            {
                "token": match.token.id,
                "user": match.token.user,
                "serial": match.token.serial,
                "status": str(match.token.state.status),
                "step": match.step,
            }
            for match in search.matches
        ],
        "tokens": search.tokens,
        "codes": search.codes,
        "expected": search.expected,
        "chance": search.chance,
    }


def text(search: Search, two: bool) -> RenderableType:
    """Return a search's answer for people. `two` says that two codes were given."""
    odds = Text(
        f"Compared: {search.tokens:,} token{'' if search.tokens == 1 else 's'}. Of these, an arbitrary code "
        f"names a wrong one with a chance of {_percent(search.chance)}."
        + ("" if two or search.chance < 0.001 else " To be sure, give two codes in a row: --two.")
    )
    if not search.matches:
        return Group(Text("No token shows this code now."), odds)
    table = Table("Token", "User", "Serial", "Status", box=None, pad_edge=False)
    for match in search.matches:
        token = match.token
        cells = (token.id, token.user or "(nobody)", token.serial or "", str(token.state.status))
        table.add_row(*(Text(safe(cell)) for cell in cells))
    return Group(table, odds)


def _percent(chance: float) -> str:
    return f"{100 * chance:.2g} %" if chance >= 1e-5 else f"{chance:.1e}"
