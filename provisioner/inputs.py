"""What is read from a file, standard input or a prompt, because it must not stand in a command line."""

import getpass
import sys
from pathlib import Path

import click

from . import seeds
from .faults import BadInput

_DISCLOSED = (
    "A command line is kept in the shell's history and shown to other users: give a file, '-' for standard "
    "input, or nothing to be asked. If it was a real secret, have it replaced"
)


def seed(files: tuple[str, ...]) -> bytes:
    """Return the bytes of the seed: of the one file in `files`, or of standard input, or of a prompt.

    Raises BadInput; what may be a secret is not repeated, nor is a file's name that does not exist.
    """
    if not files:
        return _hidden() if sys.stdin.isatty() else _standard_input()
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
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    click.echo(f"This removes all {accounts} accounts from token {serial}.", err=True)
    typed: str = click.prompt("Type its serial number to go on", err=True)
    return typed.strip()


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(seeds.MAX_TEXT + 1)


def _hidden() -> bytes:
    try:
        return getpass.getpass("otpauth:// URI or base32 secret (hidden): ").encode(
            "utf-8", "surrogateescape"
        )
    except EOFError:
        raise BadInput("no seed was given") from None
