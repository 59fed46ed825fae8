"""What is taken of tokens whose file does not say it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumed:
    """kind is "hotp", "totp" or not known; encoding of secrets "hex", "base32" or to be seen by looking."""

    kind: str | None = None
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    encoding: str | None = None
