"""The commands of the tokens: `host-verify token`."""

import time

import click

from . import audit, cli_input, losing, render, service
from .core import Status
from .records import Token
from .replacements import MOST
from .session import Session


@click.group()
def token() -> None:
    """Add, show and manage tokens."""


@token.command()
@click.option("--user", required=True, help="Whose token it is.")
@click.option("--serial", help="The serial number on its case.")
@click.argument("file", required=False)
@click.pass_obj
def add(session: Session, user: str, serial: str | None, file: str | None) -> None:
    """Add a token from an otpauth:// URI.

    The URI is read from FILE, from standard input (-), or from a hidden prompt.
    """
    account = cli_input.account(file)
    with session.open() as store:
        added = service.add_token(store, user, serial, account, _now(), session.actor)
    _tell(session, added, f"Added token {added.id} of {added.user}")


@token.command("list")
@click.option("--user", help="Only this user's.")
@click.pass_obj
def list_tokens(session: Session, user: str | None) -> None:
    """List tokens."""
    with session.open() as store:
        tokens = store.tokens(None if user is None else service.user_name(user))
    utc = _now()
    session.tell(
        {"tokens": [render.token_data(each, session.policy, utc) for each in tokens]},
        render.token_list(tokens, session.policy, utc),
    )


@token.command()
@click.argument("token_id", metavar="ID")
@click.pass_obj
def show(session: Session, token_id: str) -> None:
    """Show everything of one token but its secret."""
    with session.open() as store:
        found = store.token(token_id)
    utc = _now()
    session.tell(
        {"token": render.token_data(found, session.policy, utc)},
        render.token_card(found, session.policy, utc),
    )


@token.command()
@click.option(
    "--last", type=click.IntRange(1, 1_000_000), default=20, show_default=True, help="How many entries."
)
@click.argument("token_id", metavar="ID")
@click.pass_obj
def history(session: Session, last: int, token_id: str) -> None:
    """Show what was decided of a token and done with it, and by whom.

    The latest entries, oldest first.
    """
    with session.open() as store:
        entries = audit.latest(store, last, token=store.token(token_id).id)
    session.tell({"entries": [render.entry_data(each) for each in entries]}, render.entry_list(entries))


@token.command()
@click.argument("token_id", metavar="ID")
@click.argument("user")
@click.pass_obj
def assign(session: Session, token_id: str, user: str) -> None:
    """Give a token to USER.

    It may have been imported for nobody, or be another one's.
    """
    with session.open() as store:
        found = service.assign(store, token_id, user, _now(), session.actor)
    _tell(session, found, f"Token {found.id} is {found.user}'s now")


@token.command()
@click.argument("token_id", metavar="ID")
@click.pass_obj
def unassign(session: Session, token_id: str) -> None:
    """Take a token back from its user, into the drawer."""
    with session.open() as store:
        found = service.unassign(store, token_id, _now(), session.actor)
    _tell(session, found, f"Token {found.id} is nobody's now")


@token.command()
@click.option(
    "--until",
    type=cli_input.End(),
    metavar="DATE",
    help="Print codes that its user may use in its place up to and with DATE (UTC), each once.",
)
@click.option(
    "--codes",
    type=click.IntRange(1, MOST),
    default=losing.CODES,
    show_default=True,
    help="How many; with --until.",
)
@click.argument("token_id", metavar="ID")
@click.pass_obj
def lost(session: Session, token_id: str, until: int | None, codes: int) -> None:
    """Take a token that is lost out of use, until it is found.

    The codes are shown this once. Codes from an earlier time are no longer accepted.
    """
    with session.open() as store:
        found, made = losing.lose(store, token_id, _now(), session.actor, until=until, count=codes)
    lines = [f"Token {found.id} of {found.user or 'nobody'}: lost"]
    if until is not None:
        lines.append(f"Codes in its place, each accepted once, before {render.instant(until)}:")
    utc = _now()
    session.tell(
        {"token": render.token_data(found, session.policy, utc), "codes": made, "until": until},
        "\n".join([*lines, *made]),
    )


@token.command()
@click.argument("token_id", metavar="ID")
@click.pass_obj
def found(session: Session, token_id: str) -> None:
    """Put a lost token that was found into use; ends the codes in its place."""
    with session.open() as store:
        back = losing.find(store, token_id, _now(), session.actor)
    _tell(session, back, f"Token {back.id} of {back.user or 'nobody'}: {back.state.status}")


def _status_command(name: str, status: Status, text: str) -> None:
    @token.command(name, help=text)
    @click.argument("token_id", metavar="ID")
    @click.pass_obj
    def command(session: Session, token_id: str) -> None:
        with session.open() as store:
            changed = service.set_status(store, token_id, status, _now(), session.actor)
        _tell(session, changed, f"Token {changed.id} of {changed.user or 'nobody'}: {status}")


_status_command("enable", Status.ACTIVE, "Put a token into use; clears its wrong codes and its lock.")
_status_command("suspend", Status.SUSPENDED, "Take a token out of use until it is enabled.")
_status_command("revoke", Status.REVOKED, "Take a token out of use for good.")


def _tell(session: Session, what: Token, text: str) -> None:
    session.tell({"token": render.token_data(what, session.policy, _now())}, text)


def _now() -> int:
    return int(time.time())
