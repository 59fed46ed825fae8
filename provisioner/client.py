"""`Token`: the typed client. It prints nothing, and can be used from several threads.

    with Token.open("/dev/ttyACM0") as token:
        for account in token.accounts():
            ...

A refusal by the token is an exception of tokencore.errors, anything else a DeskError.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from tokencore import errors, frame, messages
from tokencore.account import Account

from .faults import BadAnswer, LinkLost, NoAnswer, NotAToken
from .link import Link
from .model import AccountInfo, Code, Exchange, Info, Progress, Report, Settings

# A request without an answer is sent again as it is: the token knows it by its bytes, answers again
# and does nothing twice, as long as that is within 3 s. Seconds to wait after each sending.
TRIES = (0.6, 0.6, 1.2)
_PRESS_POLL_S = 1.0  # While a press is awaited, the same is done so that a lost answer comes again.
_PRESS_GRACE_S = 2.0
_REPORT_S = 0.1
_CHANGING = ("add", "rename", "move", "remove", "set_time", "code", "wipe", "set_settings", "set_typing")


class Token:
    """A session with the token at an open Link. Raises NotAToken where none answers.

    `tries` are the seconds to wait for an answer after each sending of a request. A call holds the
    token until it is answered; only `cancel` may be called meanwhile, from another thread.
    """

    def __init__(self, link: Link, tries: tuple[float, ...] = TRIES) -> None:
        self.port = link.port
        self._link = link
        self._tries = tries
        self._lock = threading.RLock()
        self._cancelled = threading.Event()
        self._sequence = 0
        greeting = self._hello()
        self.protocol: int = greeting["protocol"]
        self.product: str = greeting["product"]
        self.serial: str = greeting["serial"]

    @classmethod
    def open(cls, port: str, tries: tuple[float, ...] = TRIES) -> Self:
        """Open `port` (a device or a pyserial URL) and begin a session with the token there."""
        link = Link(port)
        try:
            return cls(link, tries)
        except BaseException:
            link.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the port."""
        with self._lock:
            self._link.close()

    def info(self) -> Info:
        """Return what the token is and how it is."""
        return Info(**self._request("info", {}))

    def accounts(self, report: Report | None = None) -> list[AccountInfo]:
        """Return all accounts in their order."""
        found: list[AccountInfo] = []
        with self._lock:
            while True:
                page = self._request("list", {"start": len(found)})
                for values in page["accounts"]:
                    found.append(AccountInfo(position=len(found), **values))
                if report:
                    report(Progress("accounts", len(found), page["total"]))
                if len(found) >= page["total"]:
                    return found
                if not page["accounts"]:
                    raise BadAnswer(f"the token tells of {page['total']} accounts and lists {len(found)}")

    def add(self, account: Account) -> int:
        """Add `account` and return its position (from 0). Raises AccountExists, StoreFull."""
        position: int = self._request("add", messages.account_fields(account, True))["position"]
        return position

    def rename(self, issuer: str, name: str, new_issuer: str, new_name: str) -> None:
        """Give an account another issuer and name. Raises NoSuchAccount, AccountExists."""
        labels = {"issuer": issuer, "name": name, "new_issuer": new_issuer, "new_name": new_name}
        self._request("rename", labels)

    def move(self, issuer: str, name: str, position: int) -> None:
        """Move an account to `position` (from 0); those in between close up. Raises NoSuchAccount."""
        self._request("move", {"issuer": issuer, "name": name, "position": position})

    def remove(self, issuer: str, name: str) -> None:
        """Remove an account with its secret. Raises NoSuchAccount."""
        self._request("remove", {"issuer": issuer, "name": name})

    def settings(self) -> Settings:
        """Return the keyboard layout and the language."""
        return Settings(**self._request("get_settings", {}))

    def set_settings(self, layout: str | None = None, language: str | None = None) -> None:
        """Choose a keyboard layout and a language; one that is None stays as it is."""
        self._request("set_settings", {"layout": layout, "language": language})

    def set_typing(self, issuer: str, name: str, typing: str) -> None:
        """Choose what the token types for an account, one of TYPINGS. Raises NoSuchAccount."""
        self._request("set_typing", {"issuer": issuer, "name": name, "typing": typing})

    def exchange(self, utc_ns: Callable[[], int]) -> Exchange:
        """Ask for the time once; `utc_ns` is this computer's clock (UTC in ns).

        A question without an answer is not repeated but asked anew, so that t1 is that of the answer.
        """
        *repeats, last = self._tries
        with self._lock:
            for wait in repeats:
                try:
                    return self._exchange(utc_ns, wait)
                except NoAnswer:
                    continue
            return self._exchange(utc_ns, last)

    def _exchange(self, utc_ns: Callable[[], int], wait: float) -> Exchange:
        t1 = utc_ns()
        values = self._request("get_time", {}, (wait,))
        t4 = utc_ns()
        told = values["clock"], values.get("utc_ms"), values.get("bound")
        return Exchange(t1, values["received"], values["sent"], t4, *told)

    def set_time(
        self,
        utc: int,
        at: int,
        wait_s: float,
        uncertainty: int | None = None,
        quarters: int | None = None,
    ) -> None:
        """Make the second `utc` begin at the token's tick `at` (ms), which is `wait_s` seconds away.

        `uncertainty` is by how many ms that may be wrong; `quarters` is what the temperature is there
        (degrees Celsius times 4). Firmware that does not know one of the words raises BadMessage.
        """
        first, *rest = self._tries
        values = {"utc": utc, "at": at, "uncertainty": uncertainty, "temperature": quarters}
        self._request("set_time", values, (first + wait_s, *rest))

    def code(self, issuer: str, name: str, report: Report | None = None) -> Code:
        """Return the account's code once confirm has been pressed on the token.

        `report` tells the ms that have passed of those the token waits. Raises NotConfirmed,
        ClockNotSet, NoSuchAccount, and Cancelled after `cancel`.
        """
        return Code(**self._request("code", {"issuer": issuer, "name": name}, report=report))

    def cancel(self) -> None:
        """Give up the `code` that another thread waits for: it gets Cancelled."""
        self._cancelled.set()

    def wipe(self, serial: str) -> None:
        """Remove every account. `serial` must be the token's own serial number."""
        self._request("wipe", {"serial": serial})

    def files(self, report: Report | None = None) -> dict[str, int]:
        """Return path and size of every file on the token's drive but the vault."""
        found: dict[str, int] = {}
        start = 0
        while True:
            page = self._request("files", {"start": start})["files"]
            found |= {item["path"]: item["size"] for item in page}
            start += len(page)
            if report:
                report(Progress("files", start, start + 1))
            if not page:
                return found

    def digest(self, path: str, key: bytes, offset: int, length: int) -> bytes:
        """Return the token's HMAC-SHA256 over a piece of one of its files (docs/protocol.md).

        `key` has 32 bytes. Raises BadValue where the token has no such file, or a shorter one.
        """
        values = {"path": path, "key": key, "offset": offset, "length": length}
        mac: bytes = self._request("digest", values)["mac"]
        return mac

    def _hello(self) -> dict[str, Any]:
        try:
            greeting = self._request("hello", {"protocol": messages.PROTOCOL, "nonce": _nonce()})
        except (NoAnswer, BadAnswer, errors.FobError):
            raise NotAToken(f"what is at {self.port} does not answer as a token") from None
        if not 1 <= greeting["protocol"] <= messages.PROTOCOL:
            raise BadAnswer(f"the token speaks version {greeting['protocol']} of the protocol")
        return greeting

    def _request(
        self,
        name: str,
        values: dict[str, Any],
        tries: tuple[float, ...] = (),
        report: Report | None = None,
    ) -> dict[str, Any]:
        command = messages.BY_NAME[name]
        with self._lock:
            self._sequence += 1
            self._cancelled.clear()
            payload = messages.encode_request(self._sequence, command, values)
            try:
                status, packed = self._transact(payload, tries or self._tries)
                if status == messages.PRESS_AWAITED:
                    status, packed = self._await_press(payload, report)
            except LinkLost as error:
                if name in _CHANGING:
                    error.leave_uncertain()
                raise
        if status != messages.OK:
            text = packed.get(messages.TEXT)
            raise errors.from_status(status, text if isinstance(text, str) else "")
        try:
            return messages.unpack(command.response, packed, False)
        except errors.FobError as error:
            raise BadAnswer(f"the token's answer to {name} is not valid: {error}") from None

    def _transact(self, payload: bytes, tries: tuple[float, ...]) -> tuple[int, dict[int, Any]]:
        for wait in tries:
            self._link.send(payload)
            deadline = time.monotonic() + wait
            for status, packed in self._answers(payload, deadline):
                return status, packed
        raise NoAnswer(f"no answer within {sum(tries):.1f} s")

    def _answers(self, request: bytes, deadline: float) -> Iterator[tuple[int, dict[int, Any]]]:
        """Yield the answers to `request`; what is late, foreign, noise or its echo is passed over."""
        while True:
            payload = self._link.receive(deadline)
            if payload is None:
                return
            try:
                sequence, status, packed = messages.decode_response(payload)
            except errors.BadMessage:
                sequence = 0  # No answer has that.
            if sequence == self._sequence and payload != request:
                yield status, packed
            elif time.monotonic() >= deadline:
                return

    def _await_press(self, payload: bytes, report: Report | None) -> tuple[int, dict[int, Any]]:
        start = time.monotonic()
        heard = asked = start
        end = start + messages.CONFIRM_MS / 1000 + _PRESS_GRACE_S
        try:
            while (now := time.monotonic()) < end:
                if report:
                    passed = min(int((now - start) * 1000), messages.CONFIRM_MS)
                    report(Progress("press", passed, messages.CONFIRM_MS))
                if self._cancelled.is_set():
                    self._give_up()
                    raise errors.Cancelled("given up before confirm was pressed")
                if now - asked >= _PRESS_POLL_S:
                    asked = now
                    self._link.send(payload)
                for status, packed in self._answers(payload, now + _REPORT_S):
                    if status != messages.PRESS_AWAITED:
                        return status, packed
                    heard = time.monotonic()
                if now - heard > sum(TRIES) + _PRESS_POLL_S:
                    raise NoAnswer("the token has stopped answering")
        except KeyboardInterrupt:
            self._give_up()
            raise
        raise NoAnswer("the token has not said whether confirm was pressed")

    def _give_up(self) -> None:
        """Let the token stop asking for a press; if the line is dead it stops by itself."""
        self._sequence += 1
        payload = messages.encode_request(self._sequence, messages.BY_NAME["cancel"], {})
        try:
            self._transact(payload, self._tries[:1])
        except LinkLost:
            return


def _nonce() -> bytes:
    """Return 8 random bytes whose hello has no Ctrl-C or Ctrl-D in it.

    Ports are found by asking: should this one be a console, its program must not be stopped.
    """
    command = messages.BY_NAME["hello"]
    while True:
        nonce = os.urandom(8)
        values = {"protocol": messages.PROTOCOL, "nonce": nonce}
        sent = frame.encode(messages.encode_request(1, command, values))
        if 3 not in sent and 4 not in sent:
            return nonce
