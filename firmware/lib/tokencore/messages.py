"""The wire's messages: CBOR arrays, checked against the table of commands (commands.txt, docs/protocol.md).

A request is the array [sequence, command, {field: value}], a response [sequence, status,
{field: value}]. Fields go by number; `encode_*` and `decode_*` turn them from and into dicts by name.
An error's map has one text under TEXT. A request with a field that the table lacks is refused; a
response may have more fields than the reader knows.
"""

from collections import namedtuple

from . import cbor, errors
from .account import KINDS, MAX_LABEL, MAX_SECRET, MAX_TIME, TYPED, TYPINGS, Account, choice, whole
from .otp import ALGORITHMS, MAX_COUNTER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Fields = tuple["Field", ...]

PROTOCOL = 2
OK = 0
PRESS_AWAITED = 1  # Not the end: the final response follows under the same sequence number.
TEXT = 0
MAX_SEQUENCE = 0xFFFFFFFF
CONFIRM_MS = 15000  # How long a request that needs a press waits for it.
PAIR_MS = 60000  # How long the digits of a pairing are shown.
SET_AHEAD_MS = 5000

CLOCK_STATES = ("ok", "not set", "failed")
LAYOUTS = ("us", "uk", "de", "fr", "es", "it", "nordic", "ch", "modhex")
LANGUAGES = ("en", "de", "es")
ROLES = ("stranger", "clock", "owner")

# Who may ask: everybody, outside the channel; everybody inside it; who may set the clock; the owner alone.
PLAIN, ANYBODY, CLOCK, OWNER = "plain", "anybody", "clock", "owner"

MAX_DOUBT_MS = 60000
MAX_PATH = 200  # bytes of a path on the drive

# kind: "int", "bytes", "text", "bool", a tuple of choices, or a tuple of Fields for a list of maps.
# low and high bound an int's value and a bytes' or text's length in bytes.
Field = namedtuple("Field", ("number", "name", "kind", "low", "high", "optional"))
Command = namedtuple("Command", ("number", "name", "who", "request", "response"))

# What the vault keeps of an account; of it, what an account is, and what the list tells of it.
STORED = (
    Field(1, "issuer", "text", 0, MAX_LABEL, False),
    Field(2, "name", "text", 0, MAX_LABEL, False),
    Field(3, "kind", KINDS, 0, 0, False),
    Field(4, "algorithm", ALGORITHMS, 0, 0, False),
    Field(5, "digits", "int", 6, 8, False),
    Field(6, "period", "int", 1, 3600, False),
    Field(7, "t0", "int", 0, MAX_TIME, False),
    Field(8, "counter", "int", 0, MAX_COUNTER, False),
    Field(9, "secret", "bytes", 1, MAX_SECRET, False),
    Field(10, "typing", TYPINGS, 0, 0, True),
)
PUBLIC = STORED[:8]
LISTED = PUBLIC + STORED[9:]


class _Commands:
    """The table: `COMMANDS["hello"]` and `COMMANDS[1]` are the same Command; a loop gives all of them."""

    def __iter__(self) -> "Iterator[Command]":
        from . import rows

        return iter(rows.every())

    def __getitem__(self, key: "str | int") -> Command:
        command = self.get(key)
        if command is None:
            raise KeyError(key)
        return command

    def get(self, key: "str | int") -> "Command | None":
        """Return the Command of that name or number, or None."""
        from . import rows  # A token that no host speaks to needs none of it.

        return rows.find(key)


COMMANDS = _Commands()


def pack(fields: "Fields", values: "dict[str, Any]") -> "dict[int, Any]":
    """Return `values` (dict by name) as a map by number, checked against `fields`."""
    unknown = [name for name in values if name not in [field.name for field in fields]]
    if unknown:
        raise errors.BadValue(unknown[0], "this command has no such field")
    packed: "dict[int, Any]" = {}
    for field in fields:
        value = values.get(field.name)
        if value is not None:
            packed[field.number] = _outward(field, value)
        elif not field.optional:
            raise errors.BadValue(field.name, "it is missing")
    return packed


def unpack(fields: "Fields", packed: object, strict: bool) -> "dict[str, Any]":
    """Return the map `packed` as a dict by name, checked; unknown fields raise if `strict`."""
    if not isinstance(packed, dict):
        raise errors.BadMessage("the fields are not a map")
    if strict and [number for number in packed if number not in [field.number for field in fields]]:
        raise errors.BadMessage("a field is unknown to this command")
    values: "dict[str, Any]" = {}
    for field in fields:
        value = packed.get(field.number)
        if value is not None:
            values[field.name] = _inward(field, value, strict)
        elif not field.optional:
            raise errors.BadValue(field.name, "it is missing")
    return values


