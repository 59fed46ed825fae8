"""Reading what a token is filled with: an otpauth:// URI, or a base32 secret with its options.

No error repeats the text: it is a secret, even where it is not a valid one.
"""

from dataclasses import dataclass, fields
from typing import Any

from tokencore import base32, otpauth
from tokencore.account import Account, check_label
from tokencore.errors import BadValue

from .faults import BadInput

MAX_TEXT = 4096  # bytes; the longest valid URI has about 900
_SHORTEST_SECRET = 8  # base32 characters from which a word is taken for a secret
_URI = "otpauth:"


@dataclass(frozen=True)
class Options:
    """What the user said beside the seed; None is not said."""

    issuer: str | None = None
    name: str | None = None
    kind: str | None = None
    algorithm: str | None = None
    digits: int | None = None
    period: int | None = None
    t0: int | None = None
    counter: int | None = None

    def given(self) -> dict[str, str | int]:
        """Return those that were said."""
        pairs = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in pairs.items() if value is not None}


def account(data: bytes, options: Options) -> Account:
    """Return the Account that `data` (a URI or base32 text, in UTF-8) and `options` describe.

    With a URI only --issuer and --name are possible, and take the place of the URI's own.
    Raises BadInput.
    """
    try:
        return _account(_text(data), options)
    except BadValue as error:
        raise BadInput(f"the seed is not valid: {error}") from None


def named(name: str, options: dict[str, Any]) -> Options:
    """Return the options of an account called "Issuer:Name", or "Name"."""
    issuer, rest = renamed("", name)
    return Options(issuer=issuer, name=rest, **options)


def blank(options: Options) -> Account:
    """Return the account that `options` describe, for a token that draws the secret: its own stands for none.

    Raises BadInput.
    """
    given = options.given()
    _fit(str(given.get("kind", "totp")), given)
    try:
        return Account(secret=b"\0", **given)  # type: ignore[arg-type]
    except BadValue as error:
        raise BadInput(f"the account is not valid: {error}") from None


def _account(text: str, options: Options) -> Account:
    given = options.given()
    if not text.lower().startswith(_URI) and "://" not in text:
        _fit(str(given.get("kind", "totp")), given)
        if "name" not in given:
            raise BadValue("name", "give the account one with --name")
        secret = base32.decode(text)
        return Account(secret=secret, **given)  # type: ignore[arg-type]
    parsed = otpauth.parse(text)
    for name in given:
        if name not in ("issuer", "name"):
            raise BadInput(f"--{name} is for base32 secrets: a URI has its own {name}")
    values = {item.name: getattr(parsed, item.name) for item in fields(Options)}
    return Account(secret=parsed.secret, **(values | given))


def _fit(kind: str, given: dict[str, str | int]) -> None:
    for name in ("period", "t0") if kind == "hotp" else ("counter",):
        if name in given:
            other = "totp" if kind == "hotp" else "hotp"
            raise BadInput(f"--{name} is for --kind {other}")


def _text(data: bytes) -> str:
    if len(data) > MAX_TEXT:
        raise BadInput(f"the seed has more than {MAX_TEXT} bytes: give one URI or one base32 secret")
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadInput("the seed is not text in UTF-8: give one URI or one base32 secret") from None
    if not text:
        raise BadInput("the seed is empty", "Give one otpauth:// URI or one base32 secret")
    if text.lower().count(_URI + "//") > 1:
        raise BadInput("there are several URIs", "Add one account at a time")
    if text.lower().startswith(_URI) and any(character.isspace() for character in text):
        raise BadInput("the URI has a space or a line break in it", "Write a space in a name as %20")
    return text


def renamed(issuer: str, new: str) -> tuple[str, str]:
    """Return the (issuer, name) that `new` gives an account of `issuer`.

    "Issuer:Name" gives both, "Name" keeps the issuer, ":Name" takes the issuer away. Raises BadInput.
    """
    before, colon, after = new.partition(":")
    new_issuer, name = (before, after) if colon else (issuer, new)
    try:
        check_label(new_issuer, name)
    except BadValue as error:
        raise BadInput(f"the new name is not valid: {error}") from None
    return new_issuer, name


def looks_secret(text: str) -> bool:
    """Whether `text`, given where a file or a name belongs, may be a seed."""
    folded = text.strip().lower()
    if _URI in folded or "secret=" in folded:
        return True
    bare = folded.translate(str.maketrans("", "", " -=\t"))
    if len(bare) < _SHORTEST_SECRET:
        return False
    base32_only = all(character in "abcdefghijklmnopqrstuvwxyz234567" for character in bare)
    return base32_only or all(character in "0123456789abcdef" for character in bare)
