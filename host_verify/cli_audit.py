"""The commands of the audit: `host-verify audit verify|show|export`."""

import json

import click

from . import audit as chain
from . import render, service
from .session import Session


@click.group()
def audit() -> None:
    """Show what was decided and changed, and whether anybody has touched that since."""


@audit.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Look at every entry and its link; exit status 1 if one was altered, moved or taken away.

    Keep the head that is printed somewhere else: a later run shows by it whether the whole store was put back
    to an earlier state.
    """
    session: Session = ctx.obj
    with session.open() as store:
        found = chain.examine(store)
    session.tell(render.examination_data(found), render.examination_text(found))
    ctx.exit(1 if found.faults else 0)


@audit.command()
@click.option("--last", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many.")
@click.option("--user", help="Only of this user.")
@click.option("--token", help="Only of the token of this id.")
@click.pass_obj
def show(session: Session, last: int, user: str | None, token: str | None) -> None:
    """Show the latest entries, oldest first."""
    name = None if user is None else service.user_name(user)
    with session.open() as store:
        entries = chain.latest(store, last, name, token)
    session.tell({"entries": [render.entry_data(entry) for entry in entries]}, render.entry_list(entries))


@audit.command()
@click.option("--after", type=click.IntRange(0, 2**63 - 1), default=0, help="Only entries after this number.")
@click.pass_obj
def export(session: Session, after: int) -> None:
    """Print all entries, a JSON object a line, for another system to keep."""
    with session.open() as store:
        for entry in chain.every(store, after):
            click.echo(json.dumps(render.entry_data(entry)))
