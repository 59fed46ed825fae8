"""The Noise Protocol Framework, revision 34, with X25519 and SHA-256: patterns without pre-messages.

A board takes a good part of a second for one X25519. So `Handshake.write` and `read` are generators: they
yield before each one, which lets the caller do something else in between, and return the bytes. `run` runs
one at once. The cryptography is passed in: see `Primitives` in primitives.py.
"""

from .cipherstate import KEY, NONCES, CipherState
from .errors import ChannelFailed
from .symmetric import Symmetric
from .x25519 import draw

TYPE_CHECKING = False  # boards have no typing module; a checker takes this name for True
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from .primitives import KeyPair, Primitives

    T = TypeVar("T")

PATTERNS = {"XX": "e;e,ee,s,es;s,se"}
"""The tokens of each message, the initiator's first (section 7.5)."""


def run(generator: "Generator[None, None, T]") -> "T":
    """Run a generator to its end and return what it returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            value: T = end.value
            return value


class Handshake:
    """One side of a handshake (section 5.3). After any failure it is of no use: begin a new one.

    `static_private` is this side's static key, 32 bytes, or b"" in a pattern without; `static_public` spares
    computing its public key. `ephemeral` is a pair from `draw`, made beforehand; `expected` is a static
    public key that the other side may turn out to have, and the X25519 of the ephemeral key and that one.
    """

    def __init__(
        self,
        primitives: "Primitives",
        initiator: bool,
        prologue: bytes,
        static_private: bytes = b"",
        pattern: str = "XX",
        static_public: bytes = b"",
        ephemeral: "KeyPair | None" = None,
        expected: "tuple[bytes, bytes] | None" = None,
    ) -> None:
        name = "Noise_" + pattern + "_25519_" + primitives.cipher + "_SHA256"
        self._symmetric = Symmetric(primitives, name.encode())
        self._symmetric.mix_hash(prologue)
        self._primitives = primitives
        self._initiator = initiator
        self._messages = [message.split(",") for message in PATTERNS[pattern].split(";")]
        self._done = 0
        self._busy = False
        self._static = static_private
        self._static_public = static_public
        self._ephemeral, self._ephemeral_public = ephemeral or (b"", b"")
        self._expected = expected if ephemeral else None
        self._remote_ephemeral = b""
        self.remote = b""
        """The other side's static public key, or b"" while it has not come."""

    @property
    def finished(self) -> bool:
        """Whether all messages have gone and come."""
        return self._done == len(self._messages)

    @property
    def hash(self) -> bytes:
        """The handshake hash: the same 32 bytes on both sides, and unlike any other handshake's."""
        return self._symmetric.hash

    def write(self, payload: bytes = b"") -> "Generator[None, None, bytes]":
        """Return the next message, with a payload that is not secret before both sides have a key."""
        tokens = self._begin(self._initiator)
        symmetric = self._symmetric
        message = b""
        for part in tokens:
            if part == "e":
                if not self._ephemeral:
                    yield
                    self._ephemeral, self._ephemeral_public = draw(self._primitives)
                message += self._ephemeral_public
                symmetric.mix_hash(self._ephemeral_public)
            elif part == "s":
                if not self._static_public:
                    yield
                    self._static_public = self._primitives.public(self._static)
                message += symmetric.encrypt(self._static_public)
            else:
                yield from self._mix(part)
        message += symmetric.encrypt(payload)
        self._end()
        return message

    def read(self, message: bytes) -> "Generator[None, None, bytes]":
        """Return the payload of the other side's next message.

        Raises ChannelFailed where it is not the next message of the other side of this handshake, BadValue
        where a key in it is a point of small order.
        """
        tokens = self._begin(not self._initiator)
        symmetric = self._symmetric
        for part in tokens:
            if part == "e":
                self._remote_ephemeral, message = _cut(message, KEY)
                symmetric.mix_hash(self._remote_ephemeral)
            elif part == "s":
                sealed, message = _cut(message, KEY + symmetric.overhead)
                self.remote = symmetric.decrypt(sealed)
            else:
                yield from self._mix(part)
        payload = symmetric.decrypt(message)
        self._end()
        return payload

    def split(self, nonces: int = NONCES) -> "tuple[CipherState, CipherState]":
        """Return the states to send and to receive with, once the handshake has finished.

        `nonces` is how many messages each may carry: 2**64 - 1, or as many as the wire has nonces for.
        """
        if not self.finished:
            raise ChannelFailed("the handshake has not finished")
        first, second = [CipherState(self._primitives, key, nonces) for key in self._symmetric.split()]
        return (first, second) if self._initiator else (second, first)

    def export(self, info: bytes) -> bytes:
        """Return a secret (32 bytes) of a finished handshake for one more purpose; `info` is not empty.

        It is expanded from the same pseudorandom key as `split`'s, under another info (RFC 5869).
        """
        if not self.finished or not info:
            raise ChannelFailed("the handshake has not finished")
        return self._symmetric.export(info, KEY)

    def _begin(self, from_initiator: bool) -> "list[str]":
        if self._busy or self.finished or from_initiator != (self._done % 2 == 0):
            raise ChannelFailed("not the time for this message of the handshake: begin a new one")
        self._busy = True  # and it stays so, should anything fail
        return self._messages[self._done]

    def _end(self) -> None:
        self._done += 1
        self._busy = False

    def _mix(self, step: str) -> "Generator[None, None, None]":
        """Mix in the X25519 of the initiator's key and the responder's key that `step` names."""
        own, other = (step[0], step[1]) if self._initiator else (step[1], step[0])
        if own + other == "es" and self._expected and self._expected[0] == self.remote:
            self._symmetric.mix_key(self._expected[1])
            return
        yield
        private = self._static if own == "s" else self._ephemeral
        public = self.remote if other == "s" else self._remote_ephemeral
        self._symmetric.mix_key(self._primitives.dh(private, public))


def _cut(message: bytes, length: int) -> "tuple[bytes, bytes]":
    if len(message) < length:
        raise ChannelFailed("a message of the handshake is too short")
    return message[:length], message[length:]
