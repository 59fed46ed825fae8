"""What every command works with: the store that the options name, and the form of the answer."""

import getpass
import json
import os
from dataclasses import dataclass
from typing import Any

try:
    import pwd
except ImportError:  # on Windows
    pwd = None  # type: ignore[assignment]

import click
from rich.console import RenderableType

from . import render
from .audit import Actor
from .database import Place
from .opening import Opener
from .policy import Policy
from .store import Store


@dataclass(frozen=True, slots=True)
class Session:
    """What the options before the command say."""

    opener: Opener
    as_json: bool
    policy: Policy

    @property
    def place(self) -> Place:
        """Where the store is."""
        return self.opener.place

    @property
    def actor(self) -> Actor:
        """Who runs the command, for the audit: the system's account, which the environment cannot change."""
        if pwd is None:
            return Actor("cli", getpass.getuser())
        try:
            return Actor("cli", pwd.getpwuid(os.getuid()).pw_name)
        except KeyError:  # in a container, where accounts may have numbers only
            return Actor("cli", f"uid {os.getuid()}")

    def open(self) -> Store:
        """Return the open store."""
        return self.opener.open()

    def tell(self, data: dict[str, Any], text: RenderableType) -> None:
        """Print the result of a command."""
        if self.as_json:
            click.echo(json.dumps(data))
        else:
            render.show(text)
