"""How the report of a fleet's clocks is shown: as data for JSON, as text for people."""

from statistics import median
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .render import instant, safe
from .report import Survey

_SHOWN = 20  # tokens, for people


def data(found: Survey) -> dict[str, Any]:
    """Return a report for JSON: times in UTC seconds, offsets in seconds, chances from 0 to 1."""
    offsets = found.offsets
    return {
        "utc": found.utc,
        "clocks": found.clocks,
        "unseen": found.unseen,
        "counters": found.counters,
        "counter_codes": found.counter_codes,
        "codes": {"mean": round(found.mean_codes, 3), "tokens": _by_codes(found)},
        "guess": {"mean": found.mean_odds, "most": found.most_odds},
        "offset": None
        if not offsets
        else {
            "least": round(min(offsets)),
            "greatest": round(max(offsets)),
            "median": round(median(map(abs, offsets))),
        },
        "several": [{"user": each.user, "tokens": each.tokens, "guess": each.odds} for each in found.several],
        "leaving": [
            {"token": each.id, "user": each.user or None, "why": each.why, "when": each.when}
            for each in found.leaving
        ],
        "left_out": found.left_out,
    }


def text(found: Survey) -> RenderableType:
    """Return a report for people."""
    lines = {"Tokens in use": _tokens(found)}
    if found.clocks + found.unseen:
        shares = ", ".join(f"{number} for {count:,}" for number, count in _by_codes(found).items())
        lines["Codes right"] = f"now {found.mean_codes:.2f} on average: {shares} of the tokens"
        lines["A guess is right"] = (
            f"{_odds(found.mean_odds)} on average, at most {_odds(found.most_odds)}, of those that tell time"
        )
    if found.offsets:
        lines["Clocks"] = (
            f"{min(found.offsets):+,.0f} s to {max(found.offsets):+,.0f} s, half of them within "
            f"{median(map(abs, found.offsets)):,.0f} s"
        )
    for each in found.several[:1]:
        lines["Several tokens"] = (
            f"a guess at {each.user}, who has {each.tokens}, is right {_odds(each.odds)}"
        )
    lines["About to leave"] = (
        f"{len(found.leaving) + found.left_out:,}" if found.leaving else "none within two weeks"
    )
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in lines.items():
        facts.add_row(name, Text(safe(value)))
    return Group(facts, "", _leaving(found)) if found.leaving else facts


def _leaving(found: Survey) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Token", "User", "When", "Why"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("Token", "When"))
    for each in found.leaving[:_SHOWN]:
        cells = (each.id, each.user or "(nobody's)", instant(each.when)[:10], each.why)
        table.add_row(*(Text(safe(cell)) for cell in cells))
    more = len(found.leaving) - _SHOWN
    return Group(table, Text(f"… and {more:,} more: --json names them")) if more > 0 else table


def _tokens(found: Survey) -> str:
    told = [f"{found.clocks:,} with a clock that is known", f"{found.unseen:,} of which no code was seen yet"]
    if found.counters:
        told.append(f"{found.counters:,} that count ({found.counter_codes} codes of each are right)")
    return ", ".join(told)


def _by_codes(found: Survey) -> dict[str, int]:
    return {str(number): found.codes[number] for number in sorted(found.codes)}


def _odds(chance: float) -> str:
    return f"{chance * 1e6:.2f} in a million"
