"""PINs: what a user types in front of the code, where he has one.

A PIN is kept as its Argon2id, sealed under the store's key: whoever has the database alone cannot even begin
to guess, and whoever has the key too pays for each guess.
"""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from tokencore.errors import BadValue

from . import people, stretching
from .people import Person
from .sealing import Sealer

SHORTEST, LONGEST = 4, 64  # characters


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the first `length` characters of what was typed are the PIN that `kept` was made of."""

    kept: bytes
    length: int
    right: bool


def plain(text: str) -> str:
    """Return what was typed without its spaces, in Unicode's composed form: displays show codes in groups."""
    return unicodedata.normalize("NFC", text.replace(" ", ""))


def checked(text: str) -> str:
    """Return a new PIN. Raises BadValue, whose text holds nothing of it, if it cannot be one."""
    pin = unicodedata.normalize("NFC", text)
    if not SHORTEST <= len(pin) <= LONGEST:
        raise BadValue("PIN", f"{SHORTEST} to {LONGEST} characters are possible")
    if any(each.isspace() or unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in pin):
        raise BadValue("PIN", "spaces, control characters and invisible ones are not possible")
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if steps <= {0} or steps <= {1} or steps <= {-1}:
        raise BadValue("PIN", "one character again and again, or a row like 1234, is guessed first")
    return pin


def stretched(pin: str) -> bytes:
    """Return what is kept of a PIN, for `seal`. Takes its time."""
    return stretching.stretched(pin.encode())


def seal(sealer: Sealer, person: Person, kept: bytes) -> bytes:
    """Return it sealed, bound to the user."""
    return sealer.seal(kept, person.context())


def prove(sealer: Sealer, place: object, person: Person, typed: str, length: int) -> Proof:
    """Compare the first `length` characters of `typed` with the PIN that a user has. Takes its time."""
    assert person.pin is not None
    kept = sealer.unseal(person.pin, person.context())
    if kept is None:
        raise people.damaged(place, person.name)
    return Proof(person.pin, length, stretching.fits(typed[:length].encode("utf-8", "surrogatepass"), kept))
