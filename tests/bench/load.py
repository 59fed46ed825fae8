"""A client of many connections that costs little itself, for what `bench_service` measures.

Each request is made before the clock starts, and the answer is looked at for its length and for one word.
"""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MOST = 65_536  # bytes read at once


@dataclass(slots=True)
class Load:
    """What came back in so many seconds: how many answers held the word, all their times in seconds."""

    seconds: float = 0.0
    right: int = 0
    times: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def within(self, part: float) -> float:
        """The time in seconds within which `part` (0 to 1) of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def load(
    ports: Sequence[int],
    requests: Sequence[bytes],
    word: bytes,
    connections: int,
    seconds: float,
    rate: float = 0.0,
) -> Load:
    """Send the requests to this machine, for so many seconds or until there are no more; await each answer.

    With a rate, that many a second are sent at even times whatever the server does, and a request's time
    counts from when it was due; without, each connection sends as soon as it was answered.
    """
    with selectors.DefaultSelector() as selector, ExitStack() as opened:
        free: deque[socket.socket] = deque()
        for number in range(connections):
            port = ports[number % len(ports)]
            line = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line, selectors.EVENT_READ)
            free.append(line)
        return _load(selector, free, requests, word, seconds, rate)


def _load(
    selector: selectors.BaseSelector,
    free: deque[socket.socket],
    requests: Sequence[bytes],
    word: bytes,
    seconds: float,
    rate: float,
) -> Load:
    found = Load()
    began: dict[socket.socket, float] = {}
    parts: dict[socket.socket, bytes] = {}
    sent, total = 0, len(requests)
    start = time.perf_counter()
    end = start + seconds
    while True:
        now = time.perf_counter()
        due = min(total, int((now - start) * rate) + 1) if rate else total
        while free and sent < due and now < end:
            line = free.popleft()
            began[line] = start + sent / rate if rate else now
            line.sendall(requests[sent])
            sent += 1
        more = now < end and sent < total
        if not began and not more:
            break
        wait = max(0.0, start + sent / rate - now) if rate and more and free else 30.0
        ready = selector.select(wait)
        if not ready and wait >= 30:
            raise TimeoutError("the server does not answer")
        for key, _ in ready:
            line = cast(socket.socket, key.fileobj)
            data = parts.pop(line, b"") + line.recv(_MOST)
            if not _whole(data):
                parts[line] = data
                continue
            found.times.append(time.perf_counter() - began.pop(line))
            if word in data and data.startswith(b"HTTP/1.1 200"):
                found.right += 1
            else:
                found.wrong.append(data)
            free.append(line)
    found.seconds = time.perf_counter() - start
    return found


def _whole(data: bytes) -> bool:
    """Tell whether an answer has come to its end. Raises ConnectionError if there is none to come."""
    if not data:
        raise ConnectionError("the server hung up")
    head = data.find(b"\r\n\r\n")
    length = _LENGTH.search(data, 0, head + 2) if head >= 0 else None
    return length is not None and len(data) >= head + 4 + int(length[1])


def request(path: str, key: str, body: bytes | None = None) -> bytes:
    """A request of this form: GET, or POST of a JSON body, with an API key."""
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: verifier\r\n"
    head += f"Authorization: Bearer {key}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + (body or b"")
