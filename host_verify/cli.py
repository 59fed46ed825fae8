"""The command `host-verify`. Only here is the clock read, and only where --at does not give the time."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from click.core import ParameterSource
from platformdirs import user_data_path
from tokencore import otpauth
from tokencore.account import Account

from . import keys, render, service
from . import migrate as migration
from .cli_audit import audit
from .cli_export import export_seeds
from .cli_import import import_seeds
from .cli_keys import key
from .cli_operator import operator
from .cli_radius import radius
from .cli_service import apikey, serve
from .core import Status
from .database import file_place, place_of
from .failure import Door
from .opening import Opener
from .policy import Policy
from .service import Verdict
from .session import Session
from .store import Store, create

_LONGEST_INPUT = 4096  # bytes
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


_at = click.option(
    "--at",
    type=click.IntRange(0, _LAST_SECOND),
    metavar="UTC_SECONDS",
    help="Judge as at this time instead of now.",
)


@click.group("host-verify", cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fobsmith")
@click.option(
    "--store",
    metavar="URL",
    envvar="HOST_VERIFY_STORE",
    help="sqlite:///PATH or postgresql://USER@HOST/DATABASE; without it, your data folder.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    envvar="HOST_VERIFY_KEY_FILE",
    help="The store's key; without it, PATH.key, for PostgreSQL verifier.key in your data folder.",
)
@click.option("--key-env", metavar="NAME", help="Take the key from this environment variable instead.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.pass_context
def cli(
    ctx: click.Context, store: str | None, key_file: Path | None, key_env: str | None, as_json: bool
) -> None:
    """Check the codes of hardware tokens (HOTP and TOTP).

    Exit status: 0 accepted or done, 1 refused, 2 wrong use, 3 the store or its key failed.
    """
    if key_file and key_env and ctx.get_parameter_source("key_file") is ParameterSource.COMMANDLINE:
        raise click.UsageError("give --key-file or --key-env, not both")
    folder = user_data_path("fobsmith")
    place = file_place(folder / "verifier.db") if store is None else place_of(store)
    if place.url.password and ctx.get_parameter_source("store") is ParameterSource.COMMANDLINE:
        raise click.UsageError(
            "an argument is seen by every user of this machine: consider that password known, change it, and "
            "keep the new one in a password file (~/.pgpass) or the URL in HOST_VERIFY_STORE"
        )
    path = place.path or folder / "verifier"
    opener = Opener(place, key_file or path.with_name(path.name + ".key"), key_env)
    ctx.obj = Session(opener, as_json, Policy())


@cli.command()
@click.pass_obj
def init(session: Session) -> None:
    """Make an empty store and, if there is none yet, its key file."""
    made = False
    opener, path = session.opener, session.place.path
    if not (path and path.exists()) and not opener.key_variable and not opener.key_file.exists():
        keys.make_key_file(opener.key_file)
        made = True
    create(session.place, opener.master(), int(time.time()), session.actor)
    where = f"the variable {opener.key_variable}" if opener.key_variable else str(opener.key_file)
    session.tell(
        {"store": str(session.place), "key": where, "key_made": made},
        f"Store: {session.place}\nKey:   {where}\n"
        "Back both up, apart from each other: neither is of use without the other.",
    )


@cli.command()
@click.pass_obj
def migrate(session: Session) -> None:
    """Bring a store of an older release to this one's format, wholly or not at all.

    Back it up first, and end everything that uses it.
    """
    before, after = migration.upgrade(session.place, session.opener.master(), int(time.time()), session.actor)
    done = f"Brought from format {before} to {after}" if before != after else f"Has format {after} already"
    session.tell(
        {"store": str(session.place), "from": before, "to": after}, f"Store: {session.place}\n{done}"
    )


cli.add_command(serve)
cli.add_command(radius)
cli.add_command(apikey)
cli.add_command(audit)
cli.add_command(key)
cli.add_command(operator)
cli.add_command(import_seeds)
cli.add_command(export_seeds)


@cli.group()
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
    account = _account(file)
    with session.open() as store:
        added = service.add_token(store, user, serial, account, int(time.time()), session.actor)
    session.tell(
        {"token": render.token_data(added, session.policy)}, f"Added token {added.id} of {added.user}"
    )


@token.command("list")
@click.option("--user", help="Only this user's.")
@click.pass_obj
def list_tokens(session: Session, user: str | None) -> None:
    """List tokens."""
    with session.open() as store:
        tokens = store.tokens(None if user is None else service.user_name(user))
    session.tell(
        {"tokens": [render.token_data(each, session.policy) for each in tokens]},
        render.token_list(tokens, session.policy),
    )


@token.command()
@click.argument("token_id", metavar="ID")
@click.pass_obj
def show(session: Session, token_id: str) -> None:
    """Show everything of one token but its secret."""
    with session.open() as store:
        found = store.token(token_id)
    session.tell(
        {"token": render.token_data(found, session.policy)}, render.token_card(found, session.policy)
    )


@token.command()
@click.argument("token_id", metavar="ID")
@click.argument("user")
@click.pass_obj
def assign(session: Session, token_id: str, user: str) -> None:
    """Give a token to USER: one that was imported for nobody, or that another has had."""
    with session.open() as store:
        found = service.assign(store, token_id, user, int(time.time()), session.actor)
    session.tell(
        {"token": render.token_data(found, session.policy)}, f"Token {found.id} is {found.user}'s now"
    )


def _status_command(name: str, status: Status, text: str) -> None:
    @token.command(name, help=text)
    @click.argument("token_id", metavar="ID")
    @click.pass_obj
    def command(session: Session, token_id: str) -> None:
        with session.open() as store:
            found = service.set_status(store, token_id, status, int(time.time()), session.actor)
        session.tell(
            {"token": render.token_data(found, session.policy)}, f"Token {found.id} of {found.user}: {status}"
        )


_status_command("enable", Status.ACTIVE, "Put a token into use; clears its wrong codes and its lock.")
_status_command("suspend", Status.SUSPENDED, "Take a token out of use until it is enabled.")
_status_command("revoke", Status.REVOKED, "Take a token out of use for good.")


@cli.command()
@click.argument("user")
@_at
@click.pass_context
def check(ctx: click.Context, user: str, at: int | None) -> None:
    """Check a user's code, from standard input or a prompt. A code is accepted once."""
    code = _typed("Code", hidden=False) if sys.stdin.isatty() else _piped()
    _answer(ctx, lambda store, utc, policy: service.verify(store, user, code, utc, policy, ctx.obj.actor), at)


