"""The command `host-verify token find`."""

import sys
import time

import click

from . import cli_input, finding, render_found
from .session import Session


@click.command()
@click.option("--two", is_flag=True, help="Give two codes in a row, which make it certain.")
@click.option("--at", type=int, metavar="UTC_SECONDS", help="Search as at another time; without: now.")
@click.pass_context
def find(ctx: click.Context, two: bool, at: int | None) -> None:
    """Tell which token gave a code.

    The code, or with --two each of the two, comes as a line of standard input or from a prompt. Nothing is
    used up or counted. Among many tokens a code fits a wrong one by chance: the answer says how likely.
    """
    session: Session = ctx.obj
    if sys.stdin.isatty():
        lines = [cli_input.typed(prompt) for prompt in ("Code", "The next one")[: 1 + two]]
    else:
        lines = cli_input.piped().splitlines()
    if len(lines) != 1 + two:
        raise click.UsageError(f"{1 + two} line(s) are needed: a code, and with --two the token's next one")
    utc = int(time.time()) if at is None else at
    with session.open() as store:
        found = finding.find(store, lines[0], lines[1] if two else None, utc, session.policy, session.actor)
    session.tell(render_found.data(found), render_found.text(found, two))
    ctx.exit(0 if found.matches else 1)
