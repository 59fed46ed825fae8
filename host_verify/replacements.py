"""Codes that stand in for a lost token: drawn at random, shown once, each accepted once and only for a time.

A code is ten characters of Crockford's base 32 (about 50 bits), of which the first is a letter, so that none
is taken for the digits of a token. Kept is a keyed digest of it, bound to the token.
"""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import sqlalchemy as sa

from .database import RESTORE
from .errors import VerifierError
from .schema import replacement
from .sealing import Sealer

MOST = 20  # at one time
LONGEST = 90 * 86_400  # s, until their end
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS = "0123456789" + _LETTERS
_HALF = 5
_ALIKE = str.maketrans("OIL", "011")
_FORM = re.compile(rf"([{_LETTERS}][0-9A-Z]{{{_HALF - 1}}})-?([0-9A-Z]{{{_HALF}}})")

_DROP = sa.delete(replacement).where(replacement.c.token == sa.bindparam("of"))


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is kept of a code. Times are UTC seconds; at `until` it is accepted no more."""

    digest: bytes = field(repr=False)
    token: str
    created: int
    until: int
    used: int | None = None

    def row(self, sealer: Sealer) -> dict[str, Any]:
        """Return the values of all columns of the table by name."""
        names = [column.name for column in replacement.columns]
        return dict(zip(names, (*astuple(self), self._mark(sealer)), strict=True))

    def _mark(self, sealer: Sealer) -> bytes:
        values = ["replacement", self.digest.hex(), self.token, self.created, self.until, self.used]
        return sealer.row_mark(json.dumps(values, separators=(",", ":")).encode())

    def is_marked(self, sealer: Sealer, mark: bytes) -> bool:
        """Tell whether `mark` is the row's."""
        return hmac.compare_digest(self._mark(sealer), mark)


def draw(count: int) -> list[str]:
    """Return new codes, as they are shown: two groups of five."""
    codes = []
    for _ in range(count):
        code = secrets.choice(_LETTERS) + "".join(secrets.choice(_SYMBOLS) for _ in range(2 * _HALF - 1))
        codes.append(f"{code[:_HALF]}-{code[_HALF:]}")
    return codes


def dropped(token_id: str, made: Sequence[dict[str, Any]] = ()) -> Callable[[sa.Connection], bool]:
    """Return the work that ends a token's codes, and puts the rows `made` in their place."""

    def work(connection: sa.Connection) -> bool:
        connection.execute(_DROP, {"of": token_id})
        if made:
            connection.execute(replacement.insert(), made)
        return True

    return work


def parted(typed: str) -> tuple[int, str] | None:
    """Return where a code begins in what was typed, and the code; None if it does not end in one's form.

    Small letters are as good, and O, I and L are read as 0 and 1, but for the first character.
    """
    for length in (2 * _HALF + 1, 2 * _HALF):
        start = len(typed) - length
        written = typed[max(0, start) :]
        if start >= 0 and written.isascii() and (form := _FORM.fullmatch(written.upper())):
            return start, form[1] + form[2]
    return None


def digest(sealer: Sealer, token_id: str, code: str) -> bytes:
    """Return the 16 bytes by which a code of a token is known again."""
    code = code.replace("-", "").translate(_ALIKE)
    return sealer.row_mark(f"replacement code {token_id} {code}".encode())


def of_row(row: Sequence[Any], sealer: Sealer, place: object) -> Replacement:
    """Return what a row of the table holds. Raises VerifierError if it was altered."""
    *values, mark = row
    found = Replacement(*values)
    if not found.is_marked(sealer, mark):
        raise VerifierError(
            f"{place}: a replacement code's row of token {found.token} was altered: {RESTORE}"
        )
    return found
