"""The commands of the keys that tokens seal their seeds to: `host-verify key show|rotate|list|retire`."""

import time

import click

from . import render, sealkeys
from .session import Session


@click.group()
def key() -> None:
    """Show and change the key to which tokens seal the seeds that they draw themselves."""


@key.command()
@click.pass_obj
def show(session: Session) -> None:
    """Print the public key, for a file that the desk enrols with; the first one is made when asked for.

    Compare its fingerprint with the one that the token shows before confirm is pressed there.
    """
    with session.open() as store:
        found = sealkeys.current(store) or sealkeys.rotate(store, int(time.time()), session.actor)
    session.tell({"key": render.seal_key_data(found)}, found.pem().rstrip())


@key.command()
@click.pass_obj
def rotate(session: Session) -> None:
    """Make a new key and print the public one. What was sealed to the older ones can still be imported."""
    with session.open() as store:
        made = sealkeys.rotate(store, int(time.time()), session.actor)
    session.tell({"key": render.seal_key_data(made)}, made.pem().rstrip())


@key.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List the keys, newest first; never the private ones."""
    with session.open() as store:
        keys = sealkeys.every(store)
    session.tell({"keys": [render.seal_key_data(each) for each in keys]}, render.seal_key_list(keys))


@key.command()
@click.argument("fingerprint")
@click.pass_obj
def retire(session: Session, fingerprint: str) -> None:
    """Erase the private key of that FINGERPRINT: what is sealed to it can never be imported any more."""
    with session.open() as store:
        ended = sealkeys.retire(store, fingerprint, int(time.time()), session.actor)
    session.tell({"key": render.seal_key_data(ended)}, f"Retired key {ended.fingerprint}")
