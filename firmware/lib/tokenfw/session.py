"""A host's session: its requests, answered once and in order, and its channel where it has one."""

import binascii

from tokencore import errors, messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tokencore.channel import Channel

    from .question import Pending, Question, Values

_REPEAT_MS = 3000  # how long the last answer is kept for a host that lost it


class Session:
    """The plain session of a token, or with a `channel` a sealed one.

    `receive` and `answer` belong together: the answer to the last request is kept for a while, in case the
    host has lost it.
    """

    def __init__(self, channel: "Channel | None" = None) -> None:
        self.channel = channel
        self.pending: Pending | None = None
        # On the screen though no press is awaited: the digits of a pairing.
        self.shown: Question | None = None
        self.shown_until_ms = 0
        # Commitment, the token's nonce, and the digits once revealed.
        self.pairing: tuple[bytes, bytes, str] | None = None
        self.greeting: tuple[int, bytes] | None = None  # protocol and nonce of the last hello
        self.heard_ms = 0
        self.over = False  # once the channel's nonces are used up
        self._sequence = 0
        self._command: messages.Command | None = None
        self._request = -1  # CRC-32 of the last request: the bytes may hold a secret
        self._answer = b""
        self._answered_ms = 0

    @property
    def remote(self) -> bytes:
        """The other end's static public key; b"" outside a channel."""
        return self.channel.remote if self.channel else b""

    def repeated(self, payload: bytes, now_ms: int) -> bool:
        """Return whether `payload` is the last request once more, so that `again` is the answer."""
        return binascii.crc32(payload) == self._request and (
            self.pending is not None or now_ms - self._answered_ms < _REPEAT_MS
        )

    def again(self) -> "list[bytes]":
        """Return the last answer, if there is one by now."""
        return [self._answer] if self._answer else []

    def take(
        self, payload: bytes, sequence: int, command: "messages.Command | None", now_ms: int
    ) -> "list[bytes]":
        """Begin a request and return what is to be told of the one before it, which that gives up.

        Raises OutOfOrder where it is not above the last one: then nothing is given up.
        """
        if sequence <= self._sequence and (command is None or command.name != "hello"):
            raise errors.OutOfOrder("a newer request has been answered: say hello to begin a new session")
        cancelled = errors.Cancelled("another request came before this one was finished")
        answers = self.give_up(cancelled, now_ms)
        self._sequence, self._command = sequence, command
        self._request, self._answer = binascii.crc32(payload), b""
        self.heard_ms = self._answered_ms = now_ms
        return answers

    def respond(self, values: "Values", now_ms: int) -> bytes:
        """Return the answer to the request under way."""
        assert self._command is not None
        return self._keep(messages.encode_response(self._sequence, self._command, values), now_ms)

    def await_press(self, now_ms: int) -> bytes:
        """Return the answer that comes before the final one."""
        return self._keep(messages.encode_status(self._sequence, messages.PRESS_AWAITED), now_ms)

    def refuse(self, error: Exception, now_ms: int) -> bytes:
        """Return the refusal of the request under way."""
        return self._keep(_status(self._sequence, error), now_ms)

    def refuse_other(self, sequence: int, error: errors.FobError) -> bytes:
        """Return the refusal of a request that is not the one under way."""
        return self._sealed(_status(sequence, error))

    def give_up(self, error: errors.FobError, now_ms: int) -> "list[bytes]":
        """End what is pending; return what to tell the host of it."""
        if self.pending is None:
            return []
        self.pending = None
        return [self.refuse(error, now_ms)]

    def tidy(self, now_ms: int) -> None:
        """Forget what no host can ask for any more."""
        if self._answer and self.pending is None and now_ms - self._answered_ms >= _REPEAT_MS:
            self._answer = b""
        if self.shown and now_ms >= self.shown_until_ms:
            self.shown = self.pairing = None

    def _keep(self, answer: bytes, now_ms: int) -> bytes:
        self._answer, self._answered_ms = self._sealed(answer), now_ms
        return self._answer

    def _sealed(self, answer: bytes) -> bytes:
        if self.channel is None:
            return answer
        try:
            return self.channel.seal(answer)
        except errors.ChannelFailed as error:
            self.over = True
            return _status(0, error)


def _status(sequence: int, error: Exception) -> bytes:
    if isinstance(error, errors.FobError):
        return messages.encode_status(sequence, error.status, str(error))
    # A fault of the firmware, or no memory left: its text could hold anything, its kind cannot.
    text = "the firmware failed (%s)" % type(error).__name__
    return messages.encode_status(sequence, errors.FobError.status, text)
