"""The commands `host-verify backup` and `host-verify restore`."""

import time
from dataclasses import asdict
from pathlib import Path

import click

from . import backup as copies
from . import restoring
from .render import instant
from .session import Session

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """Write the whole store to a new FILE, as it is at one instant, while programs use it.

    FILE is encrypted as the store is, and needs the key that opens the store now.
    """
    with session.open() as store:
        done = copies.make(store, file, int(time.time()), session.actor)
    session.tell(
        {"file": str(file), **asdict(done)},
        f"Backup: {file}, {done.tokens} tokens, {done.entries} entries of the audit, head {done.head}",
    )


@click.command()
@click.option(
    "--keep-counters", is_flag=True, help="Leave counter (HOTP) tokens in use; see the documentation."
)
@click.argument("file", type=_FILE)
@click.pass_obj
def restore(session: Session, file: Path, keep_counters: bool) -> None:
    """Make the backup FILE the store, where there is none.

    No code counts any more that may have been used since the backup was made; what else was done since,
    has to be done again. FILE stays as it is.
    """
    done = restoring.restore(
        file,
        session.place,
        session.opener.master(),
        int(time.time()),
        session.policy,
        session.actor,
        keep_counters=keep_counters,
    )
    session.tell({"store": str(session.place), **asdict(done)}, _text(session, done, keep_counters))


def _text(session: Session, done: restoring.Restored, keep_counters: bool) -> str:
    lines = [
        f"Store: {session.place}, {done.tokens} tokens, as of {instant(done.made)} (entry {done.entries})",
        "What was changed after that has to be done again: tokens given out or revoked, PINs, API keys.",
    ]
    if done.steps:
        lines.append(
            f"{done.steps} time tokens: all codes until now are used up; each shows a new one within "
            f"{done.wait} s."
        )
    if done.counters and keep_counters:
        lines.append(
            f"{len(done.counters)} counter tokens: codes used since the backup are ACCEPTED AGAIN until "
            "host-verify resync USER has moved each on."
        )
    elif done.counters:
        lines.append(
            f"{len(done.counters)} counter tokens are suspended or lost, for nobody knows which codes were "
            "used: host-verify token enable ID, and at once host-verify resync USER."
        )
    if done.ended:
        lines.append(f"{done.ended} replacement codes are void: host-verify token lost ID makes new ones.")
    return "\n".join(lines)
