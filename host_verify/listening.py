"""Where a server listens: HOST:PORT as it is typed, and the socket there."""

import socket

import click

from .errors import VerifierError


def address(text: str, example: str) -> tuple[str, int]:
    """Return the host and port of HOST:PORT. Raises click's UsageError."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise click.UsageError(f"give --listen as HOST:PORT, such as {example}")
    return host.strip("[]"), int(port)


def shown(bound_to: socket.socket) -> str:
    """Return HOST:PORT of a socket."""
    host, port = bound_to.getsockname()[:2]
    return f"{f'[{host}]' if ':' in host else host}:{port}"


def bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """Return a socket of TCP (SOCK_STREAM) or UDP (SOCK_DGRAM) at an address; port 0 is any free one.

    Raises VerifierError if the address cannot be had.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[
            0
        ]
        listening = socket.socket(family, kind, protocol)
        try:
            if kind == socket.SOCK_STREAM:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(where)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise VerifierError(
            f"{host}:{port} cannot be listened on ({error.strerror}): name a free address of this machine "
            "with --listen"
        ) from None
    return listening
