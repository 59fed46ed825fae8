"""The far end of the USB data port: a PTY, a TCP server on loopback, or a host in the same process."""

import ctypes
import os
import pty
import socket
import struct
import tty
from typing import Protocol

_IN_OPEN, _IN_CLOSE = 0x20, 0x08 | 0x10
_EVENT = struct.Struct("iIII")


class Link(Protocol):
    """Where the port's bytes come from and go to. Nothing here waits.

    `connected` is whether a host has the port open, which on USB is the DTR line.
    """

    name: str

    @property
    def connected(self) -> bool: ...

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes that have come."""

    def write(self, data: bytes) -> int:
        """Return how many bytes were taken: all where no host would see them."""

    def close(self) -> None: ...


class MemoryLink:
    """A host in the same process: `to_token` and `to_host` are the bytes on their way."""

    name = "memory"

    def __init__(self) -> None:
        self.to_token = bytearray()
        self.to_host = bytearray()
        self.connected = True

    def read(self, size: int) -> bytes:
        data = bytes(self.to_token[:size])
        del self.to_token[:size]
        return data

    def write(self, data: bytes) -> int:
        if self.connected:
            self.to_host += data
        return len(data)

    def close(self) -> None:
        self.connected = False


class PtyLink:
    """A pseudo-terminal in raw mode. Its far side is kept open, so that clients may come and go."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._slave)
        self._opens = _OpenCounter(self.name)

    @property
    def connected(self) -> bool:
        return self._opens.count() > 0

    def read(self, size: int) -> bytes:
        try:
            return os.read(self._master, size)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> int:
        if not self.connected:
            return len(data)
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        self._opens.close()
        os.close(self._slave)
        os.close(self._master)


class _OpenCounter:
    """Counts who has a file open, by Linux's inotify; elsewhere somebody always has."""

    def __init__(self, path: str) -> None:
        self._count = 0
        self._notes = -1
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            self._count = 1
            return
        self._notes = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._notes < 0 or libc.inotify_add_watch(self._notes, path.encode(), _IN_OPEN | _IN_CLOSE) < 0:
            raise OSError(ctypes.get_errno(), f"cannot watch {path}")

    def count(self) -> int:
        if self._notes >= 0:
            try:
                notes = os.read(self._notes, 4096)
            except BlockingIOError:
                notes = b""
            for _watch, mask, _cookie, _length in _EVENT.iter_unpack(notes):
                change = 1 if mask & _IN_OPEN else -1 if mask & _IN_CLOSE else 0
                self._count = max(0, self._count + change)  # the kernel merges equal notes
        return self._count

    def close(self) -> None:
        if self._notes >= 0:
            os.close(self._notes)


class TcpLink:
    """A TCP server on a loopback address for one client at a time.

    A client that comes while another is there is turned away; one that has vanished is replaced.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = socket.create_server((host, port), backlog=1)
        self._server.setblocking(False)
        self._client: socket.socket | None = None
        self.name = "socket://{}:{}".format(*self._server.getsockname()[:2])

    @property
    def connected(self) -> bool:
        self._accept()
        return self._client is not None

    def read(self, size: int) -> bytes:
        self._accept()
        if self._client is None:
            return b""
        try:
            data = self._client.recv(size)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> int:
        if not self.connected or self._client is None:
            return len(data)
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._drop()
            return len(data)

    def close(self) -> None:
        self._drop()
        self._server.close()

    def _accept(self) -> None:
        vanished = self._client is None or self._vanished(self._client)
        if vanished is None:
            return  # What the client has sent is still to be read; a new one waits.
        try:
            client, _address = self._server.accept()
        except BlockingIOError:
            return
        if not vanished:
            client.close()
            return
        self._drop()
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _vanished(self, client: socket.socket) -> bool | None:
        """Whether the client is gone; None where bytes of it are still to be read."""
        try:
            return True if client.recv(1, socket.MSG_PEEK) == b"" else None
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
