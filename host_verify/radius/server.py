"""The RADIUS server: one socket, threads that judge, and what was answered before for whoever asks again."""

import logging
import selectors
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from .. import pace, service
from ..core import Reason
from ..errors import VerifierError
from ..listening import shown
from ..policy import Policy
from ..store import Store
from ..web import logs
from ..web.limits import Limiter, Rates
from .clients import Client, Clients
from .duplicates import Answers
from .packets import LONGEST, Drop, Dropped, Request, read

THREADS = 32  # what they have to write at one time is written together
CONNECTIONS = 8
MOST_WAITING = 1024  # requests; more are dropped, and come again
TOLD_SECONDS = 60.0  # how often the log says what was dropped
_BUFFER = 1 << 20  # bytes, for what comes at one instant

_log = logging.getLogger("host_verify.radius")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server is told. `utc` returns UTC seconds, `clock` monotonic seconds."""

    store: Store
    clients: Clients
    policy: Policy
    rates: Rates
    utc: Callable[[], int]
    clock: Callable[[], float] = time.monotonic


class Server:
    """Answers what comes to a bound UDP socket, from `run` until `stop`."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings = settings
        self._socket = listening
        self._answers = Answers(settings.clock)
        self._all = Limiter(settings.rates.all, settings.clock)
        self._by_client = Limiter(settings.rates.key, settings.clock)
        self._by_user = Limiter(settings.rates.user, settings.clock)
        self._limits = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._wake, self._woken = socket.socketpair()
        self._counting = threading.Lock()
        self._dropped: Counter[Drop] = Counter()
        self.counts: Counter[str] = Counter()

    def stop(self, *_: object) -> None:
        """Let `run` end when what has come is answered; it may be called from a signal's handler."""
        self._wake.send(b"\0")

    def run(self) -> None:
        """Answer until `stop`."""
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        tell_at = self._settings.clock() + TOLD_SECONDS
        with (
            self._wake,
            self._woken,
            selectors.DefaultSelector() as selector,
            ThreadPoolExecutor(THREADS, "radius") as pool,
        ):
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            stopped = False
            while not stopped:
                ready = selector.select(TOLD_SECONDS)
                stopped = any(key.fileobj is self._woken for key, _ in ready)
                self._take(pool)
                if self._settings.clock() >= tell_at:
                    self._tell()
                    tell_at = self._settings.clock() + TOLD_SECONDS
        self._tell()
        _log.info("stopped", extra={"counts": dict(self.counts)})

    def _take(self, pool: ThreadPoolExecutor) -> None:
        """Take all that has come."""
        for _ in range(MOST_WAITING):
            try:
                datagram, sender = self._socket.recvfrom(LONGEST + 1)
            except BlockingIOError:
                return
            try:
                self._begin(pool, datagram, sender)
            except Dropped as error:
                self._count_drop(error.why)
            except Exception:
                # No packet, whatever is in it, may end the server.
                self._count_drop(Drop.FAILED)
                _log.exception("a fault of the program")

    def _begin(self, pool: ThreadPoolExecutor, datagram: bytes, sender: Any) -> None:
        came = self._settings.clock()
        client = self._settings.clients.find(sender[0])
        if client is None:
            raise Dropped(Drop.UNKNOWN_CLIENT)
        request = read(datagram, client.secret)
        known = (sender, request.packet.raw_packet)
        new, answer = self._answers.begin(known)
        if not new:
            self._count("again")
            if answer is not None:
                self._send(answer, sender)
            return
        if not self._waiting.acquire(blocking=False):
            self._answers.forget(known)
            raise Dropped(Drop.BUSY)
        pool.submit(self._finish, request, client, known, came)

    def _finish(self, request: Request, client: Client, known: tuple[Any, bytes], came: float) -> None:
        """Judge a request and answer it; in one of the threads."""
        sender = known[0]
        try:
            accepted = self._judge(request, client)
            answer = request.answer(accepted)
            if not accepted:
                time.sleep(pace.rest(came, self._settings.clock(), self._settings.store.has_pins))
            self._answers.answered(known, answer)
            self._send(answer, sender)
        except VerifierError as error:
            self._answers.forget(known)
            self._count_drop(Drop.FAILED)
            _log.error("the store failed", extra={"why": str(error)})
        except Exception:
            self._answers.forget(known)
            self._count_drop(Drop.FAILED)
            _log.exception("a fault of the program")
        finally:
            self._waiting.release()

    def _judge(self, request: Request, client: Client) -> bool:
        settings = self._settings
        if request.user is None or request.code is None:
            return self._refused(client, "not_pap")
        with self._limits:
            user = request.user.encode("utf-8", "surrogatepass")
            wait = self._all.wait("all") or self._by_client.wait(client.name) or self._by_user.wait(user)
        if wait:
            return self._refused(client, "too_often")
        verdict = service.verify(
            settings.store, request.user, request.code, settings.utc(), settings.policy, client.actor()
        )
        self._count(verdict.reason)
        # A name that nobody has may be a code typed amiss.
        user_name = None if verdict.reason is Reason.UNKNOWN_USER else verdict.user
        what = {"client": client.name, "user": user_name, "token": verdict.token, "reason": verdict.reason}
        _log.info("verify", extra=what)
        return verdict.accepted

    def _refused(self, client: Client, why: str) -> bool:
        self._count(why)
        _log.info("refused", extra={"client": client.name, "reason": why})
        return False

    def _send(self, answer: bytes, sender: Any) -> None:
        try:
            self._socket.sendto(answer, sender)
        except OSError as error:
            # The client asks again, and the answer is kept.
            self._count("not_sent")
            _log.warning("an answer could not be sent", extra={"why": error.strerror})

    def _count(self, what: str) -> None:
        with self._counting:
            self.counts[str(what)] += 1

    def _count_drop(self, why: Drop) -> None:
        with self._counting:
            self.counts[str(why)] += 1
            self._dropped[why] += 1

    def _tell(self) -> None:
        """Say what was dropped since the last time; whoever sends rubbish must not fill the log."""
        with self._counting:
            dropped, self._dropped = self._dropped, Counter()
        for why, count in dropped.items():
            _log.warning("dropped", extra={"why": str(why), "count": count})


def run(settings: Settings, listening: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM."""
    server = Server(settings, listening)

    def stop(_: int, __: FrameType | None) -> None:
        with suppress(OSError):  # it has stopped already
            server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    print(f"Listening on {shown(listening)}/udp", flush=True)
    logs.install()
    try:
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
