"""What was sealed and what was opened, as JSON and as lines. Never a seed."""

from pathlib import Path

from tokencore.account import Account

from .backups import Backup, Content, Plan
from .enrolling import Enrolled
from .output import Output
from .recovery import RecoveryKey
from .texts import utc


def enrolled(output: Output, done: Enrolled) -> None:
    """Show that a token has drawn a seed; as JSON `box` shows it."""
    if not output.as_json:
        output.line(f"Enrolled {_title(done.issuer, done.name)} on token {done.serial}")


def box(output: Output, done: list[Enrolled]) -> None:
    """Show where the sealed seeds are."""
    file, entries = done[-1].file, done[-1].entries
    if output.as_json:
        listed = [
            {"serial": one.serial, "issuer": one.issuer, "name": one.name, "position": one.position + 1}
            for one in done
        ]
        output.result({"enrolled": listed, "file": str(file), "entries": entries})
    else:
        holds = "1 sealed seed" if entries == 1 else f"{entries} sealed seeds"
        output.line(f"{file} holds {holds}. On the verifier: host-verify import {file.name}")


def recovery_key(output: Output, key: RecoveryKey, file: Path, hidden: Path | None) -> None:
    """Show a new recovery key, and where its halves are."""
    if output.as_json:
        secret = None if hidden is None else str(hidden)
        output.result({"fingerprint": key.fingerprint, "file": str(file), "secret": secret})
        return
    output.line(f"Fingerprint: {key.fingerprint}")
    output.line(f"For backups: {file}")
    if hidden is None:
        output.line("To restore:  the passphrase; without it no backup can be opened")
    else:
        output.line(f"To restore:  {hidden}: keep it elsewhere; without it no backup can be opened")


def backed_up(output: Output, made: Backup, file: Path) -> None:
    """Show that a backup was written."""
    count = len(made.pages)
    if output.as_json:
        output.result(
            {"serial": made.serial, "accounts": count, "file": str(file), "key": made.key.fingerprint}
        )
    else:
        output.line(f"{file} holds {count} accounts of token {made.serial}, sealed to {made.key.fingerprint}")


def restored(
    output: Output, backup: Backup, content: Content, plan: Plan, serial: str, dry_run: bool
) -> None:
    """Show what was put on the token of that serial number, or would be."""
    if output.as_json:
        output.result(
            {
                "serial": serial,
                "from": backup.serial,
                "made": backup.made,
                "dry_run": dry_run,
                "added": [{"issuer": one.issuer, "name": one.name} for one in plan.adding],
                "present": [{"issuer": one.issuer, "name": one.name} for one in plan.present],
                "damaged": content.damaged,
            }
        )
        return
    output.line(f"Backup of token {backup.serial}, {utc(backup.made)}")
    _names(output, "Would add" if dry_run else "Added", plan.adding)
    _names(output, "Was there", plan.present)
    for position in content.damaged:
        output.line(f"Not in it: the account at position {position}, which was damaged on the token")
    verb = "would get" if dry_run else "got"
    output.line(f"Token {serial} {verb} {len(plan.adding)} accounts")


def _names(output: Output, verb: str, accounts: list[Account]) -> None:
    for account in accounts:
        output.line(f"{verb} {_title(account.issuer, account.name)}")


def _title(issuer: str, name: str) -> str:
    return f"{issuer}:{name}" if issuer else name
