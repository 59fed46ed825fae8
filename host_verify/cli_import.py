"""The command `host-verify import`: many tokens in at once."""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from tokencore.account import KINDS
from tokencore.otp import ALGORITHMS

from . import reading, render, render_report
from .errors import NotDone
from .intake import Problem, Seed, take
from .proof import prove
from .seeds import Assumed, Secret
from .session import Session

_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_TRIES = 3
_LONGEST_CODE = 64  # characters of a line


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--user", help="Whose the tokens are, where the file does not say.")
@click.option("--name-is-user", is_flag=True, help="… or: of whoever the account is named after.")
@click.option("--without-proof", is_flag=True, help="Ask for no codes of sealed enrolments.")
@click.option("--without-serial", is_flag=True, help="Keep no serial numbers: for two accounts of one token.")
@click.option("--skip-known", is_flag=True, help="Pass over what is in the store already.")
@click.option("--dry-run", is_flag=True, help="Change nothing, and say what would be done.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holds the password, or the pre-shared key in hexadecimal; else it is asked for.",
)
@click.option("--kind", type=click.Choice(KINDS), help="Of tokens in a table that does not say it.")
@click.option(
    "--algorithm", type=click.Choice(ALGORITHMS), default="SHA1", show_default=True, help="Likewise."
)
@click.option("--digits", type=click.IntRange(6, 8), default=6, show_default=True, help="Likewise.")
@click.option("--period", type=click.IntRange(1, 3600), default=30, show_default=True, help="Likewise.")
@click.option("--encoding", type=click.Choice(["hex", "base32"]), help="Of secrets that may be either.")
@click.option(
    "--at", type=click.IntRange(0, _LAST_SECOND), metavar="UTC_SECONDS", help="Judge codes as then."
)
@click.pass_context
def import_seeds(ctx: click.Context, /, files: tuple[str, ...], **options: Any) -> None:
    """Add the tokens of each FILE, all of them or none; - is standard input.

    FILE is a sealed enrolment (provisioner enroll), PSKC (RFC 6030), a table (CSV), a list of otpauth:// or
    otpauth-migration:// URIs, or an Aegis vault. Of each sealed enrolment one code is asked for, on a prompt
    or one a line on standard input: it proves that the token has the seed. What comes without a proof is
    "new" until its first accepted code.
    """
    session: Session = ctx.obj
    reading.refuse_secrets(files)
    assumed = Assumed(*(options[name] for name in ("kind", "algorithm", "digits", "period", "encoding")))
    at: int | None = options["at"]
    rules = {"skip_known": options["skip_known"], "by": session.actor}
    with session.open() as store:
        secret = Secret(options["secret_file"])
        seeds: list[Seed] = []
        problems: list[Problem] = []
        sources = []
        for name in files:
            found = reading.read(store, name, secret, assumed)
            before = f"{name}, " if len(files) > 1 else ""
            problems += [replace(each, place=before + each.place) for each in found.problems]
            seeds += [_whose(replace(each, place=before + each.place), options) for each in found.seeds]
            sources.append(found.source)
        source = ", ".join(sources)
        report = take(store, seeds, _now(at), source, problems=problems, dry_run=True, **rules)
        if not report.problems and not options["dry_run"]:
            if not options["without_proof"]:
                known = {each.place for each in report.known}
                asked = [each.sealed and each.place not in known for each in seeds]
                seeds = [
                    _proved(session, each, at) if ask else each
                    for each, ask in zip(seeds, asked, strict=True)
                ]
            report = take(store, seeds, _now(at), source, **rules)
    data = render_report.data(report, session.policy, _now(at), options["dry_run"])
    session.tell(data, render_report.text(report, options["dry_run"]))
    ctx.exit(1 if report.problems else 0)


def _whose(seed: Seed, options: dict[str, Any]) -> Seed:
    user = seed.user or options["user"] or (seed.account.name if options["name_is_user"] else "")
    return replace(seed, user=user, serial=None if options["without_serial"] else seed.serial)


def _now(at: int | None) -> int:
    return int(time.time()) if at is None else at


def _proved(session: Session, seed: Seed, at: int | None) -> Seed:
    """Return the seed with the state that a code of its token gives. Raises NotDone where none is right."""
    account = seed.account
    name = f"{account.issuer}: {account.name}" if account.issuer else account.name
    asking = sys.stdin.isatty()
    for left in range(_TRIES if asking else 1, 0, -1):
        prompt = render.safe(f"Code of {name} on token {seed.serial or 'of no number'}")
        code = click.prompt(prompt, err=True) if asking else sys.stdin.readline(_LONGEST_CODE + 1).strip()
        state = prove(account, code, _now(at), session.policy)
        if state is not None:
            return replace(seed, state=state)
        if left > 1:
            click.echo("That is not its code: wait for the next one.", err=True)
    raise NotDone(
        f"{seed.place}: the code is not one of {name}'s now, so nothing was imported: see that the token's "
        "clock is set (provisioner sync), and that this is the account; or import it --without-proof"
    )
