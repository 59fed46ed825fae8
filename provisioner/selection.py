"""Choosing an account by what the user typed."""

import difflib

from tokencore import errors

from .faults import Ambiguous
from .model import AccountInfo


def selector(account: AccountInfo) -> str:
    """Return the text that chooses `account`: "Issuer:Name", or ":Name" without an issuer."""
    return f"{account.issuer}:{account.name}"


def select(accounts: list[AccountInfo], wanted: str) -> AccountInfo:
    """Return the one account that `wanted` names.

    "Issuer:Name" goes before a name or an issuer that only one account has, and these before "#N",
    the Nth account. Raises NoSuchAccount, or Ambiguous with the candidates.
    """
    exact = [account for account in accounts if selector(account) == wanted]
    partly = [account for account in accounts if wanted in (account.name, account.issuer)] if wanted else []
    found = exact or partly or _by_number(accounts, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        # Two accounts can share even "Issuer:Name" where a colon is part of one's issuer.
        listed = [f"#{item.position + 1}" if exact else selector(item) for item in found]
        raise Ambiguous("that name fits several accounts", listed, "Name one of them exactly")
    names = {selector(account): None for account in accounts} | {account.name: None for account in accounts}
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    hint = f"; similar: {', '.join(close)}" if close else ""
    raise errors.NoSuchAccount(f"no account has that name{hint}")


def _by_number(accounts: list[AccountInfo], wanted: str) -> list[AccountInfo]:
    digits = wanted.removeprefix("#")
    if digits == wanted or not (digits.isascii() and digits.isdigit()):
        return []
    return accounts[int(digits) - 1 : int(digits)] if int(digits) else []
