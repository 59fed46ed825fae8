"""A vault as a board has it: on a file of its drive, with nvm in memory."""

import crypto
import drive
from tokencore.account import Account
from tokenfw import pin
from tokenfw.secret import Secret
from tokenfw.vault import Vault

_nvm = {}  # by the path of the store; it outlives a restart
_running = {}


def start(path: str, capacity: int) -> list:
    """Start a token on the file `path`; return what a locked one tells."""
    nvm = _nvm.setdefault(path, bytearray(128))
    medium = drive.DriveFile(path)
    _running["vault"] = Vault(medium, Secret(nvm), crypto.BoardPrimitives(), capacity)
    return told()


def told() -> list:
    vault = _running["vault"]
    state = [vault.pin.is_set, vault.pin.digits, vault.pin.wipe_set, vault.pin.left]
    return [
        vault.fault,
        vault.locked,
        len(vault),
        state,
        len(vault.identity),
        vault.owner,
        vault.clock_record,
    ]


def accounts() -> list:
    vault, found = _running["vault"], []
    for position in range(len(vault)):
        account = vault.account(position)
        found.append((account.issuer, account.name, account.secret, account.counter, account.typing))
    return found


def add(name: str, secret: bytes) -> int:
    return _running["vault"].add(Account(secret, name, "Größe", "hotp"))


def call(method: str, *arguments: object) -> object:
    """Call a method of the vault; a generator is run to its end."""
    result = getattr(_running["vault"], method)(*arguments)
    if method not in ("unlock", "set_pin"):
        return result
    try:
        while True:
            next(result)
    except StopIteration as end:
        return end.value


def nvm(path: str) -> bytes:
    return bytes(_nvm[path])


def stretch(password: bytes, salt: bytes, rounds: int) -> list:
    """Return PBKDF2's output and how often it yielded."""
    work, yields = pin.stretch(password, salt, rounds), 0
    try:
        while True:
            next(work)
            yields += 1
    except StopIteration as end:
        return [end.value, yields]


OPERATIONS = {
    "vault start": start,
    "vault told": told,
    "vault accounts": accounts,
    "vault add": add,
    "vault call": call,
    "vault nvm": nvm,
    "vault stretch": stretch,
}
