"""The commands of the store's master keys: `host-verify master list|rotate|renew|add|remove`."""

import time
from dataclasses import replace
from pathlib import Path

import click

from . import hsm, masterkeys, render_keys, resealing, rotation
from .session import Session


@click.group()
def master() -> None:
    """Show and change the master keys, which open the store; programs that use it go on meanwhile."""


@master.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List the master keys that open the store, oldest first; never the keys themselves."""
    with session.open() as store:
        keys = masterkeys.every(store)
        used = masterkeys.opening(store, session.opener.master())
    session.tell(
        {"keys": [render_keys.master_key_data(key, used) for key in keys]},
        render_keys.master_key_list(keys, used),
    )


@master.command()
@click.pass_obj
def rotate(session: Session) -> None:
    """Put a new key into the key file, and let the old one open the store no more.

    Back up the new key file. The old key still opens copies of the store that were made before.
    """
    done = rotation.rotate(session.opener, int(time.time()), session.actor)
    session.tell(
        {"key": done.new.id, "file": str(session.opener.key_file), "removed": done.old.id},
        f"Key:     {done.new.id} in {session.opener.key_file}\nRemoved: {done.old.id}\n"
        "Back up the key file. Backups of the store that were made before need the old key.",
    )


@master.command()
@click.pass_obj
def renew(session: Session) -> None:
    """Draw a new key for the store's secrets, and seal all of them anew under it.

    For when a master key may be known to others, after it was rotated. Programs that run go on.
    """
    done = resealing.renew(session.opener, int(time.time()), session.actor)
    session.tell({"sealed": done}, f"Sealed {done} secrets anew")


@master.command()
@click.option(
    "--new-file", type=click.Path(path_type=Path), help="A key file; made if there is none of that name."
)
@click.option("--new-env", metavar="NAME", help="An environment variable that holds a key.")
@click.option("--new-hsm", metavar="URI", help="A hardware module's key; made there if there is none.")
@click.pass_obj
def add(session: Session, new_file: Path | None, new_env: str | None, new_hsm: str | None) -> None:
    """Have another key open the store too."""
    if sum(given is not None for given in (new_file, new_env, new_hsm)) != 1:
        raise click.UsageError("give one of --new-file, --new-env and --new-hsm")
    now = session.opener
    other = replace(
        now,
        key_file=new_file or now.key_file,
        key_variable=new_env,
        key_hardware=hsm.key_of(new_hsm) if new_hsm else None,
    )
    with session.open() as store:
        made = other.make_key()
        key = masterkeys.add(store, now.master(), other.master(), int(time.time()), session.actor)
    session.tell(
        {"key": key.id, "where": other.key_name, "key_made": made},
        f"Master key {key.id}, {other.key_name}, opens the store too",
    )


@master.command()
@click.argument("key_id", metavar="ID")
@click.pass_obj
def remove(session: Session, key_id: str) -> None:
    """Let the master key ID open the store no more; not the one that this command itself uses."""
    with session.open() as store:
        key = masterkeys.remove(store, session.opener.master(), key_id, int(time.time()), session.actor)
    session.tell({"removed": key.id}, f"Master key {key.id} opens the store no more")
