"""What is no token and speaks like one: made of tokencore's own handshake, with any key and any answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tokencore import channel, errors, frame, messages, noise

from provisioner.primitives import HostPrimitives
from tests.desk.far_end import FarEnd

Values = dict[str, Any]
PRIMITIVES = HostPrimitives()


class Impostor(FarEnd):
    """Something at a pseudo-terminal that shakes hands with the key `private` under any serial number.

    `answers` gives the values to answer a command with; an exception there becomes a refusal. `asked` lists
    the commands that came through the channel, with their values.
    """

    def __init__(
        self,
        serial: str,
        private: bytes | None = None,
        answers: dict[str, Callable[[Values], Values]] | None = None,
    ) -> None:
        super().__init__()
        self.serial = serial
        self.private = private or os.urandom(32)
        self.answers = answers or {}
        self.asked: list[tuple[str, Values]] = []
        self.remote = b""
        self.hash = b""
        self.handshakes = 0
        self._channel: channel.Channel | None = None
        self._resumption = b""
        self._handshake: noise.Handshake | None = None
        self._begin = b""
        self._decoder = frame.Decoder()

    def forget(self) -> None:
        """Be as after a restart."""
        self._channel, self._resumption = None, b""

    def serve(self) -> None:
        for payload in self._decoder.feed(self.heard(0.01)):
            os.write(self.master, frame.encode(self._answer(payload)))

    def _answer(self, payload: bytes) -> bytes:
        if payload[0] != 1:
            return self._respond(payload)
        message = self._channel.open(payload) if self._channel else None
        if message is None or self._channel is None:
            return messages.encode_status(0, errors.ChannelFailed.status, "what channel?")
        return self._channel.seal(self._respond(message))

    def _respond(self, message: bytes) -> bytes:
        sequence, command, packed = messages.decode_request(message)
        assert command is not None
        values = messages.unpack(command.request, packed, True)
        try:
            answer = self._values(command.name, values)
        except errors.FobError as error:
            return messages.encode_status(sequence, error.status, str(error))
        return messages.encode_response(sequence, command, answer)

    def _values(self, name: str, values: Values) -> Values:
        if name == "hello":
            self._begin = channel.prologue(messages.PROTOCOL, values["nonce"], self.serial)
            return {
                "protocol": messages.PROTOCOL,
                "product": "Fobsmith",
                "serial": self.serial,
                "cipher": PRIMITIVES.cipher,
            }
        if name == "open":
            self._handshake = noise.Handshake(PRIMITIVES, False, self._begin, self.private)
            noise.run(self._handshake.read(values["message"]))
            return {"message": noise.run(self._handshake.write())}
        if name == "finish":
            assert self._handshake is not None
            noise.run(self._handshake.read(values["message"]))
            self._channel, self._resumption = channel.established(self._handshake)
            self.remote, self.hash = self._handshake.remote, self._handshake.hash
            self.handshakes += 1
            return {}
        if name == "resume":
            return self._resumed(values)
        if name not in self.answers:
            raise errors.UnknownCommand("not this one")
        self.asked.append((name, values))
        return self.answers[name](values)

    def _resumed(self, values: Values) -> Values:
        secret, begin, theirs = self._resumption, self._begin, values["nonce"]
        if not secret or values["id"] != channel.resumption_id(secret):
            raise errors.ChannelFailed("not that one")
        assert values["mac"] == channel.resumption_mac(secret, begin, theirs)
        own = PRIMITIVES.random(channel.NONCE)
        self._channel, self._resumption = channel.resumed(
            PRIMITIVES, False, secret, begin, theirs, own, self.remote
        )
        return {"nonce": own, "mac": channel.resumption_mac(secret, begin, theirs, own)}
