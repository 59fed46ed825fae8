"""The commands of a token's owner: pairing, PIN, and who may set the clock. No logic, as in `cli`."""

import time

import click

from . import inputs, owner_views
from .client import Token
from .desk import with_token
from .output import Output


@click.command()
@click.option("--erased", is_flag=True, help="The token was erased since: forget the key that it had.")
@with_token
def pair(out: Output, token: Token, erased: bool) -> None:
    """Make this desk the token's owner.

    The token shows six digits. Type them here, or give them on standard input; then press confirm on
    the token.
    """

    def compare() -> str:
        return inputs.digits(token.serial, out)

    with out.progress() as report:
        token.pair(int(time.time()), compare, erased, report)
    owner_views.paired(out, token.serial)


@click.command()
@with_token
def release(out: Output, token: Token) -> None:
    """Leave the token without an owner, for another desk to pair; its accounts stay.

    It needs a press on the token.
    """
    with out.progress() as report:
        token.release(report)
    owner_views.released(out, token.serial)


@click.command()
@click.argument("key", metavar="PUBLIC-KEY")
@with_token
def transfer(out: Output, token: Token, key: str) -> None:
    """Make another desk the token's owner instead of this one.

    PUBLIC-KEY is what "provisioner desk show" prints there. Compare its fingerprint on the token's
    screen before you press. The other desk then runs "provisioner pair".
    """
    public = inputs.public_key(key)
    owner_views.fingerprint(out, public)
    with out.progress() as report:
        token.transfer(public, report)
    owner_views.transferred(out, token.serial, public)


@click.group("sync-key")
def sync_key() -> None:
    """Let other desks set the token's clock, and nothing else."""


@sync_key.command("add")
@click.argument("key", metavar="PUBLIC-KEY")
@with_token
def add_key(out: Output, token: Token, key: str) -> None:
    """Let the desk with PUBLIC-KEY set the clock, in small steps."""
    public = inputs.public_key(key)
    token.set_sync_key(public, True)
    owner_views.sync_keys(out, token.sync_keys())


@sync_key.command("remove")
@click.argument("key", metavar="PUBLIC-KEY")
@with_token
def remove_key(out: Output, token: Token, key: str) -> None:
    """Let the desk with PUBLIC-KEY set the clock no more; its fingerprint will do."""
    token.set_sync_key(inputs.one_of(token.sync_keys(), key), False)
    owner_views.sync_keys(out, token.sync_keys())


@sync_key.command("list")
@with_token
def list_keys(out: Output, token: Token) -> None:
    """Show the keys of the desks that may set the clock."""
    owner_views.sync_keys(out, token.sync_keys())


@click.group()
def pin() -> None:
    """Set or clear the PIN that the accounts are locked with."""


@pin.command("set")
@click.option("--wipe-pin", is_flag=True, help="Ask for a second PIN, too: entering it erases everything.")
@click.option(
    "--auto-lock",
    type=click.IntRange(0, 65535),
    metavar="SECONDS",
    help="Lock after so long without a press; 0 is never.",
)
@with_token
def set_pin(out: Output, token: Token, wipe_pin: bool, auto_lock: int | None) -> None:
    """Set a PIN or passphrase of 4 to 64 characters.

    It comes from a prompt, or the first line of standard input; the wipe PIN from the next. Of digits
    alone, it can be entered on the token.
    """
    chosen = inputs.new_pin("New PIN or passphrase")
    wiping = inputs.new_pin("PIN that erases everything") if wipe_pin else None
    token.set_pin(chosen, wiping, auto_lock)
    owner_views.status(out, token.serial, token.status())


@pin.command("clear")
@with_token
def clear_pin(out: Output, token: Token) -> None:
    """Take the PIN away, and the wipe PIN with it."""
    token.set_pin("", "")
    owner_views.status(out, token.serial, token.status())


@click.command()
@with_token
def unlock(out: Output, token: Token) -> None:
    """Unlock the accounts with the PIN, from a prompt or the first line of standard input."""
    token.unlock(inputs.pin("PIN or passphrase"))
    owner_views.status(out, token.serial, token.status())


@click.command()
@with_token
def lock(out: Output, token: Token) -> None:
    """Lock the accounts."""
    token.lock()
    owner_views.status(out, token.serial, token.status())


@click.command()
@with_token
def status(out: Output, token: Token) -> None:
    """Show who owns the token, what this desk may do, and whether it is locked."""
    owner_views.status(out, token.serial, token.status())


COMMANDS = (pair, release, transfer, sync_key, pin, unlock, lock, status)
