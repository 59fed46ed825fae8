"""The table of docs/security.md that says what is open: by the reason of a start and the state of boot.py."""

from __future__ import annotations

import re
from functools import cache

from boards.simulator.simulator import FIRMWARE
from tests.docs.pages import ROOT

BOOTS = ("as it is", "missing", "fails at once", "fails at its end")


@cache
def matrix() -> dict[tuple[str, str], str]:
    """Return {(reason, one of BOOTS): "open" or "closed"}."""
    page = (ROOT / "docs/security.md").read_text("utf-8")
    head, _line, *rows = page[page.index("| the token starts because") :].split("\n\n")[0].splitlines()
    assert [cell.strip().removeprefix("`boot.py` ") for cell in head.split("|")[2:-1]] == list(BOOTS)
    found = {}
    for row in rows:
        start, *states = [cell.strip() for cell in row.split("|")[1:-1]]
        for reason in re.findall("`([A-Z_]+)`", start):
            found |= {(reason, boot): state for boot, state in zip(BOOTS, states, strict=True)}
    return found


def boot_py(boot: str) -> bytes | None:
    """Return the content of boot.py in that state; None where it is missing."""
    whole = (FIRMWARE / "boot.py").read_bytes()
    failing = b'raise RuntimeError("on purpose")\n'
    states = (whole, None, failing + whole, whole + failing)
    return dict(zip(BOOTS, states, strict=True))[boot]
