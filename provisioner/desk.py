"""What the options before a command say: which token, which key, how to answer."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from . import desk_key, inputs, output, ports
from .client import Token
from .desk_key import DeskKey, NoDeskKey
from .model import Progress


@dataclass(frozen=True)
class Desk:
    """The desk as the command line has it; `key_file` is None where the user has not said."""

    port: str | None
    search: tuple[str, ...]
    key_file: Path | None
    output: output.Output

    @property
    def key_path(self) -> Path:
        """The file of the desk key."""
        return self.key_file or desk_key.default_path()

    @cached_property
    def key(self) -> DeskKey | None:
        """The desk key, or None where none has been made yet; a passphrase is asked for once."""
        if not os.path.lexists(self.key_path):
            return None
        return desk_key.load(self.key_path, inputs.passphrase)

    def needed_key(self) -> DeskKey:
        """Return the desk key. Raises NoDeskKey, which names the file that it was looked for in."""
        if self.key is None:
            raise NoDeskKey(f"there is no desk key yet: {self.key_path} does not exist")
        return self.key

    @contextmanager
    def token(self) -> Iterator[Token]:
        """Open the token at --port, or the only one there is."""
        key = self.key  # A passphrase comes before anything else that is asked for.
        with self.output.progress() as report:
            port = self.port or ports.choose(ports.search(self.search, report=report))
            report(Progress("open", 0, 1))
            token = Token.open(port, desk=key)
        with token:
            try:
                yield token
            except NoDeskKey:
                self.needed_key()
                raise


def with_token(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the desk's output and the open token before its own arguments."""

    @click.pass_obj
    def opened(desk: Desk, /, **values: Any) -> None:
        with desk.token() as token:
            command(desk.output, token, **values)

    opened.__doc__, opened.__name__ = command.__doc__, command.__name__
    return opened
