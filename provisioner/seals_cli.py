"""The commands for seeds that nobody sees: enroll, recovery, backup, restore. No logic, as in `cli`."""

import time
from pathlib import Path
from typing import Any

import click

from . import backups, enrolling, inputs, owner_views, recovery, sealed, seals_views, seeds
from .client import Token
from .desk import Desk, with_token
from .output import Output
from .parameters import parameters

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--verifier-key", type=_FILE, required=True, metavar="FILE", help="From host-verify key show.")
@click.option(
    "-o", "--output", "file", type=_FILE, required=True, metavar="FILE", help="Where it goes, sealed."
)
@parameters
@click.pass_obj
def enroll(desk: Desk, /, names: tuple[str, ...], verifier_key: Path, file: Path, **options: Any) -> None:
    """Let a token draw a seed itself, for account NAME ("Issuer:Name").

    The token shows the account and the key's fingerprint, and asks for a press. FILE then holds the seed,
    sealed to the verifier: host-verify import FILE. A file that is there is added to. With several NAMEs
    one token after the other is asked for.
    """
    key = sealed.verifier_key(verifier_key)
    accounts = [seeds.blank(seeds.named(name, options)) for name in names]
    box = enrolling.Box(file)
    done: list[enrolling.Enrolled] = []
    for account in accounts:
        if done:
            inputs.next_token(done[-1].serial)
        owner_views.fingerprint(desk.output, key)
        with desk.token() as token, desk.output.progress() as report:
            done.append(box.enroll(token, account, key, int(time.time()), report))
        seals_views.enrolled(desk.output, done[-1])
    seals_views.box(desk.output, done)


@click.group("recovery")
def recovery_group() -> None:
    """Make the key that backups are sealed to."""


@recovery_group.command()
@click.argument("file", type=_FILE)
@click.option("--passphrase", is_flag=True, help="Let the secret half come of a passphrase.")
@click.pass_obj
def init(desk: Desk, file: Path, passphrase: bool) -> None:
    """Make a recovery key: FILE is its public half, which backups need and which is no secret.

    The secret half is FILE.secret, to be kept elsewhere, on paper or a stick; or it comes of a passphrase,
    from a prompt or the first line of standard input. Without it a backup cannot be restored.
    """
    if passphrase:
        sealed.must_be_free(file)
        typed = inputs.new_passphrase()
        seals_views.recovery_key(desk.output, recovery.init_passphrase(file, typed), file, None)
    else:
        key, hidden = recovery.init(file)
        seals_views.recovery_key(desk.output, key, file, hidden)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--recovery", "key_file", type=_FILE, required=True, metavar="FILE", help="From recovery init.")
@with_token
def backup(out: Output, token: Token, file: Path, key_file: Path) -> None:
    """Write all accounts to FILE, sealed to a recovery key by the token itself.

    The token shows how many there are and the key's fingerprint, and asks for a press.
    """
    key = recovery.load(key_file)
    owner_views.fingerprint(out, key.public)
    with out.progress() as report:
        made = backups.make(token, file, key, int(time.time()), report)
    seals_views.backed_up(out, made, file)


@click.command()
@click.argument("file", type=_FILE)
@click.option(
    "--recovery", "key_file", type=_FILE, metavar="FILE", help="The secret half of the recovery key."
)
@click.option("--missing", is_flag=True, help="Pass over accounts that are on the token already.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.pass_obj
def restore(desk: Desk, file: Path, key_file: Path | None, missing: bool, dry_run: bool) -> None:
    """Put the accounts of the backup FILE on a token: all of them, or none where one does not fit.

    Of a recovery key that comes of a passphrase, this is asked for, or is the first line of standard input.
    """
    found = backups.load(file)
    secret = recovery.secret_of(found.key, key_file, lambda: inputs.passphrase("the backup"))
    content = backups.opened(found, secret, file)
    with desk.token() as token, desk.output.progress() as report:
        planned = backups.plan(token, content.accounts, missing)
        if not dry_run:
            backups.restore(token, planned, report)
        serial = token.serial
    seals_views.restored(desk.output, found, content, planned, serial, dry_run)


COMMANDS = (enroll, recovery_group, backup, restore)
