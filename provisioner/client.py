"""`Token`: the typed client. It prints nothing, and can be used from several threads.

    with Token.open("/dev/ttyACM0", desk=desk_key.load(path, ask)) as token:
        for account in token.accounts():
            ...

A refusal by the token is an exception of tokencore.errors, anything else a DeskError.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from tokencore import messages
from tokencore.account import Account

from . import pairing, trust
from .desk_key import DeskKey
from .faults import BadAnswer, NoAnswer
from .link import Link
from .model import AccountInfo, Code, Exchange, Info, Progress, Report, Settings, Status
from .session import TRIES, ChannelLost, Session


class Token:
    """A session with the token at an open Link. Raises NotAToken where none answers.

    `desk` is the key that the token knows this desk by; without it the token tells only what it tells to
    anybody. The channel is made when the first request needs it: any request may raise trust.SwappedToken
    and trust.NotPaired.

    `tries` are the seconds to wait for an answer after each sending of a request. A call holds the
    token until it is answered; only `cancel` may be called meanwhile, from another thread.
    """

    def __init__(self, link: Link, tries: tuple[float, ...] = TRIES, desk: DeskKey | None = None) -> None:
        self._session = Session(link, tries)
        self._desk = desk
        self.port = link.port
        greeting = self._session.greeting
        self.protocol: int = greeting["protocol"]
        self.product: str = greeting["product"]
        self.serial: str = greeting["serial"]
        self.has_channel: bool = "cipher" in greeting

    @classmethod
    def open(cls, port: str, tries: tuple[float, ...] = TRIES, desk: DeskKey | None = None) -> Self:
        """Open `port` (a device or a pyserial URL) and begin a session with the token there."""
        link = Link(port)
        try:
            return cls(link, tries, desk)
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
        self._session.close()

    def info(self) -> Info:
        """Return what the token is and how it is."""
        return Info(**self._request("info", {}))

    def accounts(self, report: Report | None = None) -> list[AccountInfo]:
        """Return all accounts in their order."""
        found: list[AccountInfo] = []
        with self._session.lock:
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
        *repeats, last = self._session.tries
        with self._session.lock:
            self._secure(messages.ANYBODY)  # A handshake is no part of the time on the line.
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
        told = values["clock"], values.get("utc_ms"), values.get("bound"), values.get("written")
        return Exchange(t1, values["received"], values["sent"], t4, *told)

    def set_time(
        self,
        utc: int,
        at: int,
        wait_s: float,
        uncertainty: int | None = None,
        quarters: int | None = None,
        report: Report | None = None,
    ) -> None:
        """Make the second `utc` begin at the token's tick `at` (ms), which is `wait_s` seconds away.

        A large jump needs a press, which `report` tells of.

        `uncertainty` is by how many ms that may be wrong; `quarters` is what the temperature is there
        (degrees Celsius times 4). Firmware that does not know one of the words raises BadMessage.
        """
        first, *rest = self._session.tries
        values = {"utc": utc, "at": at, "uncertainty": uncertainty, "temperature": quarters}
        self._request("set_time", values, (first + wait_s, *rest), report)

    def code(self, issuer: str, name: str, report: Report | None = None) -> Code:
        """Return the account's code once confirm has been pressed on the token.

        `report` tells the ms that have passed of those the token waits. Raises NotConfirmed,
        ClockNotSet, NoSuchAccount, and Cancelled after `cancel`.
        """
        return Code(**self._request("code", {"issuer": issuer, "name": name}, report=report))

    def cancel(self) -> None:
        """Give up the `code` that another thread waits for: it gets Cancelled."""
        self._session.cancel()

    def wipe(self, serial: str) -> None:
        """Remove everything: accounts, PIN, owner and the token's own key. `serial` must be its number."""
        self._request("wipe", {"serial": serial})
        with self._session.lock:
            self._session.channel = None
            if self._desk:
                self._desk.known.forget(self.serial)

    def status(self) -> Status:
        """Return who this desk is to the token, and whether the token is locked."""
        return Status(**self._request("status", {}))

    def pair(
        self, utc: int, compare: Callable[[], str], erased: bool = False, report: Report | None = None
    ) -> None:
        """Make this desk the owner: see pairing.pair. Raises pairing.DigitsDiffer, HasOwner, NotConfirmed."""
        with self._session.lock:
            desk = trust.needed(self._desk)
            pairing.pair(self._session, desk, utc, compare, erased, report)

    def release(self, report: Report | None = None) -> None:
        """Leave the token without an owner, its accounts as they are, once confirm has been pressed."""
        self._request("release", {}, report=report)

    def transfer(self, key: bytes, report: Report | None = None) -> None:
        """Make the desk with that public key (32 bytes) the owner, once confirm has been pressed."""
        self._request("transfer", {"key": key}, report=report)

    def sync_keys(self) -> list[bytes]:
        """Return the public keys of the desks that may set the clock and nothing else."""
        return [item["key"] for item in self._request("sync_keys", {})["keys"]]

    def set_sync_key(self, key: bytes, present: bool) -> None:
        """Let the desk with that public key (32 bytes) set the clock, or no more. Raises StoreFull."""
        self._request("set_sync_key", {"key": key, "present": present})

    def set_pin(
        self, pin: str | None = None, wipe_pin: str | None = None, auto_lock: int | None = None
    ) -> None:
        """Set a PIN or passphrase, one that erases everything, and the s after which the token locks itself.

        What is None stays as it is, "" takes a PIN away.
        """
        values = {"pin": pin, "wipe_pin": wipe_pin, "auto_lock": auto_lock}
        self._request("set_pin", values, self._session.slowly())

    def unlock(self, pin: str) -> None:
        """Unlock the accounts. Raises WrongPin, PinWait. The tenth wrong PIN in a row erases everything."""
        self._request("unlock", {"pin": pin}, self._session.slowly())

    def lock(self) -> None:
        """Lock the accounts, where a PIN is set."""
        self._request("lock", {})

    def enroll(
        self, fields: dict[str, Any], contribution: bytes, key: bytes, report: Report | None = None
    ) -> dict[str, Any]:
        """Let the token draw the secret of an account, given by its wire `fields` without one.

        `contribution` (32 bytes) goes into it; `key` is the public key that the answer's `sealed` is for.
        Needs a press. Raises AccountExists, StoreFull, NotConfirmed.
        """
        values = {name: value for name, value in fields.items() if name != "secret"}
        values |= {"contribution": contribution, "key": key}
        return self._request("enroll", values, self._session.slowly(), report)

    def backup(self, key: bytes, report: Report | None = None) -> dict[str, Any]:
        """Begin a backup of all accounts, sealed to the public `key`; needs a press."""
        return self._request("backup", {"key": key}, self._session.slowly(), report)

    def backup_page(self, index: int) -> bytes:
        """Return a page of the backup; they come in order. Raises Cancelled where an account was changed."""
        page: bytes = self._request("backup_page", {"index": index}, self._session.slowly())["sealed"]
        return page

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

    def _request(
        self,
        name: str,
        values: dict[str, Any],
        tries: tuple[float, ...] = (),
        report: Report | None = None,
    ) -> dict[str, Any]:
        with self._session.lock:
            while True:
                used = self._session.channel is not None
                self._secure(messages.COMMANDS[name].who)
                try:
                    return self._session.request(name, values, tries, report)
                except ChannelLost as error:
                    if error.uncertain or not used:
                        raise
                self._session.greet()

    def _secure(self, who: str) -> None:
        if who != messages.PLAIN:
            trust.secure(self._session, self._desk, who)
