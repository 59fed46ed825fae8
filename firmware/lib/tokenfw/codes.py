"""The codes of the account on the screen, each computed once.

SHA-512 takes a board a fifth of a second, so the key stays prepared, and the next code, computed
before its step begins, is there the moment it does.
"""

from tokencore import otp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.account import Account


class Codes:
    """Codes of one account by counter or time step; keeps the last two computed."""

    def __init__(self, account: "Account") -> None:
        self._key = otp.HmacKey(account.algorithm, account.secret)
        self._digits = account.digits
        self._known: list[tuple[int, str]] = []

    def code(self, counter: int) -> str:
        """Return the code of a counter or time step (RFC 4226 section 5)."""
        for known, code in self._known:
            if known == counter:
                return code
        code = otp.code(self._key.digest(otp.moving_factor(counter)), self._digits)
        self._known = self._known[-1:] + [(counter, code)]
        return code
