"""The command `provisioner`. No logic: options in, a call, a view out.

Every error leaves through `Commands.main`, with exit 1 refused by the token, 2 wrong use, 3 no token
or connection lost.
"""

import sys
import time
from pathlib import Path
from typing import Any

import click
from tokencore import errors
from tokencore.account import TYPINGS
from tokencore.messages import LANGUAGES, LAYOUTS

from . import desk_cli, firmware_cli, inputs, output, owner_cli, ports, seals_cli, seeds, selection, views
from .client import Token
from .desk import Desk, with_token
from .failure import failure
from .faults import DeskError
from .parameters import parameters
from .sync import synchronise

_SETTINGS = {"help_option_names": ["-h", "--help"]}


class Commands(click.Group):
    """The group of all commands, and the one exit point."""

    def main(self, args: Any = None, *rest: Any, **options: Any) -> Any:
        """Run the command line `args` and exit with its status."""
        output.plain_streams()
        arguments = list(sys.argv[1:] if args is None else args)
        options["standalone_mode"] = False
        options["prog_name"] = "provisioner"
        try:
            status = super().main(arguments, *rest, **options) or 0
        except (errors.FobError, DeskError, click.ClickException, click.Abort) as error:
            failed = failure(error, arguments)
        else:
            sys.exit(status)
        # Not in the handler: the exception itself may hold what must not be repeated.
        output.Output("--json" in arguments).failure(failed)
        sys.exit(failed.exit_status)


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--port", envvar="FOBSMITH_PORT", metavar="PORT", help="Device or pyserial URL of the token.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--search",
    envvar="FOBSMITH_SEARCH",
    multiple=True,
    metavar="PORT",
    help="Look for tokens here too (a port or URL that the system does not list).",
)
@click.option(
    "--key",
    "key_file",
    envvar="PROVISIONER_KEY",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File of the desk key.  [default: see provisioner desk show]",
)
@click.version_option(package_name="fobsmith")
@click.pass_context
def main(
    context: click.Context, port: str | None, as_json: bool, search: tuple[str, ...], key_file: Path | None
) -> None:
    """Fill one-time-password tokens over a serial port.

    Without --port the one token that is plugged in is taken. NAME is "Issuer:Name", or a name or an
    issuer that only one account has, or #N for the Nth account.
    """
    context.obj = Desk(port, search, key_file, output.Output(as_json))
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@main.command("ports")
@click.option("--all", "every", is_flag=True, help="Ask also ports whose USB ids are unknown.")
@click.pass_obj
def list_ports(desk: Desk, every: bool) -> None:
    """List the serial ports, and what is at each."""
    extra = desk.search if desk.port is None else (*desk.search, desk.port)
    with desk.output.progress() as report:
        found = ports.search(extra, every, report=report)
    views.ports(desk.output, found)


@main.command()
@with_token
def info(out: output.Output, token: Token) -> None:
    """Show what the token is and how it is."""
    views.info(out, token.port, token.info(), token.status() if token.has_channel else None)


@main.command()
@with_token
def accounts(out: output.Output, token: Token) -> None:
    """List the accounts, and the space that is left."""
    with out.progress() as report:
        found = token.accounts(report)
    views.accounts(out, found, token.info().capacity)


@main.command()
@click.argument("file", nargs=-1, metavar="[FILE|-]")
@click.option("--issuer", help="Who issued the account.")
@click.option("--name", help="Name of the account; needed with a base32 secret.")
@parameters
@click.pass_obj
def add(desk: Desk, /, file: tuple[str, ...], **options: Any) -> None:
    """Add an account: an otpauth:// URI or a base32 secret.

    It is read from FILE, from standard input with -, or asked for without echo. It is never given
    in the command line.
    """
    desk.needed_key()  # Its passphrase comes before the seed on standard input.
    account = seeds.account(inputs.seed(file), seeds.Options(**options))
    with desk.token() as token:
        position = token.add(account)
    views.placed(desk.output, "Added at", account.issuer, account.name, position)


@main.command()
@click.argument("name")
@click.argument("new")
@with_token
def rename(out: output.Output, token: Token, name: str, new: str) -> None:
    """Give account NAME a new name: "Issuer:Name", "Name", or ":Name" for no issuer."""
    account = selection.select(token.accounts(), name)
    new_issuer, new_name = seeds.renamed(account.issuer, new)
    token.rename(account.issuer, account.name, new_issuer, new_name)
    views.renamed(out, account, new_issuer, new_name)


@main.command()
@click.argument("name")
@click.argument("position", type=click.IntRange(1, 65536))
@with_token
def move(out: output.Output, token: Token, name: str, position: int) -> None:
    """Move account NAME to POSITION, counted from 1."""
    account = selection.select(token.accounts(), name)
    token.move(account.issuer, account.name, position - 1)
    views.placed(out, "Moved to", account.issuer, account.name, position - 1)


@main.command()
@click.argument("name")
@with_token
def remove(out: output.Output, token: Token, name: str) -> None:
    """Remove account NAME with its secret."""
    account = selection.select(token.accounts(), name)
    token.remove(account.issuer, account.name)
    views.removed(out, account)


@main.command()
@click.argument("name")
@click.argument("choice", type=click.Choice(TYPINGS, case_sensitive=False))
@with_token
def typing(out: output.Output, token: Token, name: str, choice: str) -> None:
    """Let the token type for account NAME, as a keyboard, when confirm is held: nothing, the code, or
    the code and Enter."""
    account = selection.select(token.accounts(), name)
    token.set_typing(account.issuer, account.name, choice)
    views.typing(out, account, choice)


@main.command()
@click.option("--layout", type=click.Choice(LAYOUTS, case_sensitive=False), help="Of the keyboard.")
@click.option("--language", type=click.Choice(LANGUAGES, case_sensitive=False), help="Of the screen.")
@with_token
def settings(out: output.Output, token: Token, layout: str | None, language: str | None) -> None:
    """Show or change the keyboard layout of the computer that the token types into, and the language."""
    if layout or language:
        token.set_settings(layout, language)
    views.settings(out, token.settings())


@main.command()
@click.option(
    "--temperature",
    type=click.FloatRange(-40, 85),
    help="Degrees Celsius where the token is: its own thermometer may need to be told once.",
)
@with_token
def sync(out: output.Output, token: Token, temperature: float | None) -> None:
    """Set the token's clock to this computer's, and show the offset before and after."""
    quarters = None if temperature is None else round(temperature * 4)
    with out.progress() as report:
        done = synchronise(token, time.time_ns, report, quarters)
    views.sync(out, done)


@main.command()
@click.argument("name")
@with_token
def code(out: output.Output, token: Token, name: str) -> None:
    """Show the code of account NAME, once confirm is pressed on the token."""
    account = selection.select(token.accounts(), name)
    with out.progress() as report:
        released = token.code(account.issuer, account.name, report)
    views.code(out, account, released)


@main.command()
@with_token
def wipe(out: output.Output, token: Token) -> None:
    """Remove every account. The serial number must be typed, or given on standard input."""
    count = token.info().accounts
    token.wipe(inputs.serial_number(token.serial, count))
    views.wiped(out, token.serial, count)


for _command in (*desk_cli.COMMANDS, *owner_cli.COMMANDS, *seals_cli.COMMANDS, *firmware_cli.COMMANDS):
    main.add_command(_command)
