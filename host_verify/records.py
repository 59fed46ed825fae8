"""A token as the store keeps it: what its row holds, and what of it is sealed and marked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from . import flat
from .core import State, Status
from .drift import Drift
from .schema import token
from .windows import Noticed

_NAMES = tuple(column.name for column in token.columns)
CHANGING = _NAMES[_NAMES.index("status") :]  # the columns that a change of state changes, the mark last
_FIXED = _NAMES[: -len(CHANGING)]
_BELIEF = len(fields(Drift))


@dataclass(frozen=True, slots=True)
class Token:
    """One token of one user. The shared secret is sealed: `Store.key` makes it ready for matching.

    id is 8 hexadecimal digits, created in UTC seconds; kind to name are the account's (see tokencore);
    version counts the changes of `state`.
    """

    id: str
    user: str
    serial: str | None
    created: int
    kind: str
    algorithm: str
    digits: int
    period: int
    t0: int
    issuer: str
    name: str
    state: State
    version: int
    sealed: bytes = field(repr=False)
    fingerprint: bytes = field(repr=False)

    def context(self) -> bytes:
        """Return what the sealed secret is bound to: everything that says whose and what it is."""
        return flat.text((self.id, self.user, self.serial, self.created, *self._parameters())).encode()

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which the row's mark is taken."""
        return Fixed(self).content(self)

    def row(self, mark: bytes) -> dict[str, Any]:
        """Return the values of all columns of the table by name."""
        head = (self.id, self.user, self.serial, self.created, *self._parameters())
        return dict(zip(_FIXED, (*head, self.sealed, self.fingerprint), strict=True)) | self.changed(mark)

    def changed(self, mark: bytes) -> dict[str, Any]:
        """Return the values of the columns that a change of state changes, by name."""
        return dict(zip(CHANGING, (*self.changing(), mark), strict=True))

    def _parameters(self) -> tuple[Any, ...]:
        return (self.kind, self.algorithm, self.digits, self.period, self.t0, self.issuer, self.name)

    def changing(self) -> tuple[Any, ...]:
        """Return the values of CHANGING but the mark."""
        status, next_step, failures, failed_at, drift, noticed = self.state
        return (str(status), str(next_step), failures, failed_at, _clock_text(drift, noticed), self.version)


class Fixed:
    """What of a token's row stays as it is when its state changes, put together once for many marks."""

    __slots__ = ("_before", "context")

    def __init__(self, token: Token) -> None:
        self.context = token.context()
        self._before = flat.text([self.context.decode(), token.sealed.hex(), token.fingerprint.hex()])[:-1]

    def content(self, token: Token) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        return f"{self._before},{flat.text(token.changing())[1:]}".encode()


def token_of(row: Sequence[Any]) -> tuple[Token, bytes]:
    """Return the Token and the mark that a row of the table holds.

    Raises ValueError or TypeError if the row is damaged.
    """
    # fmt: off
    (
        token_id, user, serial, created, kind, algorithm, digits, period, t0, issuer, name,
        sealed, fingerprint, status, next_step, failures, failed_at, drift, version, mark,
    ) = row
    state = State(Status(status), int(next_step), failures, failed_at, *clock_of(drift))
    token = Token(
        token_id, user, serial, created, kind, algorithm, digits, period, t0, issuer, name,
        state, version, sealed, fingerprint,
    )
    # fmt: on
    return token, mark


def _clock_text(drift: Drift | None, noticed: Noticed | None) -> str | None:
    """Return the column `drift`: Drift's fields, if it is known, then those of a noticed code, if any."""
    if drift is None and noticed is None:
        return None
    values: tuple[float, ...] = noticed or ()
    if drift is not None:
        belief = (drift.at, drift.offset, drift.rate)
        values = (*belief, drift.offset_variance, drift.covariance, drift.rate_variance, *values)
    return json.dumps(values)


def clock_of(text: str | None) -> tuple[Drift | None, Noticed | None]:
    """Return what `_clock_text` was made of."""
    if text is None:
        return None, None
    values = json.loads(text)
    belief = _BELIEF if len(values) >= _BELIEF else 0
    rest = values[belief:]
    return Drift(*values[:belief]) if belief else None, Noticed(*rest) if rest else None
