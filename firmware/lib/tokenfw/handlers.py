"""Which module has the handler of a command: loaded when it is first asked for, since code takes memory."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _about() -> "Any":
    from . import about

    return about


def _accounts() -> "Any":
    from . import accounts

    return accounts


def _attest() -> "Any":
    from . import attest

    return attest


def _backup() -> "Any":
    from . import backup

    return backup


def _enrol() -> "Any":
    from . import enrol

    return enrol


def _handshakes() -> "Any":
    from . import handshakes

    return handshakes


def _locking() -> "Any":
    from . import locking

    return locking


def _pairing() -> "Any":
    from . import pairing

    return pairing


def _timekeeping() -> "Any":
    from . import timekeeping

    return timekeeping


HANDLERS: "dict[str, Callable[[], Any]]" = {
    "hello": _about,
    "info": _about,
    "status": _about,
    "cancel": _about,
    "get_settings": _about,
    "set_settings": _about,
    "list": _accounts,
    "add": _accounts,
    "rename": _accounts,
    "move": _accounts,
    "remove": _accounts,
    "set_typing": _accounts,
    "code": _accounts,
    "wipe": _accounts,
    "get_time": _timekeeping,
    "set_time": _timekeeping,
    "files": _attest,
    "digest": _attest,
    "open": _handshakes,
    "finish": _handshakes,
    "resume": _handshakes,
    "pair": _pairing,
    "reveal": _pairing,
    "own": _pairing,
    "release": _pairing,
    "transfer": _pairing,
    "sync_keys": _pairing,
    "set_sync_key": _pairing,
    "set_pin": _locking,
    "unlock": _locking,
    "lock": _locking,
    "enroll": _enrol,
    "backup": _backup,
    "backup_page": _backup,
}
