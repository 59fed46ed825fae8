"""What Yubico's personalisation tools write of the keys that they program.

The traditional form: kind, time, slot, public identity, private identity, key, two access codes, and the
options, of which the fourth is the number of digits. The Yubico form: serial number, public identity, private
identity (0 for OATH-HOTP), key, access code, time. Only OATH-HOTP is a code in the sense of RFC 4226.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .tables import Row

_KINDS = ("oath-hotp", "yubico otp", "static password", "challenge-response", "logging start")
_SECRET, _DIGITS = 5, 12  # columns of the traditional form
_OTHER = "only OATH-HOTP can be checked here"


def is_one(cells: list[str]) -> bool:
    """Tell whether the first line of a table is Yubico's."""
    if cells[0].lower() in _KINDS:
        return True
    return len(cells) >= 6 and cells[0].isdigit() and cells[2] == "0" and not cells[1]


def rows(table: list[tuple[int, list[str]]]) -> "tuple[list[Row], list[tuple[int, str]]]":
    """Return the tokens of a table, and number and fault of each line that is none."""
    from .tables import Row  # noqa: PLC0415  # which reads with this

    found: list[Row] = []
    faults: list[tuple[int, str]] = []
    for number, cells in table:
        kind = cells[0].lower()
        if kind == "logging start":
            continue
        if kind == "oath-hotp" and len(cells) > _SECRET:
            digits = cells[_DIGITS] if len(cells) > _DIGITS and cells[_DIGITS] in ("6", "8") else "6"
            serial = f"{cells[3]} slot {cells[2]}".strip() if cells[3] else ""
            values = {"serial": serial, "secret": cells[_SECRET], "kind": "hotp", "digits": digits}
            values |= {"name": serial or f"YubiKey of line {number}"}
        elif kind.isdigit() and len(cells) > 3 and cells[2] == "0":
            values = {"serial": kind, "secret": cells[3], "kind": "hotp"}
        else:
            faults.append((number, _OTHER))
            continue
        found.append(Row(number, {name: value for name, value in values.items() if value}))
    return found, faults
