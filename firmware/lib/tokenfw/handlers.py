"""Which module has the handler of a command: loaded when it is first asked for, since code takes memory."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MODULES = {
    "about": "hello info status cancel get_settings set_settings",
    "accounts": "list add rename move remove set_typing code wipe",
    "attest": "files digest",
    "backup": "backup backup_page",
    "enrol": "enroll",
    "handshakes": "open finish resume",
    "locking": "set_pin unlock lock",
    "pairing": "pair reveal own release transfer sync_keys set_sync_key",
    "timekeeping": "get_time set_time",
}


def handler(name: str) -> "Callable[..., Any] | None":
    """Return the handler of the command `name`, or None."""
    for module, names in MODULES.items():
        if name in names.split(" "):
            found: Callable[..., Any] = getattr(getattr(__import__("tokenfw." + module), module), name)
            return found
    return None
