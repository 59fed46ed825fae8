"""Enrolment: the token draws the seed, and gives it out sealed to the verifier's key. It is never here."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokencore import messages, seals
from tokencore.account import Account

from . import sealed
from .client import Token
from .model import Report

KIND = "enrolments"
_FRESH = 32  # bytes of the host's part in the seed


@dataclass(frozen=True)
class Enrolled:
    """What a token gave out: which account, at which position (from 0), and where it stands sealed."""

    serial: str
    issuer: str
    name: str
    position: int
    file: Path
    entries: int


class Box:
    """A file of sealed enrolments, of one token or of many: each is added as it comes.

    Raises BadFile where there is a file of another kind, or none can be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        sealed.must_be_writable(path)
        self._entries()

    def enroll(
        self, token: Token, account: Account, key: bytes, utc: int, report: Report | None = None
    ) -> Enrolled:
        """Let `token` draw a seed for `account`, whose own stands for none, and keep what it seals to `key`.

        It needs a press; `utc` (s) is when. Raises AccountExists, StoreFull, NotConfirmed.
        """
        fields = messages.account_fields(account)
        answer = token.enroll(fields, os.urandom(_FRESH), key, report)
        entry = {
            "serial": token.serial,
            "issuer": account.issuer,
            "name": account.name,
            "made": utc,
            "key": seals.fingerprint(key),
            "enc": sealed.text_of(answer["enc"]),
            "sealed": sealed.text_of(answer["sealed"]),
        }
        try:
            # Read anew: another program may have added what came of another token meanwhile.
            entries = [*self._entries(), entry]
            sealed.write(self._path, KIND, {"entries": entries}, replace=True)
        except sealed.BadFile:
            token.remove(account.issuer, account.name)  # Nobody has its seed, and nobody ever could.
            raise
        count = len(entries)
        return Enrolled(token.serial, account.issuer, account.name, answer["position"], self._path, count)

    def _entries(self) -> list[Any]:
        if not self._path.exists():
            return []
        entries = sealed.read(self._path, KIND).get("entries")
        if not isinstance(entries, list):
            raise sealed.damaged(self._path, KIND)
        return entries
