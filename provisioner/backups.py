"""Backups: all accounts of a token, sealed by it to a recovery key, and put on another.

While a backup is made no seed is here; while one is restored, seeds are in memory and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokencore import otpauth, seals
from tokencore.account import MAX_TIME, TYPED, TYPINGS, Account
from tokencore.errors import FobError

from . import recovery, sealed
from .client import Token
from .faults import DeskError
from .model import Progress, Report
from .recipient import Recipient
from .recovery import RecoveryKey, Secret

KIND = "backup"
_TYPING = "typing="


class NoRoom(DeskError):
    """The accounts do not all fit on the token, by number or by name; nothing was changed."""

    exit_status = 1
    advice = "Use an empty token, or restore only what is missing there: --missing"


class CutShort(DeskError):
    """Restoring ended in the middle: some accounts are there."""

    advice = "Look with: provisioner accounts. To go on, run the command again with --missing"


@dataclass(frozen=True)
class Backup:
    """A backup as its file has it: sealed. `made` is UTC in s."""

    serial: str
    made: int
    key: RecoveryKey
    enc: bytes
    pages: Sequence[bytes]


@dataclass(frozen=True)
class Content:
    """What was in a backup: the accounts, and the positions (from 1) of those that were damaged then."""

    accounts: list[Account]
    damaged: list[int]


@dataclass(frozen=True)
class Plan:
    """What restoring does: accounts to add, and those that are on the token already."""

    adding: list[Account]
    present: list[Account]


def make(token: Token, path: Path, key: RecoveryKey, utc: int, report: Report | None = None) -> Backup:
    """Let `token` seal all its accounts to `key`, after a press, and write them to `path`, a new file.

    `utc` (s) is when. Raises BadFile, NotConfirmed, Cancelled where an account was changed meanwhile.
    """
    sealed.must_be_free(path)
    begun = token.backup(key.public, report)
    pages: list[bytes] = []
    for index in range(begun["total"]):
        pages.append(token.backup_page(index))
        if report:
            report(Progress("backup", index + 1, begun["total"]))
    values: dict[str, Any] = {
        "serial": token.serial,
        "made": utc,
        "recovery": key.values(),
        "enc": sealed.text_of(begun["enc"]),
        "pages": [sealed.text_of(page) for page in pages],
    }
    sealed.write(path, KIND, values)
    return Backup(token.serial, utc, key, begun["enc"], pages)


def load(path: Path) -> Backup:
    """Return the backup in a file, still sealed. Raises BadFile."""
    values = sealed.read(path, KIND)
    key = recovery.of_values(values.get("recovery"), path, KIND)
    try:
        serial, made = values["serial"], values["made"]
        pages = [sealed.bytes_of(page) for page in values["pages"]]
        if type(made) is not int or not 0 <= made <= MAX_TIME or not isinstance(serial, str):
            raise ValueError("what no backup says")
        return Backup(serial, made, key, sealed.bytes_of(values["enc"], sealed.KEY), pages)
    except (KeyError, TypeError, ValueError):
        raise sealed.damaged(path, KIND) from None


def opened(backup: Backup, secret: Secret, path: Path) -> Content:
    """Return what is in a backup. Raises BadFile where a page was changed, or is missing."""
    accounts: list[Account] = []
    damaged: list[int] = []
    try:
        info = seals.backup_info(backup.serial, len(backup.pages))
        recipient = Recipient(secret.private, backup.enc, info)
        for position, page in enumerate(backup.pages, 1):
            text = recipient.open(b"", page).decode()
            if text:
                accounts.append(_account(text))
            else:
                damaged.append(position)
    except (FobError, UnicodeError):
        raise sealed.damaged(path, KIND) from None
    return Content(accounts, damaged)


def plan(token: Token, accounts: Sequence[Account], missing: bool) -> Plan:
    """Return what restoring `accounts` on `token` will do, where all of it can be done. Raises NoRoom.

    With `missing` those that are there are passed over.
    """
    there = {(found.issuer, found.name) for found in token.accounts()}
    present = [account for account in accounts if (account.issuer, account.name) in there]
    adding = [account for account in accounts if (account.issuer, account.name) not in there]
    if present and not missing:
        names = ", ".join(f"{each.issuer}:{each.name}" for each in present[:5])
        more = f" and {len(present) - 5} more" if len(present) > 5 else ""
        raise NoRoom(f"the token has accounts of these names already: {names}{more}")
    room = token.info().capacity - len(there)
    if len(adding) > room:
        raise NoRoom(f"the token has room for {room} more accounts, and {len(adding)} are to be restored")
    return Plan(adding, present)


def restore(token: Token, plan: Plan, report: Report | None = None) -> None:
    """Add the accounts of a plan. Raises CutShort, which says how many are there."""
    for index, account in enumerate(plan.adding):
        try:
            token.add(account)
            if account.typing != TYPED:
                token.set_typing(account.issuer, account.name, account.typing)
        except (DeskError, FobError) as error:
            raise CutShort(f"{index} of {len(plan.adding)} accounts were restored, then: {error}") from None
        if report:
            report(Progress("restore", index + 1, len(plan.adding)))


def _account(text: str) -> Account:
    uri, _, rest = text.partition("\n")
    account = otpauth.parse(uri)
    for line in rest.splitlines():
        # A later version may say more; what is not known here is not needed for the codes.
        if line.startswith(_TYPING) and line[len(_TYPING) :] in TYPINGS:
            account.typing = line[len(_TYPING) :]
    return account
