"""The commands of the HTTP service: `host-verify serve` and `host-verify apikey`."""

import time
from pathlib import Path

import click

from . import apikeys, listening, render
from .apikeys import Scope
from .errors import VerifierError
from .session import Session

RATE = click.IntRange(0, 1_000_000_000)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--listen", default="127.0.0.1:8480", show_default=True, metavar="HOST:PORT", help="[::1]:8480 for IPv6."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--tls-cert", type=_FILE, help="PEM file of the certificate and its chain; needs --tls-key.")
@click.option("--tls-key", type=_FILE, help="PEM file of the certificate's key.")
@click.option(
    "--rate-user",
    type=RATE,
    default=30,
    show_default=True,
    help="Most attempts a minute for one user; 0: any number. Each worker counts for itself.",
)
@click.option(
    "--rate-key", type=RATE, default=60_000, show_default=True, help="Most requests a minute by one API key."
)
@click.option("--rate-all", type=RATE, default=120_000, show_default=True, help="Most requests a minute.")
@click.option(
    "--admin", is_flag=True, help="Serve the pages for administrators too, under /admin/ (see operator)."
)
@click.pass_obj
def serve(
    session: Session,
    listen: str,
    workers: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    rate_user: int,
    rate_key: int,
    rate_all: int,
    admin: bool,
) -> None:
    """Answer over HTTP until SIGINT or SIGTERM.

    The interface is described at /docs of the running service. Its clients need keys: host-verify apikey add.
    """
    try:
        from .web import server  # noqa: PLC0415  # heavy, and not of the base installation
        from .web.limits import Rates  # noqa: PLC0415
    except ModuleNotFoundError:
        raise VerifierError("the service needs more packages: pip install 'fobsmith[serve]'") from None
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("give both --tls-cert and --tls-key, or neither")
    host, port = listening.address(listen, "127.0.0.1:8480")
    session.open().close()  # so that what is wrong is said here, once, and not by every worker
    address = server.Address(host, port, tls_cert, tls_key)
    rates = Rates(rate_user, rate_key, rate_all)
    server.run(session.opener, session.policy, rates, address, workers, admin)


@click.group()
def apikey() -> None:
    """Make, show and end the API keys of the service's clients."""


@apikey.command()
@click.option(
    "--scope", type=click.Choice([str(scope) for scope in Scope]), required=True, help="What it may do."
)
@click.argument("name")
@click.pass_obj
def add(session: Session, scope: str, name: str) -> None:
    """Make a key for the client NAME and print it, as the last word; it cannot be shown again.

    A key of scope verify is told whether a code was accepted and no more; helpdesk also sees tokens,
    resynchronises, enables and suspends them; admin also adds and revokes them. To change a client's key,
    add another, give it to the client, and revoke the old one.
    """
    with session.open() as store:
        key, text = apikeys.add(store, name, Scope(scope), int(time.time()), session.actor)
    session.tell(
        {"id": key.id, "name": key.name, "scope": key.scope, "key": text},
        f"API key {key.id} for {key.name}, scope {key.scope}; keep it secret: {text}",
    )


@apikey.command("list")
@click.pass_obj
def list_keys(session: Session) -> None:
    """List the keys, those revoked too; never the keys themselves."""
    with session.open() as store:
        keys = apikeys.every(store)
    session.tell({"keys": [render.key_data(key) for key in keys]}, render.key_list(keys))


@apikey.command()
@click.argument("key_id", metavar="ID")
@click.pass_obj
def revoke(session: Session, key_id: str) -> None:
    """End a key for good. Running services refuse it within two seconds."""
    with session.open() as store:
        key = apikeys.revoke(store, key_id, int(time.time()), session.actor)
    session.tell({"key": render.key_data(key)}, f"Revoked API key {key.id} of {key.name}")
