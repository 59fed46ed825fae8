"""The processes of the service: workers that share one listening socket, and a parent that keeps them up."""

import os
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from ..errors import VerifierError
from ..listening import bound, shown
from ..opening import Opener
from ..policy import Policy
from . import logs
from .app import make_app
from .limits import Rates
from .metrics import FOLDER
from .parts import Settings

_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one. With a certificate and its key (PEM files), by TLS."""

    host: str
    port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None


def run(
    opener: Opener, policy: Policy, rates: Rates, address: Address, workers: int, admin: bool = False
) -> None:
    """Answer until SIGINT or SIGTERM. Raises VerifierError if the address cannot be had.

    admin tells whether there are pages for administrators, under /admin/. More than one worker are processes
    of their own; one that dies is replaced.
    """
    listening = bound(address.host, address.port, socket.SOCK_STREAM)
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    config = Config(
        partial(worker, opener, policy, rates, admin),
        factory=True,
        workers=workers,
        ssl_certfile=address.tls_cert,
        ssl_keyfile=address.tls_key,
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=10,
        # A worker killed as it starts is missed for so long, and one that is short of time has as long.
        timeout_worker_healthcheck=10,
    )
    scheme = "https" if address.tls_cert else "http"
    print(f"Listening on {scheme}://{shown(listening)}", flush=True)
    logs.install()
    counts = None
    try:
        if workers == 1:
            server = Server(config)
            # The server gives a signal that ended it on to whoever had it before.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: None)
            server.run(sockets=[listening])
            if not server.started:
                raise VerifierError("the service could not start: its log, above, says why")
        else:
            counts = tempfile.TemporaryDirectory(prefix="host-verify-")
            os.environ[FOLDER] = counts.name  # before the workers begin, which count into it
            Multiprocess(config, sockets=[listening]).run()
    finally:
        listening.close()
        if counts:
            counts.cleanup()


def worker(opener: Opener, policy: Policy, rates: Rates, admin: bool = False) -> FastAPI:
    """Return the application of one worker."""
    logs.install()
    return make_app(Settings(opener.open, _utc, policy, rates, admin))


def _utc() -> int:
    return int(time.time())
