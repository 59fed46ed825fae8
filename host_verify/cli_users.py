"""The commands of the users: `host-verify user`."""

import sys
import time

import click

from . import cli_input, render_users, users
from .people import Person
from .session import Session

_MOST = 1_000_000


@click.group()
def user() -> None:
    """Add, show, lock and remove users, and set their PINs."""


@user.command()
@click.argument("name")
@click.pass_obj
def add(session: Session, name: str) -> None:
    """Add a user who has no token yet; who is given one is added by it."""
    with session.open() as store:
        added = users.add(store, name, _now(), session.actor)
    _tell(session, added, f"Added user {added.name}")


@user.command("list")
@click.pass_obj
def list_users(session: Session) -> None:
    """List users by name."""
    with session.open() as store:
        found = users.page(store, "", _MOST)
    session.tell({"users": [render_users.user_data(each) for each in found]}, render_users.user_list(found))


@user.command()
@click.argument("name")
@click.pass_obj
def show(session: Session, name: str) -> None:
    """Show a user and his tokens."""
    utc = _now()
    with session.open() as store:
        found = users.find(store, name)
        tokens = store.tokens(found.name)
    session.tell(
        {
            "user": render_users.user_data(found),
            "tokens": render_users.tokens_data(tokens, session.policy, utc),
        },
        render_users.user_card(found, tokens, session.policy, utc),
    )


@user.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Remove a user who has no token."""
    with session.open() as store:
        gone = users.remove(store, name, _now(), session.actor)
    _tell(session, gone, f"Removed user {gone.name}")


@user.command()
@click.option("--drop", is_flag=True, help="Ask for no PIN any more.")
@click.argument("name")
@click.pass_obj
def pin(session: Session, drop: bool, name: str) -> None:
    """Set what a user types before each code, as 4711 in 4711 123456.

    It comes from standard input or a hidden prompt.
    """
    with session.open() as store:
        if drop:
            _tell(session, users.drop_pin(store, name, _now(), session.actor), "Dropped the PIN of {}")
            return
        users.find(store, name)
        said = cli_input.typed("PIN", hidden=True, twice=True) if sys.stdin.isatty() else cli_input.piped()
        _tell(session, users.set_pin(store, name, said, _now(), session.actor), "Set the PIN of {}")


@user.command()
@click.argument("name")
@click.pass_obj
def lock(session: Session, name: str) -> None:
    """Refuse every code of a user until he is unlocked."""
    with session.open() as store:
        _tell(session, users.lock(store, name, _now(), session.actor), "Locked user {}")


@user.command()
@click.argument("name")
@click.pass_obj
def unlock(session: Session, name: str) -> None:
    """Let a user in again; forgives his tokens' wrong codes, too."""
    with session.open() as store:
        _tell(session, users.unlock(store, name, _now(), session.actor), "Unlocked user {}")


def _tell(session: Session, who: Person, text: str) -> None:
    session.tell({"user": render_users.user_data(who)}, text.replace("{}", who.name))


def _now() -> int:
    return int(time.time())
