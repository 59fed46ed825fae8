"""The way from a command to the simulator that runs on a folder: JSON lines over loopback TCP.

The running simulator leaves its port and a secret in a file that the folder's owner alone can read.
A request is {"secret", "do", ...}, its answer one line.
"""

import hmac
import json
import secrets
import selectors
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .state import write_private

_FILE = "control.json"
_MAX_LINE = 65536

Reply = dict[str, Any]
# Takes a request, returns its answer and the world's ns before which it is not sent.
Handler = Callable[[dict[str, Any]], tuple[Reply, int]]


class NotRunning(Exception):
    """No simulator answers for the folder."""


class RequestFailed(Exception):
    """The simulator could not do what was asked; the text is its own."""


class Server:
    """Answers requests within the simulator's own loop; `selector` tells it when to `serve`."""

    def __init__(self, folder: Path, selector: selectors.BaseSelector, handler: Handler) -> None:
        self._path = folder / _FILE
        self._selector = selector
        self._handler = handler
        self._secret = secrets.token_hex(16)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._received: dict[socket.socket, bytearray] = {}
        self._waiting: list[tuple[int, socket.socket, Reply]] = []
        selector.register(self._listener, selectors.EVENT_READ)
        port = self._listener.getsockname()[1]
        write_private(self._path, json.dumps({"port": port, "secret": self._secret}))

    def serve(self, source: Any) -> None:
        """Deal with a socket that is ready to be read."""
        if source is self._listener:
            client, _address = self._listener.accept()
            client.setblocking(False)
            self._received[client] = bytearray()
            self._selector.register(client, selectors.EVENT_READ)
        elif source in self._received:
            self._receive(source)

    def due_ns(self) -> int | None:
        """Return when the next answer is due (world's ns), None where none is."""
        return min((due for due, _client, _reply in self._waiting), default=None)

    def send_due(self, now_ns: int) -> None:
        """Send the answers whose time has come."""
        due = [item for item in self._waiting if item[0] <= now_ns]
        self._waiting = [item for item in self._waiting if item[0] > now_ns]
        for _due, client, reply in due:
            self._send(client, reply)

    def close(self) -> None:
        """Stop listening and remove the file."""
        self._path.unlink(missing_ok=True)
        for client in list(self._received):
            self._drop(client)
        self._listener.close()

    def _receive(self, client: socket.socket) -> None:
        try:
            data = client.recv(4096)
        except OSError:
            data = b""
        received = self._received[client]
        received += data
        if not data or len(received) > _MAX_LINE:
            self._drop(client)
        elif received.endswith(b"\n"):
            self._answer(client, bytes(received))
            received.clear()

    def _answer(self, client: socket.socket, line: bytes) -> None:
        try:
            request = json.loads(line)
            allowed = hmac.compare_digest(str(request.pop("secret", "")), self._secret)
        except (ValueError, AttributeError, TypeError):
            allowed = False
        if not allowed:
            self._drop(client)
            return
        try:
            reply, due_ns = self._handler(request)
        except RequestFailed as error:
            reply, due_ns = {"error": str(error)}, 0
        self._waiting.append((due_ns, client, reply))

    def _send(self, client: socket.socket, reply: Reply) -> None:
        if client not in self._received:
            return
        try:
            client.setblocking(True)
            client.settimeout(1)
            client.sendall(json.dumps(reply).encode() + b"\n")
        except OSError:
            pass  # Whoever asked has gone; there is nobody to tell.
        self._drop(client)

    def _drop(self, client: socket.socket) -> None:
        if self._received.pop(client, None) is not None:
            self._selector.unregister(client)
            client.close()


def call(folder: Path, do: str, timeout: float, **arguments: Any) -> Reply:
    """Ask the simulator that runs on `folder`, and return its answer. Raises NotRunning, RequestFailed."""
    try:
        found = json.loads((folder / _FILE).read_text("utf-8"))
        line = json.dumps({"secret": found["secret"], "do": do, **arguments}).encode() + b"\n"
        with socket.create_connection(("127.0.0.1", found["port"]), timeout) as connection:
            connection.sendall(line)
            with connection.makefile("rb") as stream:
                answer = json.loads(stream.readline())
    except (OSError, ValueError, KeyError):
        raise NotRunning(
            f"no simulator answers for {folder}: start one with fobsim run --state {folder}"
        ) from None
    if not isinstance(answer, dict):
        raise NotRunning(f"something else than a simulator answers for {folder}")
    if "error" in answer:
        raise RequestFailed(answer["error"])
    return answer
