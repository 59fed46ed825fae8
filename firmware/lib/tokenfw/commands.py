"""The host's requests: who may ask for what, and what each comes to.

A handler is the function of a command's name in the module that `handlers` has for it. It takes (app, values,
now_ms) and returns the response's values, or a `Pending` where the answer comes later; `app.session` is the
session that asks. Refusals are raised and become wire statuses here, in one place.
"""

from tokencore import errors, messages

from .handlers import handler
from .question import Pending
from .session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .app import App
    from .channels import Channels
    from .question import Question, Values

_NO_CHANNEL = "this token knows no such channel: shake hands anew"


class Dispatcher:
    """The sessions with hosts: every request is answered once, in its session's order (docs/protocol.md)."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._plain = Session()
        self._channels: Channels | None = None

    def channels(self) -> "Channels":
        """Return what the sealed sessions are kept in; it takes memory from its first use on."""
        if self._channels is None:
            from .channels import Channels

            self._channels = Channels(self._app.vault, self._app.primitives, self._app.ready)
        return self._channels

    @property
    def opened(self) -> bool:
        """Whether a channel was ever wanted: from then on `channels` prepares the handshakes."""
        return self._channels is not None

    @property
    def question(self) -> "Question | None":
        """What is on the screen: what a host waits for a press with, or the digits of a pairing."""
        session = self._asking()
        if session:
            return session.pending.question if session.pending else None
        session = self._showing()
        return session.shown if session else None

    @property
    def question_due_ms(self) -> int:
        """The tick at which the question ends."""
        session = self._asking()
        if session and session.pending:
            return session.pending.due_ms
        session = self._showing()
        return session.shown_until_ms if session else 0

    @property
    def due_ms(self) -> "int | None":
        """The tick at which `poll` has something to do, or None."""
        due = [session.pending.due_ms for session in self._sessions() if session.pending]
        due += [session.shown_until_ms for session in self._sessions() if session.shown]
        return min(due) if due else None

    def receive(self, payload: bytes, now_ms: int) -> "list[bytes]":
        """Take the payload of one frame and return the payloads to answer with."""
        for session in self._sessions():
            if session.repeated(payload, now_ms):
                return session.again()
        session, message = self._plain, payload
        if payload[:1] == b"\x01":
            found = self._channels.find(payload) if self._channels else None
            if found is None:
                return [self._plain.refuse_other(0, errors.ChannelFailed(_NO_CHANNEL))]
            session, message = found
        sequence = 0
        try:
            sequence, command, packed = messages.decode_request(message)
            answers = session.take(payload, sequence, command, now_ms)
        except errors.FobError as error:
            return [session.refuse_other(sequence, error)]
        return answers + self._begin(session, command, packed, now_ms)

    def _begin(
        self, session: Session, command: "messages.Command | None", packed: object, now_ms: int
    ) -> "list[bytes]":
        try:
            handle = handler(command.name) if command else None
            if command is None or handle is None:
                raise errors.UnknownCommand("this firmware does not know that command")
            self._app.session, self._app.role = session, self._role(session, command)
            values = messages.unpack(command.request, packed, True)
            return self._answer(session, handle(self._app, values, now_ms), self._app.ticks(now_ms))
        except Exception as error:
            return self._refuse(session, error, now_ms)

    def _answer(self, session: Session, outcome: "Values | Pending", now_ms: int) -> "list[bytes]":
        if not isinstance(outcome, Pending):
            return [session.respond(outcome, now_ms)]
        session.pending = outcome
        return [session.await_press(now_ms)] if outcome.question else []

    def _refuse(self, session: Session, error: Exception, now_ms: int) -> "list[bytes]":
        if isinstance(error, MemoryError):
            self._app.make_room()  # or it would be too short again when the host tries anew
        return [session.refuse(error, self._app.ticks(now_ms))]

    def _role(self, session: Session, command: messages.Command) -> str:
        """Return what the session's key is to this token. Raises where the command is not for it."""
        who = command.who
        if session.channel is None:
            if who != messages.PLAIN:
                raise errors.NeedsChannel(
                    "this token speaks through a channel only: update the program on the computer"
                )
            return messages.ROLES[0]
        if who == messages.PLAIN and command.name != "info":
            raise errors.BadMessage("this request goes outside the channel")
        role = self.channels().role(session.remote)
        allowed = {messages.OWNER: (messages.OWNER,), messages.CLOCK: (messages.CLOCK, messages.OWNER)}
        if role not in allowed.get(who, messages.ROLES):
            raise errors.NotOwner(
                "this token obeys another desk: its key may not ask for that"
                if self._app.vault.owner
                else "this token has no owner yet: pair it first"
            )
        return role

    def confirm(self, now_ms: int) -> "list[bytes]":
        """Confirm was pressed while `question` is not None: return the payloads to answer with."""
        session = self._asking()
        return self._finish(session, now_ms) if session else []

    def give_up(self, error: errors.FobError, now_ms: int) -> "list[bytes]":
        """End the question, if there is one, and return the payloads that tell the host `error`."""
        session = self._asking()
        if session:
            return session.give_up(error, now_ms)
        session = self._showing()
        if session:
            session.shown = session.pairing = None
        return []

    def poll(self, now_ms: int) -> "list[bytes]":
        """Return the payloads to answer with because their time has come."""
        answers = []
        for session in self._sessions():
            pending = session.pending
            if pending and now_ms >= pending.due_ms:
                if pending.question is None:
                    answers += self._finish(session, now_ms)
                else:
                    error = errors.NotConfirmed("confirm was not pressed in time")
                    answers += session.give_up(error, now_ms)
            session.tidy(now_ms)
        if self._channels and not answers:
            self._channels.step(now_ms)
        return answers

    def _finish(self, session: Session, now_ms: int) -> "list[bytes]":
        pending, session.pending = session.pending, None
        if pending is None:
            return []
        self._app.session = session
        try:
            return self._answer(session, pending.finish(now_ms), self._app.ticks(now_ms))
        except Exception as error:
            return self._refuse(session, error, now_ms)

    def _sessions(self) -> "list[Session]":
        return [self._plain] + (self._channels.sessions if self._channels else [])

    def _asking(self) -> "Session | None":
        """Return the session that waits for a press."""
        for session in self._sessions():
            if session.pending and session.pending.question:
                return session
        return None

    def _showing(self) -> "Session | None":
        """Return the session whose digits are shown."""
        for session in self._sessions():
            if session.shown:
                return session
        return None
