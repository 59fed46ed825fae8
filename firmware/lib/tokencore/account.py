"""What an OTP account is, and its limits: the one definition for token, wire, desk and verifier."""

from .errors import BadValue
from .otp import ALGORITHMS, MAX_COUNTER

KINDS = ("totp", "hotp")
TYPINGS = ("off", "code", "enter")
TYPED = "code"  # unless the account says otherwise; only a press on the token types
MAX_SECRET = 128  # bytes
MAX_LABEL = 64  # bytes of UTF-8, for the issuer and for the name
MAX_TIME = 0xFFFFFFFF  # seconds: 2106-02-07


class Account:
    """A shared secret and what codes are made of it.

    secret    1 to 128 bytes
    issuer, name  text of at most 64 bytes of UTF-8 without control characters, no space at either end; the
                  name is not empty
    kind      "totp" (RFC 6238) or "hotp" (RFC 4226)
    algorithm "SHA1", "SHA256" or "SHA512"
    digits    6 to 8
    period    TOTP's time step, 1 to 3600 s; t0 is its first second (UTC, usually 0)
    counter   HOTP's next counter, 0 to 2**64 - 1
    typing    what the token types as a keyboard: nothing ("off"), "code", or the code and "enter"

    Raises BadValue naming the first field that is out of its limits. The repr shows no secret.
    """

    def __init__(
        self,
        secret: bytes,
        name: str,
        issuer: str = "",
        kind: str = "totp",
        algorithm: str = "SHA1",
        digits: int = 6,
        period: int = 30,
        t0: int = 0,
        counter: int = 0,
        typing: str = TYPED,
    ) -> None:
        check_label(issuer, name)
        self.issuer = issuer
        self.name = name
        self.kind = choice("kind", kind, KINDS)
        self.algorithm = choice("algorithm", algorithm, ALGORITHMS)
        self.digits = whole("digits", digits, 6, 8)
        self.period = whole("period", period, 1, 3600)
        self.t0 = whole("t0", t0, 0, MAX_TIME)
        self.counter = whole("counter", counter, 0, MAX_COUNTER)
        self.typing = choice("typing", typing, TYPINGS)
        if not isinstance(secret, (bytes, bytearray)):
            raise BadValue("secret", "give it as bytes")
        if not 1 <= len(secret) <= MAX_SECRET:
            raise BadValue("secret", "it has %d bytes, 1 to %d are possible" % (len(secret), MAX_SECRET))
        self.secret = bytes(secret)

    def __repr__(self) -> str:
        return "<Account %s %s %s>" % (self.kind, self.issuer, self.name)


def whole(field: str, value: object, low: int, high: int) -> int:
    """Return `value` if it is an integer from `low` to `high`; else raise BadValue naming `field`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadValue(field, "a whole number from %d to %d is possible" % (low, high))
    return value


def choice(field: str, value: object, allowed: "tuple[str, ...]") -> str:
    """Return `value` if it is one of `allowed`; else raise BadValue naming `field`."""
    if not isinstance(value, str) or value not in allowed:
        raise BadValue(field, "use " + ", ".join(allowed[:-1]) + " or " + allowed[-1])
    return value


def check_label(issuer: object, name: object) -> None:
    """Raise BadValue if the texts are not fit for an account's issuer and name."""
    _check_text("issuer", issuer)
    _check_text("name", name)
    if not name:
        raise BadValue("name", "give the account a name")


def _check_text(field: str, value: object) -> None:
    if not isinstance(value, str):
        raise BadValue(field, "give it as text")
    try:
        size = len(value.encode("utf-8"))
    except UnicodeError:
        raise BadValue(field, "it is not valid Unicode text") from None
    if size > MAX_LABEL:
        raise BadValue(field, "it has %d bytes of UTF-8, at most %d are possible" % (size, MAX_LABEL))
    if value.strip(" ") != value:  # Readers of otpauth URIs would drop it.
        raise BadValue(field, "take the space at its beginning or end away")
    for character in value:
        if ord(character) < 32 or 127 <= ord(character) < 160:
            raise BadValue(field, "control characters are not possible")
