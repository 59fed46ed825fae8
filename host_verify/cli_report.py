"""The command `host-verify report`."""

import time

import click

from . import render_fleet
from .report import survey
from .session import Session


@click.command()
@click.option(
    "--at", type=click.IntRange(0, 2**40), metavar="UTC_SECONDS", help="As of this time instead of now."
)
@click.pass_obj
def report(session: Session, at: int | None) -> None:
    """Show how the tokens' clocks stand: what a guess is worth, and who will soon need two codes."""
    with session.open() as store:
        found = survey(store, session.policy, int(time.time()) if at is None else at)
    session.tell(render_fleet.data(found), render_fleet.text(found))
