"""Aegis vaults: JSON, plain or encrypted under a password (scrypt, then AES-256-GCM)."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tokencore import base32
from tokencore.account import Account
from tokencore.errors import BadValue

from ..errors import NotDone
from ..intake import Problem, Seed
from .secret import Secret

_VERSION = 1
_NEWEST = 3  # of the database in it
_PASSWORD_SLOT = 1
_KEY = 32
_MOST_MEMORY = 1 << 30  # bytes that scrypt may take
_BROKEN = "the Aegis vault is damaged: export it again"


def is_one(document: Mapping[str, Any]) -> bool:
    """Tell whether a JSON object is an Aegis vault."""
    return "header" in document and "db" in document


def read(document: Mapping[str, Any], secret: Secret) -> tuple[list[Seed], list[Problem]]:
    """Return the seeds of a vault. Raises NotDone for a wrong password, and for what is damaged."""
    if document.get("version") != _VERSION:
        raise NotDone("the Aegis vault is of another version than 1: export it as that")
    try:
        database = document["db"]
        if isinstance(database, str):
            database = _opened(document["header"], database, secret)
        if database["version"] > _NEWEST:
            raise NotDone(f"the Aegis vault's database is newer than version {_NEWEST}: update host-verify")
        entries = list(database["entries"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise NotDone(_BROKEN) from None
    seeds: list[Seed] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, 1):
        place = f"entry {number}"
        try:
            seeds.append(Seed(place, _account(entry)))
        except BadValue as error:
            problems.append(Problem(place, str(error)))
        except (KeyError, TypeError, AttributeError):
            problems.append(Problem(place, "it lacks what an account needs"))
    return seeds, problems


def _account(entry: Mapping[str, Any]) -> Account:
    info = entry["info"]
    moving = {"counter": info["counter"]} if entry["type"] == "hotp" else {"period": info["period"]}
    secret = base32.decode(info["secret"])
    name, issuer = entry["name"].strip(), (entry.get("issuer") or "").strip()
    return Account(secret, name, issuer, entry["type"], info["algo"], info["digits"], **moving)


def _opened(header: Mapping[str, Any], database: str, secret: Secret) -> Any:
    slots = [slot for slot in header["slots"] if slot["type"] == _PASSWORD_SLOT]
    if not slots:
        raise NotDone("the Aegis vault is not encrypted under a password: export it so, or plain")
    for slot in slots:
        n, r, p = slot["n"], slot["r"], slot["p"]
        if not 0 < 128 * n * r * p <= _MOST_MEMORY:
            raise NotDone("the Aegis vault asks for more work than a password needs: it may be hostile")
    password = secret.password("this Aegis vault").encode()
    for slot in slots:
        derived = hashlib.scrypt(
            password, salt=bytes.fromhex(slot["salt"]), n=slot["n"], r=slot["r"], p=slot["p"], dklen=_KEY,
            maxmem=_MOST_MEMORY + (1 << 20),
        )  # fmt: skip
        try:
            master = _decrypted(derived, slot["key_params"], bytes.fromhex(slot["key"]))
        except InvalidTag:
            continue
        try:
            return json.loads(_decrypted(master, header["params"], b64decode(database, validate=True)))
        except InvalidTag:
            raise NotDone(_BROKEN) from None
    raise NotDone("the password is not that of the Aegis vault")


def _decrypted(key: bytes, parameters: Mapping[str, Any], data: bytes) -> bytes:
    nonce, tag = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["tag"])
    return AESGCM(key).decrypt(nonce, data + tag, None)
