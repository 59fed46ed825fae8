"""Device servers: a serial port on TCP, as raw bytes or with telnet's port control (RFC 2217)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import serial
from serial.rfc2217 import PortManager


class _Port(serial.Serial):
    """A pseudo-terminal has no modem lines."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        pass

    def _update_rts_state(self) -> None:
        pass


class _Sender:
    def __init__(self, connection: socket.socket) -> None:
        self.write = connection.sendall


@contextmanager
def served(port: str, telnet: bool) -> Iterator[str]:
    """Serve `port` to one client and yield the URL for it."""
    with socket.create_server(("127.0.0.1", 0)) as server, _Port(port, timeout=0.01) as device:

        def run() -> None:
            connection = server.accept()[0]
            connection.settimeout(0.01)
            manager = PortManager(device, _Sender(connection)) if telnet else None
            with connection:
                while True:
                    data = device.read(4096)
                    connection.sendall(b"".join(manager.escape(data)) if manager else data)
                    try:
                        data = connection.recv(4096)
                    except TimeoutError:
                        continue
                    if not data:
                        return
                    device.write(b"".join(manager.filter(data)) if manager else data)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"{'rfc2217' if telnet else 'socket'}://127.0.0.1:{server.getsockname()[1]}"
        thread.join()
