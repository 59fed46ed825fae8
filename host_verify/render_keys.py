"""How the store's master keys are shown: as data for JSON, as text for people. Never a key."""

from typing import Any

from rich.console import RenderableType
from rich.table import Table

from .masterkeys import MasterKey
from .render import instant


def master_key_data(key: MasterKey, used: MasterKey | None) -> dict[str, Any]:
    """Return what is known of a master key, for JSON; `used` is the one that the command was given."""
    return {"id": key.id, "kind": key.source, "created": key.created, "in_use": key == used}


def master_key_list(keys: list[MasterKey], used: MasterKey | None) -> RenderableType:
    """Return a table of the master keys, a line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ID", "Made", "Kind", ""):
        table.add_column(heading, no_wrap=True)
    for key in keys:
        table.add_row(key.id, instant(key.created), key.source, "the one given" if key == used else "")
    return table
