"""The command of the RADIUS server: `host-verify radius`."""

import socket
import time
from pathlib import Path

import click

from .cli_service import RATE
from .errors import VerifierError
from .listening import address, bound
from .session import Session


@click.command()
@click.option(
    "--listen", default="127.0.0.1:1812", show_default=True, metavar="HOST:PORT", help="[::1]:1812 for IPv6."
)
@click.option(
    "--clients",
    "clients_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="TOML file, of mode 0600: name, address and secret of each client.",
)
@click.option(
    "--rate-user", type=RATE, default=30, show_default=True, help="Most attempts a minute for one user."
)
@click.option(
    "--rate-client",
    type=RATE,
    default=60_000,
    show_default=True,
    help="Most attempts a minute by one client.",
)
@click.option("--rate-all", type=RATE, default=120_000, show_default=True, help="Most attempts a minute.")
@click.pass_obj
def radius(
    session: Session, listen: str, clients_file: Path, rate_user: int, rate_client: int, rate_all: int
) -> None:
    """Answer over RADIUS (PAP) until SIGINT or SIGTERM.

    Requests need a Message-Authenticator. RADIUS hides a code by MD5 only: keep it on this machine, or in a
    tunnel.
    """
    try:
        from .radius import clients, server  # noqa: PLC0415  # not of the base installation
    except ModuleNotFoundError:
        raise VerifierError("the RADIUS server needs a package: pip install 'fobsmith[radius]'") from None
    from .web.limits import Rates  # noqa: PLC0415

    host, port = address(listen, "127.0.0.1:1812")
    known = clients.read(clients_file)
    with (
        session.opener.open(server.CONNECTIONS) as store,
        bound(host, port, socket.SOCK_DGRAM) as listening,
    ):
        rates = Rates(rate_user, rate_client, rate_all)
        server.run(server.Settings(store, known, session.policy, rates, lambda: int(time.time())), listening)
