"""The commands for the desk's own key. No logic, as in `cli`."""

import click

from . import desk_key, desk_views, inputs
from .desk import Desk
from .faults import BadInput


@click.group()
def desk() -> None:
    """Make and show the key that tokens know this desk by."""


@desk.command()
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase, which then every command needs.")
@click.option("--keyring", is_flag=True, help="Keep the key in the system's keyring instead of a file.")
@click.pass_obj
def init(desk: Desk, passphrase: bool, keyring: bool) -> None:
    """Make the desk key, once.

    Whoever has it administers every token that is paired with it: keep a copy in a safe place. A
    passphrase comes from a prompt, or the first line of standard input.
    """
    if passphrase and keyring:
        raise BadInput("--passphrase and --keyring do not go together: the keyring has its own lock")
    typed = inputs.new_passphrase() if passphrase and not desk.key_path.exists() else b""
    desk_views.key(desk.output, desk_key.init(desk.key_path, typed, keyring))


@desk.command()
@click.pass_obj
def show(desk: Desk) -> None:
    """Show the desk's public key, where its file is, and which tokens it was paired with."""
    stored = desk_key.look(desk.key_path)
    desk_views.key(desk.output, stored, stored.known().all())


COMMANDS = (desk,)
