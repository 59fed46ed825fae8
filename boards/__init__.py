"""Board files: one `<board_id>.toml` for each board, read here and by the firmware on the board."""

import tomllib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class UnknownBoard(Exception):
    """There is no board file of that name."""


def ids() -> list[str]:
    """Return the known board ids, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def path(board_id: str) -> Path:
    """Return the board file of `board_id`. Raises UnknownBoard, whose text lists the known ones."""
    if board_id not in ids():
        raise UnknownBoard(f"no board is called {board_id!r}: choose one of {', '.join(ids())}")
    return FOLDER / f"{board_id}.toml"


def load(board_id: str) -> dict[str, Any]:
    """Return the board file of `board_id` as a dict of its sections. Raises UnknownBoard."""
    return tomllib.loads(path(board_id).read_text("utf-8"))
