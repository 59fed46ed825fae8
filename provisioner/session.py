"""Requests and their answers on a link: numbered, repeated where one is lost, and sealed."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from tokencore import errors, frame, messages, statuses
from tokencore.channel import SEALED, Channel

from .faults import BadAnswer, LinkLost, NoAnswer, NotAToken
from .link import Link
from .model import Progress, Report

# A request without an answer is sent again as it is: the token knows it by its bytes, answers again
# and does nothing twice, as long as that is within 3 s. Seconds to wait after each sending.
TRIES = (0.6, 0.6, 1.2)
SLOW_S = 6.0  # at the end, where a board computes for long: X25519, or the key of a PIN
_PRESS_POLL_S = 1.0  # While a press is awaited, the same is done so that a lost answer comes again.
_PRESS_GRACE_S = 2.0
_REPORT_S = 0.1
_HARMLESS = ("list", "get_time", "get_settings", "files", "digest", "status", "sync_keys")
_EITHER = ("info",)  # of what is answered outside the channel, too
_LOST = (errors.ChannelFailed.status, errors.NeedsChannel.status)

Answer = tuple[int, dict[int, Any]]  # status, packed fields


class ChannelLost(LinkLost):
    """The token does not know the channel any more: it has started anew, or another desk has come."""

    advice = "Run the command again"


class Session:
    """A session with the token at an open Link. Raises NotAToken where none answers.

    A call holds the session until it is answered; only `cancel` may be called meanwhile, from another
    thread. While `channel` is set, requests go through it.
    """

    def __init__(self, link: Link, tries: tuple[float, ...]) -> None:
        self.port = link.port
        self.tries = tries
        self.lock = threading.RLock()
        self.channel: Channel | None = None
        self._last = b"", b""  # the last record that was opened, and its message
        self.resumption = b""  # the secret to take the channel up again with
        self._link = link
        self._cancelled = threading.Event()
        self._sequence = 0
        self.nonce = b""
        self.greeting = self._hello()

    def greet(self) -> None:
        """Begin anew, with the same token: what was agreed on is forgotten."""
        with self.lock:
            self.channel = None
            serial = self.greeting["serial"]
            self.greeting = self._hello()
            if self.greeting["serial"] != serial:
                raise LinkLost(f"token {serial} is gone, and another one is at {self.port}")

    def close(self) -> None:
        """Close the port."""
        with self.lock:
            self._link.close()

    def cancel(self) -> None:
        """Give up the request that another thread waits for a press with: it gets Cancelled."""
        self._cancelled.set()

    def slowly(self) -> tuple[float, ...]:
        """Return the tries for what a board computes for long."""
        return (*self.tries[:-1], self.tries[-1] + SLOW_S)

    def request(
        self,
        name: str,
        values: dict[str, Any],
        tries: tuple[float, ...] = (),
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Return the answer's values; `report` tells for how long a press has been awaited.

        Raises the token's refusal (tokencore.errors), ChannelLost, or another DeskError.
        """
        command = messages.COMMANDS[name]
        with self.lock:
            self._sequence += 1
            self._cancelled.clear()
            payload = messages.encode_request(self._sequence, command, values)
            if self.channel and (command.who != messages.PLAIN or name in _EITHER):
                payload = self.channel.seal(payload)
            try:
                status, packed = self._transact(payload, tries or self.tries)
                if status == messages.PRESS_AWAITED:
                    status, packed = self._await_press(payload, (tries or self.tries)[-1], report)
            except LinkLost as error:
                if command.who != messages.PLAIN and name not in _HARMLESS:
                    error.leave_uncertain()
                raise
        if status != messages.OK:
            text = packed.get(messages.TEXT)
            raise statuses.from_status(status, text if isinstance(text, str) else "")
        try:
            return messages.unpack(command.response, packed, False)
        except errors.FobError as error:
            raise BadAnswer(f"the token's answer to {name} is not valid: {error}") from None

    def _hello(self) -> dict[str, Any]:
        self.nonce = _nonce()
        try:
            greeting = self.request("hello", {"protocol": messages.PROTOCOL, "nonce": self.nonce})
        except (NoAnswer, BadAnswer, errors.FobError):
            raise NotAToken(f"what is at {self.port} does not answer as a token") from None
        if not 1 <= greeting["protocol"] <= messages.PROTOCOL:
            raise BadAnswer(f"the token speaks version {greeting['protocol']} of the protocol")
        return greeting

    def _transact(self, payload: bytes, tries: tuple[float, ...]) -> Answer:
        for wait in tries:
            self._link.send(payload)
            deadline = time.monotonic() + wait
            for answer in self._answers(payload, deadline):
                return answer
        raise NoAnswer(f"no answer within {sum(tries):.1f} s")

    def _answers(self, request: bytes, deadline: float) -> Iterator[Answer]:
        """Yield the answers to `request`; what is late, foreign, noise or its echo is passed over."""
        sealed = request[0] == SEALED
        while True:
            payload = self._link.receive(deadline)
            if payload is None:
                return
            answer = None
            if payload != request:
                answer = self._opened(payload) if sealed else self._decoded(payload)
            if answer:
                yield answer
            elif time.monotonic() >= deadline:
                return

    def _opened(self, payload: bytes) -> Answer | None:
        """Return the answer in a record. Raises ChannelLost where the token does not know the channel."""
        message = self.channel.open(payload) if self.channel else None
        if message is not None:
            self._last = payload, message
            return self._decoded(message)
        if payload == self._last[0]:
            return self._decoded(self._last[1])  # The token answers again.
        # Anybody on the line can say this: nothing is believed but that it is worth a new channel.
        plain = _response(payload)
        if plain and plain[1] in _LOST:
            self.channel = None
            raise ChannelLost("the token does not know this connection any more")
        return None

    def _decoded(self, payload: bytes) -> Answer | None:
        response = _response(payload)
        return response[1:] if response and response[0] == self._sequence else None

    def _await_press(self, payload: bytes, work_s: float, report: Report | None) -> Answer:
        """Return the answer after a press, and after `work_s` seconds of work at the most."""
        start = time.monotonic()
        heard = asked = start
        end = start + messages.CONFIRM_MS / 1000 + _PRESS_GRACE_S + work_s
        try:
            while (now := time.monotonic()) < end:
                if report:
                    passed = min(int((now - start) * 1000), messages.CONFIRM_MS)
                    report(Progress("press", passed, messages.CONFIRM_MS))
                if self._cancelled.is_set():
                    self.give_up()
                    raise errors.Cancelled("given up before confirm was pressed")
                if now - asked >= _PRESS_POLL_S:
                    asked = now
                    self._link.send(payload)
                for status, packed in self._answers(payload, now + _REPORT_S):
                    if status != messages.PRESS_AWAITED:
                        return status, packed
                    heard = time.monotonic()
                if now - heard > _PRESS_POLL_S + _PRESS_GRACE_S + work_s:
                    raise NoAnswer("the token has stopped answering")
        except KeyboardInterrupt:
            self.give_up()
            raise
        raise NoAnswer("the token has not said whether confirm was pressed")

    def give_up(self) -> None:
        """Let the token stop asking for a press; if the line is dead it stops by itself."""
        with contextlib.suppress(LinkLost, errors.FobError):
            self.request("cancel", {}, self.tries[:1])


def _response(payload: bytes) -> tuple[int, int, dict[int, Any]] | None:
    try:
        return messages.decode_response(payload)
    except errors.BadMessage:
        return None


def _nonce() -> bytes:
    """Return 8 random bytes whose hello has no Ctrl-C or Ctrl-D in it.

    Ports are found by asking: should this one be a console, its program must not be stopped.
    """
    command = messages.COMMANDS["hello"]
    while True:
        nonce = os.urandom(8)
        values = {"protocol": messages.PROTOCOL, "nonce": nonce}
        sent = frame.encode(messages.encode_request(1, command, values))
        if 3 not in sent and 4 not in sent:
            return nonce
