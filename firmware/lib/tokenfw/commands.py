"""What each request does: a short handler a command, dispatched by the table in `messages`.

A handler takes (app, values, now_ms) and returns the response's values, or a `Pending` where the
answer comes later. Refusals are raised and become wire statuses here, in one place.
"""

import binascii

from tokencore import errors, messages
from tokencore.account import check_label
from tokencore.frame import MAX_PAYLOAD
from tokencore.messages import CONFIRM_MS, SET_AHEAD_MS

from . import VERSION, clock
from .question import Pending, Question

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .app import App
    from .attest import Contents

    Values = dict[str, Any]

PRODUCT = "Fobsmith"
_REPEAT_MS = 3000  # how long the last answer is kept for a host that lost it
_AHEAD_S = 90 * 86400  # how far ahead a host is told what to expect of the clock
_DOUBT_MS = 1000  # of a host that does not tell how sure it is
_SET_MS = 5  # from a tick to the chip's reset: the bus, and what the step did before
_LIST_BYTES = MAX_PAYLOAD - 32  # beside the accounts: sequence, status, total and the heads


class Dispatcher:
    """The session with the host: answers every request once, in order (docs/protocol.md)."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._pending: Pending | None = None
        self._sequence = 0
        self._command: messages.Command | None = None
        self._request = -1  # CRC-32 of the last request: the bytes may hold a secret
        self._answer = b""
        self._answered_ms = 0

    @property
    def question(self) -> "Question | None":
        """What the screen asks while a host waits for a press, or None."""
        return self._pending.question if self._pending else None

    @property
    def due_ms(self) -> "int | None":
        """The tick at which `poll` has something to do, or None."""
        return self._pending.due_ms if self._pending else None

    def receive(self, payload: bytes, now_ms: int) -> "list[bytes]":
        """Take the payload of one frame and return the payloads to answer with."""
        request = binascii.crc32(payload)
        if request == self._request and (self._pending or now_ms - self._answered_ms < _REPEAT_MS):
            return [self._answer] if self._answer else []
        try:
            sequence, command, packed = messages.decode_request(payload)
        except errors.BadMessage as error:
            return [messages.encode_status(0, error.status, str(error))]
        if sequence <= self._sequence and (command is None or command.name != "hello"):
            text = "a newer request has been answered: say hello to begin a new session"
            return [messages.encode_status(sequence, errors.OutOfOrder.status, text)]
        answers = self._give_up()
        self._sequence, self._request = sequence, request
        return answers + self._begin(command, packed, now_ms)

    def _begin(self, command: "messages.Command | None", packed: object, now_ms: int) -> "list[bytes]":
        try:
            if command is None or command.name not in HANDLERS:
                raise errors.UnknownCommand("this firmware does not know that command")
            self._command = command
            values = messages.unpack(command.request, packed, True)
            outcome: Any = HANDLERS[command.name](self._app, values, now_ms)
            if not isinstance(outcome, Pending):
                return [self._respond(outcome, now_ms)]
        except Exception as error:
            return [self._refuse(error, now_ms)]
        self._pending = outcome
        if outcome.question is None:
            self._answer = b""
            return []
        self._answer = messages.encode_status(self._sequence, messages.PRESS_AWAITED)
        return [self._answer]

    def confirm(self, now_ms: int) -> "list[bytes]":
        """Confirm was pressed while `question` is not None: return the payloads to answer with."""
        return self._finish(now_ms)

    def poll(self, now_ms: int) -> "list[bytes]":
        """Return the payloads to answer with because their time has come."""
        if self._pending is None or now_ms < self._pending.due_ms:
            return []
        if self._pending.question is None:
            return self._finish(now_ms)
        self._pending = None
        return [self._refuse(errors.NotConfirmed("confirm was not pressed in time"), now_ms)]

    def _finish(self, now_ms: int) -> "list[bytes]":
        pending, self._pending = self._pending, None
        if pending is None:
            return []
        try:
            outcome = pending.finish(now_ms)
            if not isinstance(outcome, Pending):
                return [self._respond(outcome, now_ms)]
        except Exception as error:
            return [self._refuse(error, now_ms)]
        self._pending = outcome
        return []

    def _give_up(self) -> "list[bytes]":
        if self._pending is None:
            return []
        self._pending = None
        error = errors.Cancelled("another request came before this one was finished")
        return [messages.encode_status(self._sequence, error.status, str(error))]

    def _respond(self, values: "Values", now_ms: int) -> bytes:
        assert self._command is not None
        return self._keep(messages.encode_response(self._sequence, self._command, values), now_ms)

    def _refuse(self, error: Exception, now_ms: int) -> bytes:
        if isinstance(error, errors.FobError):
            return self._keep(messages.encode_status(self._sequence, error.status, str(error)), now_ms)
        # A fault of the firmware, or no memory left: its text could hold anything, its kind cannot.
        text = "the firmware failed (%s)" % type(error).__name__
        return self._keep(messages.encode_status(self._sequence, errors.FobError.status, text), now_ms)

    def _keep(self, answer: bytes, now_ms: int) -> bytes:
        self._answer, self._answered_ms = answer, now_ms
        return answer


def _hello(app: "App", values: "Values", now_ms: int) -> "Values":
    return {
        "protocol": min(values["protocol"], messages.PROTOCOL),
        "product": PRODUCT,
        "serial": app.identity.serial,
    }


def _info(app: "App", values: "Values", now_ms: int) -> "Values":
    info = {
        "serial": app.identity.serial,
        "board": app.identity.board,
        "firmware": VERSION,
        "accounts": len(app.vault),
        "capacity": app.vault.capacity,
        "clock": app.clock.state,
        "uptime": now_ms,
        "dropped": app.frames.dropped,
        "faults": "; ".join(app.faults()),
    }
    if app.clock.state == clock.OK:
        info["utc"] = app.clock.utc_ms(now_ms) // 1000
        info["bound"] = app.clock.bound_ms(now_ms)
    state = app.clock.discipline.state
    if state is not None:
        info["synced"], info["rate"], info["trim"] = state.synced, state.rate, state.trim
        info["growth"] = app.clock.discipline.growth(state.synced + _AHEAD_S)
    return info


def _list(app: "App", values: "Values", now_ms: int) -> "Values":
    accounts: list[Values] = []
    size = 0
    for position in range(values["start"], len(app.vault)):
        account = messages.listed_fields(app.vault.listed(position))
        size += messages.listed_size(account)
        if size > _LIST_BYTES:
            break
        accounts.append(account)
    return {"total": len(app.vault), "accounts": accounts}


def _add(app: "App", values: "Values", now_ms: int) -> "Values":
    position = app.vault.add(messages.account_from(values))
    app.select(position)
    return {"position": position}


def _rename(app: "App", values: "Values", now_ms: int) -> "Values":
    check_label(values["new_issuer"], values["new_name"])
    position = _find(app, values)
    app.vault.rename(position, values["new_issuer"], values["new_name"])
    app.select(position)
    return {}


def _move(app: "App", values: "Values", now_ms: int) -> "Values":
    app.vault.move(_find(app, values), values["position"])
    app.select(values["position"])
    return {}


def _remove(app: "App", values: "Values", now_ms: int) -> "Values":
    position = _find(app, values)
    app.vault.remove(position)
    app.select(position)
    return {}


def _get_time(app: "App", values: "Values", now_ms: int) -> "Values":
    answer: Values = {"received": now_ms, "sent": now_ms, "clock": app.clock.state}
    if app.clock.state == clock.OK:
        answer["utc_ms"] = app.clock.utc_ms(now_ms)
        answer["bound"] = app.clock.bound_ms(now_ms)
    return answer


def _set_time(app: "App", values: "Values", now_ms: int) -> Pending:
    if not 0 <= values["at"] - now_ms <= SET_AHEAD_MS:
        raise errors.BadValue("at", "the tick must be within the next %d ms" % SET_AHEAD_MS)

    def finish(then_ms: int) -> "Values":
        # What the host does not tell is taken for a second: such a sync teaches the clock little.
        doubt_ms = values.get("uncertainty", _DOUBT_MS) + _SET_MS
        quarters = values.get("temperature")
        app.clock.set(values["utc"], then_ms, then_ms - values["at"], doubt_ms, quarters)
        app.vault.set_clock_floor(values["utc"], app.clock.discipline.record())
        return {}

    return Pending(values["at"], None, finish)


def _code(app: "App", values: "Values", now_ms: int) -> Pending:
    position = _find(app, values)
    account = app.vault.account(position)
    if account.kind == "totp":
        app.time_step(account, now_ms)  # Refuse now rather than after a press that was for nothing.
    app.select(position)

    def finish(then_ms: int) -> "Values":
        return app.release(_find(app, values), then_ms)

    return Pending(now_ms + CONFIRM_MS, Question("code", values["issuer"], values["name"]), finish)


def _wipe(app: "App", values: "Values", now_ms: int) -> "Values":
    if values["serial"] != app.identity.serial:
        raise errors.BadValue("serial", "this is another token's serial number: nothing was wiped")
    app.vault.wipe()
    app.select(0)
    return {}


def _cancel(app: "App", values: "Values", now_ms: int) -> "Values":
    return {}  # Every request gives up the one before it; this one does nothing else.


def _get_settings(app: "App", values: "Values", now_ms: int) -> "Values":
    return {"layout": app.vault.layout, "language": app.texts.language}


def _set_settings(app: "App", values: "Values", now_ms: int) -> "Values":
    app.vault.set_settings(values.get("layout", ""), values.get("language", ""))
    if "language" in values:
        app.texts.speak(values["language"])
    return {}


def _set_typing(app: "App", values: "Values", now_ms: int) -> "Values":
    position = _find(app, values)
    app.vault.set_typing(position, values["typing"])
    app.select(position)
    return {}


def _files(app: "App", values: "Values", now_ms: int) -> "Values":
    from .attest import page  # Hardly ever asked for, and it takes memory.

    return {"files": page(_contents(app), values["start"])}


def _digest(app: "App", values: "Values", now_ms: int) -> Pending:
    from .attest import digest

    return digest(_contents(app), values, now_ms)


def _contents(app: "App") -> "Contents":
    if app.contents is None:
        raise errors.UnknownCommand("this token cannot look at its own drive")
    return app.contents()


def _find(app: "App", values: "Values") -> int:
    return app.vault.find(values["issuer"], values["name"])


HANDLERS = {
    "hello": _hello,
    "info": _info,
    "list": _list,
    "add": _add,
    "rename": _rename,
    "move": _move,
    "remove": _remove,
    "get_time": _get_time,
    "set_time": _set_time,
    "code": _code,
    "wipe": _wipe,
    "cancel": _cancel,
    "get_settings": _get_settings,
    "set_settings": _set_settings,
    "set_typing": _set_typing,
    "files": _files,
    "digest": _digest,
}
