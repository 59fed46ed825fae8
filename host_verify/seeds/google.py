"""Google Authenticator's export: otpauth-migration://offline?data=, a protocol buffer in base64.

The message's fields: 1 accounts (1 secret, 2 name, 3 issuer, 4 algorithm, 5 digits, 6 type, 7 counter),
2 version, 3 size of the batch, 4 index in it, 5 its id. Large exports are several URIs, a batch.
"""

from base64 import b64decode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from tokencore.account import Account
from tokencore.errors import BadValue

from ..intake import Problem

_ALGORITHMS = {0: "SHA1", 1: "SHA1", 2: "SHA256", 3: "SHA512"}
_DIGITS = {0: 6, 1: 6, 2: 8}
_KINDS = {1: "hotp", 2: "totp"}
_BROKEN = "the migration URI is cut short or changed: export again"
_MOST = 1000  # URIs of a batch


class Batches:
    """Reads migration URIs, and knows which of a batch have not come."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, set[int]]] = {}

    def read(self, uri: str) -> list[Account | BadValue]:
        """Return the accounts of one URI, or in the place of one what is wrong with it. Raises BadValue."""
        try:
            # A plus stands for itself here, though a form would make a space of it.
            data = parse_qs(urlsplit(uri).query.replace("+", "%2B"), strict_parsing=True)["data"][0]
            payload = b64decode(data.replace(" ", "+") + "=" * (-len(data) % 4), validate=True)
            fields = list(_fields(payload))
        except (ValueError, KeyError):
            raise BadValue("uri", _BROKEN) from None
        numbers = {number: value for number, value in fields if isinstance(value, int)}
        size, index = numbers.get(3, 1), numbers.get(4, 0)
        if not index < size <= _MOST:
            raise BadValue("uri", _BROKEN)
        self._seen.setdefault(numbers.get(5, 0), (size, set()))[1].add(index)
        return [_account(value) for number, value in fields if number == 1 and isinstance(value, bytes)]

    def missing(self) -> list[Problem]:
        """Return a problem for each batch that is not whole."""
        found = []
        for size, seen in self._seen.values():
            lacking = [str(index + 1) for index in range(size) if index not in seen]
            if lacking:
                why = f"of the {size} migration URIs of this export number {', '.join(lacking)} is missing"
                found.append(Problem("the file", f"{why}: scan all of its QR codes"))
        return found


def _account(data: bytes) -> Account | BadValue:
    try:
        fields = dict(_fields(data))
        secret, name, issuer = (_bytes(fields.get(number, b"")) for number in (1, 2, 3))
        choices = []
        for what, number, allowed in (
            ("algorithm", 4, _ALGORITHMS),
            ("digits", 5, _DIGITS),
            ("type", 6, _KINDS),
        ):
            value = fields.get(number, 0)
            if value not in allowed:
                raise BadValue(what, "the app's value is not possible here")
            choices.append(allowed[value])  # type: ignore[index]
        algorithm, digits, kind = choices
        counter = fields.get(7, 0) if kind == "hotp" else 0
        label, by = name.decode().strip(), issuer.decode().strip()
        label = label.removeprefix(by + ":").strip() if by else label
        return Account(secret, label, by, kind, algorithm, digits, counter=counter)  # type: ignore[arg-type]
    except BadValue as error:
        return error
    except ValueError:
        return BadValue("uri", _BROKEN)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise BadValue("uri", _BROKEN)
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protocol buffer. Raises ValueError."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2 and value <= len(data) - at:
            yield tag >> 3, data[at : at + value]
            at += value
        else:
            raise ValueError


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            raise ValueError
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value & (1 << 64) - 1, at
    raise ValueError
