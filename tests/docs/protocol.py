"""Writes the tables of docs/protocol.md from the code: `python -m tests.docs.protocol`."""

from __future__ import annotations

from pathlib import Path

from tokencore import errors, messages
from tokencore.statuses import BY_STATUS

PAGE = Path(__file__).parents[2] / "docs/protocol.md"


def commands() -> str:
    rows = ["| number | command | who | request | response |", "|---|---|---|---|---|"]
    for command in messages.COMMANDS:
        request, response = _fields(command.request), _fields(command.response)
        rows.append(f"| {command.number} | `{command.name}` | {command.who} | {request} | {response} |")
    return "\n".join(rows)


def _fields(fields: tuple[messages.Field, ...]) -> str:
    return "<br>".join(f"{field.number} {field.name}: {_kind(field)}" for field in fields) or "none"


def _kind(field: messages.Field) -> str:
    if field.kind == "bool":
        kind = "bool"
    elif isinstance(field.kind, str):
        unit = "" if field.kind == "int" else " bytes"
        bounds = f"{field.low}" if field.low == field.high else f"{field.low} to {field.high}"
        kind = f"{field.kind}, {bounds}{unit}"
    elif isinstance(field.kind[0], str):
        kind = ", ".join(f"{index} = {choice}" for index, choice in enumerate(field.kind))
    else:
        kind = "array of maps: " + ", ".join(f"{inner.number} {inner.name}" for inner in field.kind)
    return kind + (" (optional)" if field.optional else "")


def statuses() -> str:
    rows = ["| status | name | meaning |", "|---|---|---|"]
    rows.append(f"| {messages.OK} | ok | done |")
    rows.append(f"| {messages.PRESS_AWAITED} | press awaited | the final answer follows |")
    for status, error in sorted(BY_STATUS.items()):
        rows.append(f"| {status} | {error.__name__} | {_meaning(error)} |")
    rows.append(f"| {errors.FobError.status} | FobError | The firmware failed; the text names how. |")
    return "\n".join(rows)


def _meaning(error: type[Exception]) -> str:
    return " ".join((error.__doc__ or "").split("\n\n")[0].split())


def written(page: str) -> str:
    """Return `page` with what follows each marker, up to the next heading, written anew."""
    for marker, table in (("commands", commands()), ("statuses", statuses())):
        head, rest = page.split(f"<!-- {marker} -->\n", 1)
        following = rest.find("\n## ")
        page = f"{head}<!-- {marker} -->\n\n{table}\n{rest[following:]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
