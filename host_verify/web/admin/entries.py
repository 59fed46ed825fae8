"""The audit's entries as the pages' tables show them."""

from dataclasses import dataclass

from ...audit import Linked

_ATTEMPTS = ("verify", "resync", "sign in")
_GOOD = ("accepted", "done")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words; mood is good or bad for an attempt, and nothing for a change."""

    seq: int
    at: int
    action: str
    reason: str
    user: str | None
    token: str | None
    door: str
    actor: str
    mood: str


def row(linked: Linked) -> Row:
    """Return what is shown of an entry."""
    entry = linked.entry
    mood = ""
    if entry.action in _ATTEMPTS:
        mood = "good" if entry.reason in _GOOD else "bad"
    return Row(
        linked.seq,
        entry.at,
        entry.action,
        entry.reason.replace("_", " "),
        entry.user,
        entry.token,
        entry.actor.door,
        entry.actor.name,
        mood,
    )
