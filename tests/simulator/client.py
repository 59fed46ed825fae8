"""As little of a host as the tests of whole tokens need: it owns the token, and presses where it asks."""

from __future__ import annotations

from typing import Any

from tokencore import channel, errors, frame, messages, noise

from boards.simulator.port import HostPort
from boards.simulator.simulator import Simulator
from provisioner.primitives import HostPrimitives

SECRET = b"12345678901234567890"
ACCOUNT = {
    "issuer": "Bank",
    "name": "alice",
    "kind": "totp",
    "algorithm": "SHA1",
    "digits": 6,
    "period": 30,
    "t0": 0,
    "counter": 0,
    "secret": SECRET,
}
_KEY = bytes(range(1, 33))
_NONCE = bytes(32)  # to be guessed by nobody here
_READ_S = 0.5  # in which a question is read


class Client:
    """Shakes hands, and pairs where nobody owns the token yet."""

    def __init__(self, port: HostPort) -> None:
        self._port = port
        port.timeout = 3.0
        self._decoder = frame.Decoder()
        self._channel: channel.Channel | None = None
        self._sequence = 0
        self._connect()
        if self._channel and not self.ask("status", {})["paired"]:
            port.simulator.run(1)  # What is held before asks for maintenance.
            self.ask("pair", {"commitment": channel.commitment(_NONCE)})
            self.ask("reveal", {"nonce": _NONCE})
            self.ask("own", {})

    def _connect(self) -> None:
        self._channel = None
        told = self.ask("hello", {"protocol": messages.PROTOCOL, "nonce": bytes(8)})
        if told:
            begin = channel.prologue(messages.PROTOCOL, bytes(8), told["serial"])
            shake = noise.Handshake(HostPrimitives(told["cipher"]), True, begin, _KEY)
            noise.run(shake.read(self.ask("open", {"message": noise.run(shake.write())})["message"]))
            self.ask("finish", {"message": noise.run(shake.write())})
            self._channel, self._sequence = channel.established(shake)[0], 0

    def ask(self, command: str, values: dict[str, Any], press: bool = True) -> dict[str, Any]:
        """Send a request, press where that is asked for, and return the fields of the answer.

        {} where none comes, as after a power cut.
        """
        self._sequence += 1
        row = messages.COMMANDS[command]
        payload = messages.encode_request(self._sequence, row, values)
        self._port.write(frame.encode(self._channel.seal(payload) if self._channel else payload))
        while data := self._port.read(1):
            for answer in self._decoder.feed(data):
                sequence, status, packed = messages.decode_response(self._opened(answer))
                if status == errors.ChannelFailed.status:  # It was not used for long.
                    self._connect()
                    return self.ask(command, values)
                if sequence != self._sequence:
                    continue
                if status == messages.PRESS_AWAITED:
                    if press:
                        self._press()
                    continue
                assert status == messages.OK, packed
                fields: dict[str, Any] = messages.unpack(row.response, packed, strict=True)
                return fields
        return {}

    def _opened(self, payload: bytes) -> bytes:
        if self._channel is None or payload[0] != channel.SEALED:
            return payload
        message = self._channel.open(payload)
        assert message is not None
        return message

    def _press(self) -> None:
        """Press confirm, and again where that was too soon: e-paper takes seconds to show a question."""
        simulator = self._port.simulator
        for _ in range(4):
            simulator.run(_READ_S)
            simulator.press("confirm", 100)
            for _ in range(30):  # To set the clock takes it until the turn of a second.
                simulator.run(0.1)
                if self._port.in_waiting:
                    return

    def add(self, **changes: Any) -> None:
        self.ask("add", {**ACCOUNT, **changes})

    def set_time(self, simulator: Simulator) -> None:
        """Set the token's clock to the world's, at the turn of a second."""
        ticks = self.ask("get_time", {})["sent"]
        utc_ms = simulator.clock.now_ns() // 1_000_000
        utc = utc_ms // 1000 + 2
        self.ask("set_time", {"utc": utc, "at": ticks + utc * 1000 - utc_ms})
