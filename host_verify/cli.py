"""The command `host-verify`. Only here is the clock read, and only where --at does not give the time."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from click.core import ParameterSource
from platformdirs import user_data_path

from . import cli_input, hsm, render, service
from . import migrate as migration
from .cli_audit import audit
from .cli_backup import backup, restore
from .cli_export import export_seeds
from .cli_find import find
from .cli_import import import_seeds
from .cli_keys import key
from .cli_master import master
from .cli_operator import operator
from .cli_radius import radius
from .cli_report import report
from .cli_service import apikey, serve
from .cli_tokens import token
from .cli_users import user
from .database import file_place, place_of
from .failure import Door
from .opening import Opener
from .policy import Policy
from .service import Verdict
from .session import Session
from .store import Store, create

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
@click.option(
    "--key-hsm",
    metavar="URI",
    envvar="HOST_VERIFY_KEY_HSM",
    help="Have a hardware module's key open the store instead: a PKCS#11 URI.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.pass_context
def cli(
    ctx: click.Context,
    store: str | None,
    key_file: Path | None,
    key_env: str | None,
    key_hsm: str | None,
    as_json: bool,
) -> None:
    """Check the codes of hardware tokens (HOTP and TOTP).

    Exit status: 0 accepted or done, 1 refused, 2 wrong use, 3 the store or its key failed.
    """
    names = ("key_file", "key_env", "key_hsm")
    said = [name for name in names if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if len(said) > 1:
        raise click.UsageError("give one of --key-file, --key-env and --key-hsm")
    if said and said != ["key_hsm"]:
        key_hsm = None  # what the command says counts before what the environment does
    folder = user_data_path("fobsmith")
    place = file_place(folder / "verifier.db") if store is None else place_of(store)
    if place.url.password and ctx.get_parameter_source("store") is ParameterSource.COMMANDLINE:
        raise click.UsageError(
            "an argument is seen by every user of this machine: consider that password known, change it, and "
            "keep the new one in a password file (~/.pgpass) or the URL in HOST_VERIFY_STORE"
        )
    path = place.path or folder / "verifier"
    hardware = hsm.key_of(key_hsm) if key_hsm else None
    opener = Opener(place, key_file or path.with_name(path.name + ".key"), key_env, hardware)
    ctx.obj = Session(opener, as_json, Policy())


@cli.command()
@click.pass_obj
def init(session: Session) -> None:
    """Make an empty store and, if there is none yet, its key."""
    opener, path = session.opener, session.place.path
    made = not (path and path.exists()) and opener.make_key()
    create(session.place, opener.master(), int(time.time()), session.actor)
    session.tell(
        {"store": str(session.place), "key": opener.key_name, "key_made": made},
        f"Store: {session.place}\nKey:   {opener.key_name}\n"
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


cli.add_command(token)
token.add_command(find)
cli.add_command(user)
cli.add_command(serve)
cli.add_command(radius)
cli.add_command(apikey)
cli.add_command(audit)
cli.add_command(report)
cli.add_command(key)
cli.add_command(master)
cli.add_command(backup)
cli.add_command(restore)
cli.add_command(operator)
cli.add_command(import_seeds)
cli.add_command(export_seeds)


@cli.command()
@click.argument("user")
@_at
@click.pass_context
def check(ctx: click.Context, user: str, at: int | None) -> None:
    """Check a user's code, from standard input or a prompt. A code is accepted once."""
    code = cli_input.typed("Code") if sys.stdin.isatty() else cli_input.piped()
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
        codes = [cli_input.typed("Code"), cli_input.typed("The code after it")]
    else:
        codes = [line for line in cli_input.piped().splitlines() if line.strip()]
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


def main() -> None:
    """Run the command; the entry point of `host-verify`."""
    cli()
