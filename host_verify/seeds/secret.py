"""The password or the pre-shared key of an encrypted file, asked for when a file turns out to need it."""

import sys
from pathlib import Path

import click

from ..errors import NotDone

_LONGEST = 4096  # bytes


class Secret:
    """Gives the secret of the files of one import, from a file, standard input or a prompt; once."""

    def __init__(self, file: Path | None = None, confirm: bool = False) -> None:
        self._file = file
        self._confirm = confirm  # a new one: it is typed twice
        self._known: str | None = None

    def password(self, what: str) -> str:
        """Return the password of `what`, as it was typed."""
        if self._known is None:
            self._known = self._asked(f"Password of {what}")
        return self._known

    def key(self, what: str) -> bytes:
        """Return the pre-shared key of `what`, given in hexadecimal."""
        if self._known is None:
            self._known = self._asked(f"Pre-shared key of {what}, in hexadecimal")
        try:
            return bytes.fromhex(self._known)
        except ValueError:
            raise NotDone(f"the pre-shared key of {what} is to be given in hexadecimal digits") from None

    def _asked(self, prompt: str) -> str:
        if self._file is not None:
            with self._file.open("rb") as file:
                data = file.read(_LONGEST + 1)
        elif sys.stdin.isatty():
            typed: str = click.prompt(prompt, hide_input=True, confirmation_prompt=self._confirm, err=True)
            return typed
        else:
            data = sys.stdin.buffer.readline(_LONGEST + 1)
        if len(data) > _LONGEST:
            raise NotDone(f"the password or key has more than {_LONGEST} bytes")
        try:
            text = data.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise NotDone("the password or key is not text in UTF-8") from None
        if not text:
            raise NotDone(f"{prompt}: none was given; say --secret-file FILE, or give it on standard input")
        return text
