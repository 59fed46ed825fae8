"""The wire: every command, its fields and their limits, in one table (docs/protocol.md shows it).

A request is the CBOR array [sequence, command, {field: value}], a response [sequence, status,
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
    from typing import Any

    Fields = tuple["Field", ...]

PROTOCOL = 1
OK = 0
PRESS_AWAITED = 1  # Not the end: the final response follows under the same sequence number.
TEXT = 0
MAX_SEQUENCE = 0xFFFFFFFF
CONFIRM_MS = 15000  # How long a request that needs a press waits for it.

CLOCK_STATES = ("ok", "not set", "failed")
LAYOUTS = ("us", "uk", "de", "fr", "es", "it", "nordic", "ch", "modhex")
LANGUAGES = ("en", "de", "es")

# kind: "int", "bytes", "text", "bool", a tuple of choices, or a tuple of Fields for a list of maps.
# low and high bound an int's value and a bytes' or text's length in bytes.
Field = namedtuple("Field", ("number", "name", "kind", "low", "high", "optional"))
Command = namedtuple("Command", ("number", "name", "request", "response"))


def _int(number: int, name: str, low: int, high: int, optional: bool = False) -> Field:
    return Field(number, name, "int", low, high, optional)


def _choice(number: int, name: str, choices: "tuple[str, ...]", optional: bool = False) -> Field:
    return Field(number, name, choices, 0, 0, optional)


def _text(number: int, name: str, high: int) -> Field:
    return Field(number, name, "text", 0, high, False)


MAX_DOUBT_MS = 60000
MAX_PATH = 200  # bytes of a path on the drive
MAX_PIECE = 65536  # bytes of a file that one digest is over
_PPB = 1000000000
_TICKS = 0xFFFFFFFFFFFF  # milliseconds since the token's start: thousands of years
_LABEL = (_text(1, "issuer", MAX_LABEL), _text(2, "name", MAX_LABEL))
_ACCOUNT = _LABEL + (
    _choice(3, "kind", KINDS),
    _choice(4, "algorithm", ALGORITHMS),
    _int(5, "digits", 6, 8),
    _int(6, "period", 1, 3600),
    _int(7, "t0", 0, MAX_TIME),
    _int(8, "counter", 0, MAX_COUNTER),
)
_SECRET_ACCOUNT = _ACCOUNT + (Field(9, "secret", "bytes", 1, MAX_SECRET, False),)
_TYPING = (_choice(10, "typing", TYPINGS, True),)
_LISTED_ACCOUNT, _STORED_ACCOUNT = _ACCOUNT + _TYPING, _SECRET_ACCOUNT + _TYPING
_SETTINGS = (_choice(1, "layout", LAYOUTS, True), _choice(2, "language", LANGUAGES, True))

COMMANDS = (
    Command(
        1,
        "hello",  # Starts a session: sequence numbers begin anew. The nonce makes two hellos differ.
        (_int(1, "protocol", 1, 255), Field(2, "nonce", "bytes", 8, 8, False)),
        (_int(1, "protocol", 1, 255), _text(2, "product", 32), _text(3, "serial", 32)),
    ),
    Command(
        2,
        "info",
        (),
        (
            _text(1, "serial", 32),
            _text(2, "board", 64),
            _text(3, "firmware", 32),
            _int(4, "accounts", 0, 65535),
            _int(5, "capacity", 0, 65535),
            _choice(6, "clock", CLOCK_STATES),
            _int(7, "utc", 0, MAX_TIME, True),
            _int(8, "uptime", 0, _TICKS),
            _int(9, "dropped", 0, 0xFFFFFFFF),
            _text(10, "faults", 255),
            _int(11, "bound", 0, _TICKS, True),  # ms by which `utc` may be off
            _int(12, "synced", 0, MAX_TIME, True),  # when the clock was last set
            _int(13, "rate", -_PPB, _PPB, True),  # 1e-9: the chip's error, corrected by the token
            _int(14, "trim", -128, 127, True),  # steps in the chip's own register
            _int(15, "growth", 0, _PPB, True),  # 1e-9: how fast the bound grows for 90 days
        ),
    ),
    Command(
        3,
        "list",  # From position `start` (0 is the first) as many accounts as fit into a frame.
        (_int(1, "start", 0, 65535),),
        (_int(1, "total", 0, 65535), Field(2, "accounts", _LISTED_ACCOUNT, 0, 65535, False)),
    ),
    Command(4, "add", _SECRET_ACCOUNT, (_int(1, "position", 0, 65535),)),
    Command(5, "rename", _LABEL + (_text(3, "new_issuer", MAX_LABEL), _text(4, "new_name", MAX_LABEL)), ()),
    Command(6, "move", _LABEL + (_int(3, "position", 0, 65535),), ()),
    Command(7, "remove", _LABEL, ()),
    Command(
        8,
        "get_time",  # The ticks are t2 and t3 of a four-timestamp exchange, on the token's own count.
        (),
        (
            _int(1, "received", 0, _TICKS),
            _int(2, "sent", 0, _TICKS),
            _choice(3, "clock", CLOCK_STATES),
            _int(4, "utc_ms", 0, MAX_TIME * 1000 + 999, True),  # the token's UTC at `sent`
            _int(5, "bound", 0, _TICKS, True),  # ms by which it may be off
        ),
    ),
    Command(
        9,
        "set_time",  # The second `utc` begins at tick `at`, at most SET_AHEAD_MS away; answered then.
        (
            _int(1, "utc", 946684800, MAX_TIME),
            _int(2, "at", 0, _TICKS),
            _int(3, "uncertainty", 0, MAX_DOUBT_MS, True),  # ms by which the host's second may be off
            _int(4, "temperature", -160, 340, True),  # where the token is, degrees Celsius times 4
        ),
        (),
    ),
    Command(
        10,
        "code",  # Answered PRESS_AWAITED at once, and again after confirm has been pressed.
        _LABEL,
        (
            _text(1, "code", 8),
            _int(2, "counter", 0, MAX_COUNTER, True),  # HOTP: the counter of this code
            _int(3, "utc", 0, MAX_TIME, True),  # TOTP: the token's time of this code
        ),
    ),
    Command(11, "wipe", (_text(1, "serial", 32),), ()),
    Command(12, "cancel", (), ()),
    Command(20, "get_settings", (), _SETTINGS),
    Command(21, "set_settings", _SETTINGS, ()),  # What is not given stays as it is.
    Command(22, "set_typing", _LABEL + (_choice(3, "typing", TYPINGS),), ()),
    Command(
        30,
        "files",  # From the file at `start` (0 is the first) as many as fit into a frame; none at the end.
        (_int(1, "start", 0, 65535),),
        (Field(1, "files", (_text(1, "path", MAX_PATH), _int(2, "size", 0, 0xFFFFFFFF)), 0, 65535, False),),
    ),
    Command(
        31,
        "digest",  # HMAC-SHA256 over path, offset, length and what is there (tokenfw/attest.py).
        (
            _text(1, "path", MAX_PATH),
            Field(2, "key", "bytes", 32, 32, False),
            _int(3, "offset", 0, 0xFFFFFFFF),
            _int(4, "length", 0, MAX_PIECE),
        ),
        (Field(1, "mac", "bytes", 32, 32, False),),
    ),
)
SET_AHEAD_MS = 5000

BY_NAME = {command.name: command for command in COMMANDS}
BY_NUMBER = {command.number: command for command in COMMANDS}


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
    return sequence, BY_NUMBER.get(number), packed


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
    return cbor.encode(pack(_STORED_ACCOUNT, values))


def decode_account(data: bytes) -> Account:
    """Return the Account that `encode_account` made `data` of. Raises BadMessage or BadValue."""
    values = unpack(_STORED_ACCOUNT, cbor.decode(data), True)
    for field in ("issuer", "name"):
        values[field] = values[field].strip(" ")  # version 0.1 took them with spaces at the ends
    return account_from(values)


def account_fields(account: Account, secret: bool = False) -> "dict[str, Any]":
    """Return an Account as a dict of wire fields, with its secret only where asked for."""
    values = {field.name: getattr(account, field.name) for field in _ACCOUNT}
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
    return len(cbor.encode(pack(_LISTED_ACCOUNT, values)))


def account_from(values: "dict[str, Any]") -> Account:
    """Return the Account of a dict of wire fields. Raises BadValue."""
    return Account(**values)
