"""The commands of those who may sign in to the administrators' pages: `host-verify operator`."""

import time
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from . import operators, render
from .apikeys import Scope
from .operators import SCOPES, Operator
from .seeds.secret import Secret
from .session import Session

_secret_file = click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its first line is the password; else it is asked for.",
)


@click.group()
def operator() -> None:
    """Say who may sign in to the pages of host-verify serve --admin."""


@operator.command()
@click.option(
    "--scope", type=click.Choice([str(scope) for scope in SCOPES]), required=True, help="What he may do."
)
@_secret_file
@click.argument("user")
@click.pass_obj
def add(session: Session, scope: str, user: str, secret_file: Path | None) -> None:
    """Let USER, who has a token, sign in with a password and a code of it.

    The password is asked for on a prompt, or read as the first line of standard input. helpdesk looks, finds
    lost clocks, suspends and replaces tokens; admin also revokes them, and cares for other admins' tokens.
    """
    password = _asked(secret_file)
    with session.open() as store:
        made = operators.add(store, user, Scope(scope), password, int(time.time()), session.actor)
    session.tell({"operator": _data(made)}, f"{render.safe(made.name)} may sign in, scope {made.scope}")


@operator.command("list")
@click.pass_obj
def list_operators(session: Session) -> None:
    """List the operators, those revoked too."""
    with session.open() as store:
        found = operators.every(store)
    session.tell({"operators": [_data(each) for each in found]}, _listed(found))


@operator.command()
@_secret_file
@click.argument("user")
@click.pass_obj
def password(session: Session, user: str, secret_file: Path | None) -> None:
    """Give the operator USER another password, asked for as by add, and end his sessions."""
    chosen = _asked(secret_file)
    with session.open() as store:
        changed = operators.set_password(store, user, chosen, int(time.time()), session.actor)
    session.tell({"operator": _data(changed)}, f"{render.safe(changed.name)} has a new password")


@operator.command()
@click.argument("user")
@click.pass_obj
def revoke(session: Session, user: str) -> None:
    """End the sign-in of the operator USER, and his sessions, at once. His token works on elsewhere."""
    with session.open() as store:
        ended = operators.revoke(store, user, int(time.time()), session.actor)
    session.tell({"operator": _data(ended)}, f"{render.safe(ended.name)} may sign in no more")


def _asked(file: Path | None) -> str:
    return Secret(file, confirm=True).password("the operator")


def _data(found: Operator) -> dict[str, Any]:
    return {
        "name": found.name,
        "scope": found.scope,
        "created": found.created,
        "revoked": found.revoked,
    }


def _listed(found: list[Operator]) -> RenderableType:
    if not found:
        return Text("No operators. Add one: host-verify operator add --scope helpdesk USER")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("User", "Scope", "Since", "Revoked"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "User")
    for each in found:
        revoked = "" if each.revoked is None else render.instant(each.revoked)
        table.add_row(render.safe(each.name), each.scope, render.instant(each.created), revoked)
    return table
