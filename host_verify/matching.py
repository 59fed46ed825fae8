"""Which of many moving factors a code belongs to, as fast as CPython can tell.

HMAC (RFC 2104) hashes the padded key twice before each message. A `CodeKey` does that once and
copies the two hash states for every code, which halves the cost of a check.
"""

import hashlib
from collections.abc import Iterable
from hmac import compare_digest
from struct import Struct
from typing import Protocol, Self

from tokencore.account import Account

_pack_factor = Struct(">Q").pack
_unpack_word = Struct(">I").unpack_from
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_HASHES = {"SHA1": (hashlib.sha1, 64), "SHA256": (hashlib.sha256, 64), "SHA512": (hashlib.sha512, 128)}


class Parameters(Protocol):
    """What codes are made of besides the secret, as in tokencore's Account."""

    @property
    def kind(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def digits(self) -> int: ...
    @property
    def period(self) -> int: ...
    @property
    def t0(self) -> int: ...


class CodeKey:
    """A shared secret made ready for matching, with what its codes are made of.

    kind, digits, period and t0 are the parameters'. The secret is held as hash states only; the repr
    shows nothing of it.
    """

    __slots__ = ("_copy_inner", "_copy_outer", "_modulus", "_template", "digits", "kind", "period", "t0")

    def __init__(self, account: Account) -> None:
        self._make(account, account.secret)

    @classmethod
    def made(cls, of: Parameters, secret: bytes) -> Self:
        """Return the key of parameters and a secret that are known to be good."""
        key = cls.__new__(cls)
        key._make(of, secret)
        return key

    def _make(self, of: Parameters, secret: bytes) -> None:
        self.kind = of.kind
        self.digits = of.digits
        self.period = of.period
        self.t0 = of.t0
        self._modulus = 10**of.digits
        self._template = f"%0{of.digits}d"
        new, block = _HASHES[of.algorithm]
        if len(secret) > block:
            secret = new(secret).digest()
        padded = secret.ljust(block, b"\0")
        self._copy_inner = new(padded.translate(_INNER)).copy
        self._copy_outer = new(padded.translate(_OUTER)).copy

    def matching(self, code: str, factors: Iterable[int]) -> list[int]:
        """Return those of `factors` (time steps or counters, 0 to 2**64 - 1) whose code is `code`.

        `code` is ASCII digits of the key's length. All factors are tried, each compared in constant
        time, so that the time taken tells nothing of which one matched.
        """
        copy_inner, copy_outer = self._copy_inner, self._copy_outer
        modulus, template = self._modulus, self._template
        found = []
        for factor in factors:
            mac = copy_inner()
            mac.update(_pack_factor(factor))
            outer = copy_outer()
            outer.update(mac.digest())
            digest = outer.digest()
            # Dynamic truncation, RFC 4226 section 5.3.
            number = (_unpack_word(digest, digest[-1] & 15)[0] & 0x7FFFFFFF) % modulus
            if compare_digest(template % number, code):
                found.append(factor)
        return found

    def showing(self, number: int, factors: Iterable[int]) -> list[int]:
        """Return those of `factors` whose code is `number`: for a search through many tokens.

        A third faster than `matching`, for nothing is compared in constant time.
        """
        copy_inner, copy_outer, modulus = self._copy_inner, self._copy_outer, self._modulus
        found = []
        for factor in factors:
            mac = copy_inner()
            mac.update(_pack_factor(factor))
            outer = copy_outer()
            outer.update(mac.digest())
            digest = outer.digest()
            if (_unpack_word(digest, digest[-1] & 15)[0] & 0x7FFFFFFF) % modulus == number:
                found.append(factor)
        return found


def normalise(code: str, digits: int) -> str | None:
    """Return `code` without its spaces if it is then exactly `digits` ASCII digits, else None.

    Displays show codes in groups ("123 456"), so spaces (U+0020) are dropped, before anything else
    looks at the code: no later rule knows how it was written, and since what is used up is the time
    step or counter, another spelling of a used code is still used. Letters, signs, digits of other
    scripts and other lengths can never be right.
    """
    code = code.replace(" ", "")
    if len(code) == digits and code.isascii() and code.isdigit():
        return code
    return None
