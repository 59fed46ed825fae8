"""Who owns a token, and what was done about it, as JSON and as lines."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tokencore import seals

from .model import Status
from .output import Output
from .texts import utc

_ROLES = {"owner": "everything", "clock": "set the clock", "stranger": "nothing but look"}


def paired(output: Output, serial: str) -> None:
    """Show that this desk is the owner."""
    if output.as_json:
        output.result({"paired": serial})
    else:
        output.line(f"Paired: this desk owns token {serial}")


def released(output: Output, serial: str) -> None:
    """Show that nobody is the owner."""
    if output.as_json:
        output.result({"released": serial})
    else:
        output.line(f"Released: token {serial} has no owner; its accounts are still there")


def fingerprint(output: Output, key: bytes) -> None:
    """Show by what a key is compared before a press."""
    if not output.as_json:
        output.note(f"The token must show the fingerprint {seals.fingerprint(key)[:9]}")


def transferred(output: Output, serial: str, key: bytes) -> None:
    """Show who is the owner now."""
    if output.as_json:
        output.result({"transferred": serial, "owner": seals.fingerprint(key)})
    else:
        output.line(f"Transferred: token {serial} is owned by the desk {seals.fingerprint(key)}")


def sync_keys(output: Output, keys: Sequence[bytes]) -> None:
    """Show the keys that may set the clock."""
    if output.as_json:
        output.result(
            {"sync_keys": [{"fingerprint": seals.fingerprint(key), "key": key.hex()} for key in keys]}
        )
    elif not keys:
        output.line("No other desk may set the clock")
    else:
        output.table(
            [("Fingerprint", {"no_wrap": True}), ("Public key", {})],
            [[seals.fingerprint(key), key.hex()] for key in keys],
        )


def status(output: Output, serial: str, found: Status) -> None:
    """Show who may do what, and whether the token is locked."""
    if output.as_json:
        output.result({"serial": serial} | as_data(found))
        return
    for title, value in (("Serial number", serial), *lines(found)):
        output.line(f"{title + ':':16}{value}")


def as_data(found: Status) -> dict[str, Any]:
    """Return the status for JSON."""
    return asdict(found) | {"owner": found.owner.hex() if found.owner else None}


def lines(found: Status) -> list[tuple[str, str]]:
    """Return the status as (title, text)."""
    shown = [("Owner", _owner(found)), ("This desk may", _ROLES[found.role]), ("Accounts are", _lock(found))]
    if found.pin:
        shown.append(("PIN", _pin(found)))
        shown.append(("Locks itself", f"after {found.auto_lock} s" if found.auto_lock else "never"))
    if found.shown is not None:
        shown.append(("Clock", f"went back: a code was shown at {utc(found.shown)}"))
    return shown


def _owner(found: Status) -> str:
    if not found.paired:
        return "nobody (provisioner pair makes this desk the owner)"
    if found.role == "owner":
        return "this desk"
    digits = found.owner.hex() if found.owner else ""
    return "another desk " + " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _lock(found: Status) -> str:
    if not found.locked:
        return "open"
    waiting = f"; it waits {-(-found.wait // 1000)} s before the next try" if found.wait else ""
    return f"locked (provisioner unlock opens them){waiting}"


def _pin(found: Status) -> str:
    kind = "digits" if found.digits else "a passphrase, entered at the computer"
    wiping = "; another one erases everything" if found.wipe_pin else ""
    return f"{kind}; {found.tries} tries are left before everything is erased{wiping}"
