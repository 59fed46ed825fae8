"""Lists of otpauth:// URIs, one a line, and of Google Authenticator's otpauth-migration:// URIs."""

from tokencore import otpauth
from tokencore.errors import BadValue

from ..intake import Problem, Seed
from . import google

_NEITHER = "it is no otpauth:// and no otpauth-migration:// URI; # begins a comment"


def read(text: str) -> tuple[list[Seed], list[Problem]]:
    """Return the seeds of a list; empty lines and those that begin with # say nothing."""
    seeds: list[Seed] = []
    problems: list[Problem] = []
    batches = google.Batches()
    for number, raw in enumerate(text.splitlines(), 1):
        line, place = raw.strip(), f"line {number}"
        if not line or line.startswith("#"):
            continue
        try:
            if line.lower().startswith("otpauth-migration:"):
                for index, account in enumerate(batches.read(line), 1):
                    where = f"{place}, account {index}"
                    if isinstance(account, BadValue):
                        problems.append(Problem(where, str(account)))
                    else:
                        seeds.append(Seed(where, account))
            elif line.lower().startswith("otpauth:"):
                seeds.append(Seed(place, otpauth.parse(line)))
            else:
                problems.append(Problem(place, _NEITHER))
        except BadValue as error:
            problems.append(Problem(place, str(error)))
    return seeds, problems + batches.missing()
