"""The otpauth:// URI that enrolment QR codes hold (Google Authenticator's "Key Uri Format").

    otpauth://totp/ISSUER:NAME?secret=BASE32&issuer=ISSUER&algorithm=SHA1&digits=6&period=30

Parsing is strict: every error is a BadValue that names the field, and none repeats the secret.
"""

from . import base32, utf8
from .account import KINDS, Account
from .errors import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_HEX = "0123456789abcdef0123456789ABCDEF"
_KNOWN = ("secret", "issuer", "algorithm", "digits", "period", "counter", "t0")
# Parameters that apps add for their looks; they change no code.
_IGNORED = ("image", "icon", "color", "lock", "user")


def parse(uri: str) -> Account:
    """Return the Account that `uri` (text) describes. Raises BadValue."""
    uri = uri.strip()
    if uri[:10].lower() != "otpauth://":
        raise BadValue("uri", "it must begin with otpauth://")
    head, _, query = uri[10:].partition("?")
    kind, _, path = head.partition("/")
    if kind.lower() not in KINDS:
        raise BadValue("type", "otpauth://totp/ or otpauth://hotp/ is possible")
    kind = kind.lower()
    query = query.partition("#")[0]
    given = _parameters(query)
    if "issuer" in given:
        given["issuer"] = given["issuer"].strip(" ")
    label_issuer, name = _label(path, given.get("issuer", ""))
    issuer = given.get("issuer", label_issuer)
    if label_issuer and issuer != label_issuer:
        raise BadValue("issuer", "the label and the parameter name two different issuers")
    if "secret" not in given:
        raise BadValue("secret", "it is missing")
    if kind == "hotp" and "counter" not in given:
        raise BadValue("counter", "an HOTP account needs one")
    values: "dict[str, Any]" = {"issuer": issuer, "name": name, "kind": kind}
    values["secret"] = base32.decode(given["secret"])
    if "algorithm" in given:
        values["algorithm"] = given["algorithm"].upper().replace("-", "")
    for field in ("digits", "period", "t0", "counter"):
        if field in given:
            values[field] = _number(field, given[field])
    return Account(**values)


def build(account: Account) -> str:
    """Return the URI of an Account: `parse` gives the same account back. It holds the secret."""
    path = _quote(account.name)
    query = "secret=" + base32.encode(account.secret)
    if account.issuer:
        path = _quote(account.issuer) + ":" + path
        query += "&issuer=" + _quote(account.issuer)
    elif ":" in account.name:
        path = ":" + path  # Else what stands before the name's colon would be read as the issuer.
    query += "&algorithm=%s&digits=%d" % (account.algorithm, account.digits)
    if account.kind == "hotp":
        query += "&counter=%d" % account.counter
    else:
        query += "&period=%d" % account.period
        if account.t0:
            query += "&t0=%d" % account.t0
    return "otpauth://%s/%s?%s" % (account.kind, path, query)


def _parameters(query: str) -> "dict[str, str]":
    given: "dict[str, str]" = {}
    for part in query.split("&"):
        if not part:
            continue
        key, equals, value = part.partition("=")
        key = _unquote("parameter", key).lower()
        if key in _IGNORED:
            continue
        if key not in _KNOWN:
            raise BadValue("parameter", "one is unknown; possible are " + ", ".join(_KNOWN))
        if not equals or not value:
            raise BadValue(key, "it has no value")
        if key in given:
            raise BadValue(key, "it stands twice")
        # A form's space: only here, for a label may hold a plus (alice+work@example.com).
        given[key] = _unquote(key, value.replace("+", " "))
    return given


def _label(path: str, issuer: str) -> "tuple[str, str]":
    """Return issuer and name of a label; where the parameter `issuer` begins it, that may hold colons."""
    text = _unquote("label", path).strip(" ")
    if issuer and text.startswith(issuer + ":"):
        return issuer, text[len(issuer) + 1 :].strip(" ")
    before, colon, name = text.partition(":")
    if not colon:
        before, name = "", text
    return before.strip(" "), name.strip(" ")


def _number(field: str, text: str) -> int:
    for character in text:
        if character not in "0123456789":
            raise BadValue(field, "decimal digits are needed")
    if len(text) > 20:
        raise BadValue(field, "the number is too large")
    return int(text)


def _quote(text: str) -> str:
    return "".join([chr(b) if chr(b) in _SAFE else "%%%02X" % b for b in text.encode("utf-8")])


def _unquote(field: str, text: str) -> str:
    out = bytearray()
    pieces = text.split("%")
    out.extend(pieces[0].encode("utf-8"))
    for piece in pieces[1:]:
        high, low = _HEX.find(piece[:1]), _HEX.find(piece[1:2])
        if len(piece) < 2 or high < 0 or low < 0:
            raise BadValue(field, "a % is not followed by two hexadecimal digits")
        out.append(high % 16 << 4 | low % 16)
        out.extend(piece[2:].encode("utf-8"))
    try:
        return utf8.decode(bytes(out))
    except UnicodeError:
        raise BadValue(field, "it is not valid UTF-8") from None
