"""What is read from a file, standard input or a prompt, because it must not stand in a command line."""

import getpass
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import click
from tokencore import messages
from tokencore.cipherstate import KEY
from tokencore.seals import fingerprint

from . import seeds
from .faults import BadInput
from .output import Output

_SEED = "otpauth:// URI or base32 secret (hidden): "
_DISCLOSED = (
    "A command line is kept in the shell's history and shown to other users: give a file, '-' for standard "
    "input, or nothing to be asked. If it was a real secret, have it replaced"
)


def seed(files: tuple[str, ...]) -> bytes:
    """Return the bytes of the seed: of the one file in `files`, or of standard input, or of a prompt.

    Raises BadInput; what may be a secret is not repeated, nor is a file's name that does not exist.
    """
    if not files:
        return _hidden(_SEED) if sys.stdin.isatty() else _standard_input()
    if len(files) == 1 and files[0] == "-":
        return _standard_input()
    try:
        if len(files) == 1:
            with Path(files[0]).open("rb") as file:
                return file.read(seeds.MAX_TEXT + 1)
    except (OSError, ValueError) as error:
        if not seeds.looks_secret(files[0]):
            why = getattr(error, "strerror", None) or "that is not a file name"
            raise BadInput(f"the seed's file cannot be read: {why}", "Give FILE, '-' or nothing") from None
    if seeds.looks_secret("".join(files)):
        raise BadInput("a secret was given where a file is expected", _DISCLOSED)
    raise BadInput("several files were given", "Add one account at a time")


def serial_number(serial: str, accounts: int) -> str:
    """Return what the user types, or standard input holds, as the number of the token to wipe."""
    if sys.stdin.isatty():
        click.echo(f"This removes all {accounts} accounts from token {serial}.", err=True)
    return _visible("Type its serial number to go on")


def passphrase(of: str = "the desk key") -> bytes:
    """Return the passphrase of what is named, from a prompt or the next line of standard input."""
    return _normal(_hidden(f"Passphrase of {of} (hidden): "), "passphrase")


def new_passphrase() -> bytes:
    """Return a new passphrase, typed twice at a prompt. Raises BadInput."""
    return _normal(_twice("New passphrase (hidden): "), "passphrase")


def pin(what: str) -> str:
    """Return a PIN or passphrase of the token; `what` names it in the prompt."""
    return _normal(_hidden(f"{what} (hidden): "), "PIN").decode()


def new_pin(what: str) -> str:
    """Return a new PIN or passphrase for the token, typed twice at a prompt. Raises BadInput."""
    typed = _normal(_twice(f"{what} (hidden): "), "PIN").decode()
    if not 4 <= len(typed) <= 64:
        raise BadInput("a PIN or passphrase has 4 to 64 characters", "Choose another one")
    return typed


def next_token(serial: str) -> None:
    """Wait for the user to plug in another token than that of this serial number, and to say so by Enter."""
    if sys.stdin.isatty():
        click.echo(f"Take token {serial} out and plug in the next one, then press Enter.", err=True)
    if not sys.stdin.readline():
        raise BadInput("there is no next token", "Name only as many accounts as there are tokens")


def digits(serial: str, out: Output) -> str:
    """Return the six digits that the user reads on the token's screen, without spaces."""
    out.awaits("digits", f"Token {serial} shows six digits", messages.PAIR_MS // 1000)
    return "".join(_visible("Type them here").split())


def public_key(text: str) -> bytes:
    """Return the public key (32 bytes) that stands in the command line in hex. Raises BadInput."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY:
        raise BadInput(
            "that is not a public key: it has 64 hex digits",
            "See it at the other desk with: provisioner desk show",
        )
    return key


def one_of(keys: Sequence[bytes], text: str) -> bytes:
    """Return the one of `keys` whose hex or fingerprint `text` is. Raises BadInput."""
    wanted = "".join(text.split()).lower()
    for key in keys:
        if wanted in (key.hex(), fingerprint(key).replace(" ", "")):
            return key
    raise BadInput("no such key is among them", "List them with: provisioner sync-key list")


def _visible(prompt: str) -> str:
    if not sys.stdin.isatty():
        return _line().decode("utf-8", "replace").strip()
    typed: str = click.prompt(prompt, err=True)
    return typed.strip()


def _normal(typed: bytes, what: str) -> bytes:
    """Return UTF-8 in the one form that every keyboard and system gives alike (Unicode's NFC)."""
    try:
        text = unicodedata.normalize("NFC", typed.decode())
    except UnicodeDecodeError:
        raise BadInput(f"the {what} is not text in UTF-8") from None
    if not text:
        raise BadInput(f"no {what} was given", "Type it at the prompt, or give it on standard input")
    return text.encode()


def _twice(prompt: str) -> bytes:
    typed = _hidden(prompt)
    if sys.stdin.isatty() and _hidden("The same again (hidden): ") != typed:
        raise BadInput("the two are not the same", "Run the command again; nothing was changed")
    return typed


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(seeds.MAX_TEXT + 1)


def _line() -> bytes:
    return sys.stdin.buffer.readline(seeds.MAX_TEXT + 1).rstrip(b"\r\n")


def _hidden(prompt: str) -> bytes:
    """Return what is typed without being shown; where nobody sits, the next line of standard input."""
    if not sys.stdin.isatty():
        return _line()
    try:
        return getpass.getpass(prompt).encode("utf-8", "surrogateescape")
    except EOFError:
        raise BadInput("nothing was typed") from None