def _outward(field: Field, value: "Any") -> "Any":
    if isinstance(field.kind, tuple):
        if isinstance(field.kind[0], str):
            return field.kind.index(choice(field.name, value, field.kind))
        return [pack(field.kind, item) for item in value]
    return _checked(field, value)


def _inward(field: Field, value: "Any", strict: bool) -> "Any":
    if isinstance(field.kind, tuple):
        if isinstance(field.kind[0], str):
            return field.kind[whole(field.name, value, 0, len(field.kind) - 1)]
        if not isinstance(value, list):
            raise errors.BadValue(field.name, "a list is needed")
        return [unpack(field.kind, item, strict) for item in value]
    return _checked(field, value)


def _checked(field: Field, value: "Any") -> "Any":
    if field.kind == "int":
        return whole(field.name, value, field.low, field.high)
    if field.kind == "bool" and isinstance(value, bool):
        return value
    if field.kind == "text" and isinstance(value, str):
        try:
            size = len(value.encode("utf-8"))
        except UnicodeError:  # half a surrogate pair, as a host makes of an argument that is not UTF-8
            raise errors.BadValue(field.name, "it is not valid Unicode text") from None
    elif field.kind == "bytes" and isinstance(value, (bytes, bytearray)):
        size = len(value)
    else:
        raise errors.BadValue(field.name, "it is not " + field.kind)
    if not field.low <= size <= field.high:
        raise errors.BadValue(field.name, "%d to %d bytes are possible" % (field.low, field.high))
    return value


def encode_request(sequence: int, command: Command, values: "dict[str, Any]") -> bytes:
    """Return the payload of a request; `command` is a row of COMMANDS, `values` a dict by name."""
    return cbor.encode([sequence, command.number, pack(command.request, values)])


def decode_request(payload: bytes) -> "tuple[int, Command | None, object]":
    """Return (sequence, command, packed fields); `unpack` the fields with command.request.

    The command is None where the number is not in the table. Raises BadMessage.
    """
    sequence, number, packed = _triple(payload)
    return sequence, COMMANDS.get(number), packed


def encode_response(sequence: int, command: Command, values: "dict[str, Any]") -> bytes:
    """Return the payload of a good response."""
    return cbor.encode([sequence, OK, pack(command.response, values)])


def encode_status(sequence: int, status: int, text: str = "") -> bytes:
    """Return the payload of a response without fields: PRESS_AWAITED, or an error and its text."""
    return cbor.encode([sequence, status, {TEXT: text}])


def decode_response(payload: bytes) -> "tuple[int, int, dict[int, Any]]":
    """Return (sequence, status, packed fields). Raises BadMessage."""
    sequence, status, packed = _triple(payload)
    if not isinstance(packed, dict):
        raise errors.BadMessage("the fields are not a map")
    return sequence, status, packed


def _triple(payload: bytes) -> "tuple[int, int, Any]":
    parts = cbor.decode(payload)
    if not isinstance(parts, list) or len(parts) != 3:
        raise errors.BadMessage("a message is an array of three")
    for part in parts[:2]:
        if isinstance(part, bool) or not isinstance(part, int) or not 0 <= part <= MAX_SEQUENCE:
            raise errors.BadMessage("sequence and command are numbers of 32 bits")
    return parts[0], parts[1], parts[2]


def encode_account(account: Account) -> bytes:
    """Return `account` with its secret as bytes for the vault: the same fields as the wire's.

    Of typing only what is unusual is told, so that older firmware can read what it knows.
    """
    values = account_fields(account, True)
    if account.typing != TYPED:
        values["typing"] = account.typing
    return cbor.encode(pack(STORED, values))


def decode_account(data: bytes) -> Account:
    """Return the Account that `encode_account` made `data` of. Raises BadMessage or BadValue."""
    values = unpack(STORED, cbor.decode(data), True)
    for field in ("issuer", "name"):
        values[field] = values[field].strip(" ")  # version 0.1 took them with spaces at the ends
    return account_from(values)


def account_fields(account: Account, secret: bool = False) -> "dict[str, Any]":
    """Return an Account as a dict of wire fields, with its secret only where asked for."""
    values = {field.name: getattr(account, field.name) for field in PUBLIC}
    if secret:
        values["secret"] = account.secret
    return values


def listed_fields(account: Account) -> "dict[str, Any]":
    """Return an Account as a dict of wire fields for the answer to `list`."""
    values = account_fields(account)
    values["typing"] = account.typing
    return values


def listed_size(values: "dict[str, Any]") -> int:
    """Return how many bytes such a dict takes in the answer to `list`."""
    return len(cbor.encode(pack(LISTED, values)))


def account_from(values: "dict[str, Any]") -> Account:
    """Return the Account of a dict of wire fields. Raises BadValue."""
    return Account(**values)
