"""Tables of seeds, as makers of tokens deliver them: CSV, or columns parted by semicolons, tabs or spaces.

Known are tables with a line of headings (among them those of Token2, Feitian and others for Microsoft's Entra
ID: upn, serial number, secret key, time interval, manufacturer, model), tables without one in OATH's order
(serial number, secret, kind, digits, time step), and what Yubico's personalisation tools write.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tokencore import base32
from tokencore.account import Account
from tokencore.errors import BadValue

from ..errors import NotDone
from ..intake import Problem, Seed
from . import yubico
from .assumed import Assumed
from .numbers import whole

_COLUMNS = {
    "serial": ("serial", "serialnumber", "serialno", "sn", "tokenserial", "tokenserialnumber", "tokenid"),
    "secret": ("secret", "secretkey", "seed", "key", "otpkey", "secrethex", "secretbase32", "seedhex"),
    "user": ("upn", "user", "username", "userid", "login", "owner"),
    "period": ("timeinterval", "timestep", "period", "interval", "step"),
    "digits": ("digits", "otplength", "otplen", "length"),
    "kind": ("type", "kind", "tokentype", "otptype"),
    "algorithm": ("algorithm", "hash", "hashalgorithm", "hashlib"),
    "counter": ("counter", "movingfactor"),
    "issuer": ("issuer", "manufacturer"),
    "name": ("name", "label", "account"),
    "model": ("model",),
}
_BY_HEADING = {heading: name for name, headings in _COLUMNS.items() for heading in headings}
_OATH = ("serial", "secret", "kind", "digits", "moving")
_ONLY_HEX, _ONLY_BASE32 = set("0189"), set("GHIJKLMNOPQRSTUVWXYZ")
_LONGEST = 4096  # characters of a line


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table by the names of its columns; what is empty is left out."""

    number: int
    cells: Mapping[str, str]


def read(text: str, assumed: Assumed) -> tuple[list[Seed], list[Problem]]:
    """Return the seeds of a table. Raises NotDone where its columns or its secrets' encoding are unclear."""
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    table = _cells(lines)
    if yubico.is_one(table[0][1]):
        rows, passed = yubico.rows(table)
        problems = [Problem(f"line {number}", why) for number, why in passed]
    else:
        rows, problems = _rows(table), []
    encoding = assumed.encoding or _encoding(row.cells.get("secret", "") for row in rows)
    seeds: list[Seed] = []
    for row in rows:
        place = f"line {row.number}"
        try:
            seeds.append(_seed(place, row.cells, assumed, encoding))
        except BadValue as error:
            problems.append(Problem(place, str(error)))
    return seeds, problems


def _cells(lines: list[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    for number, line in lines:
        if len(line) > _LONGEST:
            raise NotDone(f"line {number} is too long: the file is no table of tokens")
    first = lines[0][1]
    delimiter = next((mark for mark in ("\t", ";", ",") if mark in first), None)
    if delimiter is None:
        return [(number, line.split()) for number, line in lines]
    found = csv.reader((line for _, line in lines), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        cells = [[cell.strip() for cell in row] for row in found]
    except csv.Error:
        raise NotDone("the file is no table: a quotation mark is not closed, or a line has a NUL") from None
    if len(cells) != len(lines):
        raise NotDone("a quotation mark in the table is not closed")
    return [(number, row) for (number, _), row in zip(lines, cells, strict=True)]


def _rows(table: list[tuple[int, list[str]]]) -> list[Row]:
    headings = [_BY_HEADING.get("".join(c for c in cell.lower() if c.isalnum())) for cell in table[0][1]]
    if "secret" in headings:
        names: list[str | None] = headings
        table = table[1:]
    elif any(headings):
        raise NotDone("no heading of the table names the secrets: call that column secret")
    else:
        names = list(_OATH)
    rows = []
    for number, row in table:
        cells = {name: cell for name, cell in zip(names, row, strict=False) if name and cell}
        rows.append(Row(number, _placed(cells)))
    return rows


def _placed(cells: dict[str, str]) -> dict[str, str]:
    """Return the cells with OATH's last column under the name that it has for this kind of token."""
    moving = cells.pop("moving", None)
    if moving is not None:
        cells["counter" if cells.get("kind", "").lower() == "hotp" else "period"] = moving
    return cells


def _encoding(secrets: Iterable[str]) -> str:
    """Return how the secrets of the table are written, for one maker writes all alike.

    Raises NotDone where no secret has a character that only one of the two has.
    """
    found = [set("".join(secret.split()).upper()) for secret in secrets if secret]
    hexadecimal = sum(bool(secret & _ONLY_HEX) for secret in found)
    base32s = sum(bool(secret & _ONLY_BASE32) for secret in found)
    if hexadecimal == base32s and found:
        raise NotDone("the secrets may be hexadecimal or base32: say which with --encoding")
    return "hex" if hexadecimal > base32s else "base32"


def _seed(place: str, cells: Mapping[str, str], assumed: Assumed, encoding: str) -> Seed:
    kind = cells.get("kind", "").lower() or ("totp" if "period" in cells else assumed.kind)
    if kind is None:
        raise BadValue("type", "the file does not say whether it is hotp or totp: say so with --kind")
    if kind not in ("hotp", "totp"):
        raise BadValue("type", "hotp and totp are possible")
    text = cells.get("secret", "")
    if not text:
        raise BadValue("secret", "it is missing")
    algorithm = cells.get("algorithm", assumed.algorithm).upper().replace("-", "").removeprefix("HMAC")
    serial = cells.get("serial")
    name = cells.get("name") or cells.get("user") or serial
    if not name:
        raise BadValue("serial", "the line says neither a serial number nor whose the token is")
    account = Account(
        _decoded(text, encoding), name[:64], cells.get("issuer", "")[:64], kind, algorithm,
        _whole("digits", cells.get("digits"), assumed.digits),
        period=_whole("time step", cells.get("period"), assumed.period) if kind == "totp" else 30,
        counter=_whole("counter", cells.get("counter"), 0) if kind == "hotp" else 0,
    )  # fmt: skip
    return Seed(place, account, cells.get("user", ""), serial)


def _decoded(text: str, encoding: str) -> bytes:
    if encoding == "base32":
        return base32.decode(text)
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadValue("secret", "it is not hexadecimal") from None


def _whole(field: str, text: str | None, default: int) -> int:
    return default if text is None else whole(field, text)
