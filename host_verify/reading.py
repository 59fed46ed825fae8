"""Reading a file of seeds, whichever kind it is of."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from . import enrolments, seeds
from .errors import NotDone
from .intake import Problem, Seed
from .seeds.secret import Secret
from .store import Store

MOST = 1 << 29  # bytes of a file


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds. `source` names its kind and its digest, for the audit."""

    source: str
    seeds: list[Seed]
    problems: list[Problem]


def read(store: Store, name: str, secret: Secret, assumed: seeds.Assumed) -> Found:
    """Return what the file `name` holds; - is standard input.

    Raises NotDone where nothing in it can be read, click's UsageError for a file that is not there.
    """
    data = _bytes(name)
    document = enrolments.parsed(data) if data[:1] == b"{" else None
    if document is not None and "fobsmith" in document:
        kind = "sealed enrolment"
        opened, problems = enrolments.opened(store, document)
        taken = [Seed(one.place, one.account, serial=one.serial, sealed=True) for one in opened]
    else:
        kind, taken, problems = seeds.read(data, document, secret, assumed)
    return Found(f"{kind} {hashlib.sha256(data).hexdigest()[:16]}", taken, problems)


def refuse_secrets(names: Sequence[str]) -> None:
    """Raise click's UsageError if a secret was given where a file's name belongs."""
    if any(name.lower().startswith(("otpauth:", "otpauth-migration:")) for name in names):
        raise click.UsageError(
            "an argument is seen by every user of this machine: consider that secret known, and give "
            "a new one on standard input or in a file"
        )


def _bytes(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(MOST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "that is no file's name"
        raise click.UsageError(f"a file of seeds cannot be read: {why}") from None
    if len(data) > MOST:
        raise NotDone(f"the file has more than {MOST >> 20} MiB: cut it into several")
    return data