@cli.command()
@click.argument("user")
@_at
@click.pass_context
def resync(ctx: click.Context, user: str, at: int | None) -> None:
    """Find a lost token by two consecutive codes.

    They come from standard input, one a line, or from prompts.
    """
    if sys.stdin.isatty():
        codes = [_typed("Code", hidden=False), _typed("The code after it", hidden=False)]
    else:
        codes = [line for line in _piped().splitlines() if line.strip()]
    if len(codes) != 2:
        raise click.UsageError("give two consecutive codes, one a line")
    first, second = codes
    _answer(
        ctx,
        lambda store, utc, policy: service.resync(store, user, first, second, utc, policy, ctx.obj.actor),
        at,
    )


def _answer(ctx: click.Context, judge: Callable[[Store, int, Policy], Verdict], at: int | None) -> None:
    session: Session = ctx.obj
    with session.open() as store:
        verdict = judge(store, int(time.time()) if at is None else at, session.policy)
    session.tell(render.verdict_data(verdict), render.verdict_text(verdict))
    ctx.exit(0 if verdict.accepted else 1)


def _account(file: str | None) -> Account:
    if file is None and sys.stdin.isatty():
        return otpauth.parse(_typed("otpauth URI", hidden=True))
    if file is None or file == "-":
        return otpauth.parse(_piped())
    if file.lower().startswith("otpauth:"):
        raise click.UsageError(
            "an argument is seen by every user of this machine: consider that secret known, and give "
            "a new URI on standard input or in a file"
        )
    try:
        with open(file, "rb") as source:
            return otpauth.parse(_text(source.read(_LONGEST_INPUT + 1)))
    except OSError as error:
        raise click.UsageError(f"the file with the URI cannot be read: {error.strerror}") from None


def _typed(prompt: str, hidden: bool) -> str:
    answer: str = click.prompt(prompt, hide_input=hidden, err=True)
    return answer


def _piped() -> str:
    return _text(sys.stdin.buffer.read(_LONGEST_INPUT + 1))


def _text(data: bytes) -> str:
    if len(data) > _LONGEST_INPUT:
        raise click.UsageError(f"more than {_LONGEST_INPUT} bytes were given")
    # What is not UTF-8 becomes a character that is in no code and no URI.
    return data.decode("utf-8", "replace").rstrip("\r\n")


def main() -> None:
    """Run the command; the entry point of `host-verify`."""
    cli()
