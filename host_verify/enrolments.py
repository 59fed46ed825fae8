"""Sealed enrolments (docs/backup.md): the file in which a desk brings the seeds that tokens drew."""

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from tokencore import otpauth, seals
from tokencore.account import Account
from tokencore.errors import BadValue

from . import sealkeys
from .errors import NotDone
from .intake import Problem
from .store import Store

KIND = "enrolments"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An account that a token drew, opened: where it stands in the file, and the token's serial number."""

    place: str
    serial: str
    account: Account


def opened(store: Store, document: dict[str, Any]) -> tuple[list[Enrolled], list[Problem]]:
    """Return the accounts in a file's JSON `document`, and what is wrong with those that cannot be opened.

    Raises NotDone where nothing in it can be read.
    """
    check_version(document)
    entries = document.get("entries")
    if not isinstance(entries, list):
        raise NotDone("the file is no sealed enrolment: it has no entries; copy it again from the desk")
    keys = sealkeys.every(store)
    found: list[Enrolled] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, 1):
        place = f"entry {number}"
        try:
            serial, key, blob = _fields(entry)
            text = sealkeys.opened(store, keys, key, blob, seals.enrol_info(serial)).decode()
            found.append(Enrolled(place, serial, otpauth.parse(text)))
        except NotDone as error:
            problems.append(Problem(place, str(error)))
        except (BadValue, UnicodeDecodeError) as error:
            why = str(error) if isinstance(error, BadValue) else "it is not UTF-8"
            problems.append(Problem(place, f"what the token sealed is no account: {why}; enrol it anew"))
    return found, problems


def check_version(document: dict[str, Any]) -> None:
    """Raise NotDone for a file of the suite's that is of another kind, or of a newer format."""
    kind, version = document.get("fobsmith"), document.get("version")
    if kind != KIND:
        also = ": provisioner restore puts it on another token" if kind == "backup" else ""
        raise NotDone(f"the file is no sealed enrolment but another of Fobsmith's ({kind!s:.40}){also}")
    if not isinstance(version, int) or version > VERSION or version < 1:
        raise NotDone(
            f"the file is of a newer format ({version!s:.20}, this release knows {VERSION}): update "
            "host-verify"
        )


def _fields(entry: object) -> tuple[str, str, bytes]:
    """Return serial number, id of the key, and encapsulated key with ciphertext."""
    try:
        if isinstance(entry, dict):
            serial, key = entry["serial"], entry["key"].replace(" ", "").lower()
            if isinstance(serial, str) and len(serial.encode()) <= 64 and len(key) == 16:
                return (
                    serial,
                    key,
                    b"".join(b64decode(entry[name], validate=True) for name in ("enc", "sealed")),
                )
    except (KeyError, AttributeError, TypeError, ValueError):
        pass
    raise NotDone("it was changed or cut short: copy the file again, or enrol the token anew")


def parsed(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object that `data` is, or None."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
