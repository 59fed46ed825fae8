"""A host at a bench's serial line: shakes hands as docs/protocol.md says, or as an attacker would."""

from __future__ import annotations

import os
from typing import Any

from tokencore import channel, errors, frame, messages, noise, statuses
from tokencore.account import Account

from provisioner.primitives import HostPrimitives
from tests.firmware.parts import SERIAL, Bench

DESK = bytes(range(1, 33))  # a desk's private key
SYNC = bytes(range(2, 34))  # that of a host which may set the clock
STRANGER = bytes(range(3, 35))
ALICE = {"issuer": "ACME", "name": "alice"}
BOB = {"issuer": "ACME", "name": "bob"}
NEW = {
    **{"kind": "totp", "algorithm": "SHA1", "digits": 6, "period": 30, "t0": 0, "counter": 0},
    "secret": b"secret",
}
FAILED = errors.ChannelFailed.status
_PATIENCE_MS = 3000  # for a handshake, and for a PIN


def public(private: bytes) -> bytes:
    return HostPrimitives().public(private)


def owned_bench() -> Bench:
    """Return a token of DESK's, with a sync key and two accounts, that has prepared a handshake."""
    token = Bench(owner=public(DESK))
    token.vault.set_sync_keys((public(SYNC),))
    for label in (ALICE, BOB):
        token.vault.add(Account(b"canary secret", kind="hotp", **label))
    token.run(2000)
    return token


def something(field: messages.Field) -> Any:
    """Return a value that `field` may have."""
    if isinstance(field.kind, tuple):
        return field.kind[0]
    if field.kind == "bytes":
        return bytes(range(field.low))
    return {"int": field.low, "text": "x", "bool": True}[field.kind]


class Host:
    """A host with the key `private`. Requests go through its channel once `connect` has opened one."""

    def __init__(self, bench: Bench, private: bytes = DESK, cipher: str = "AESGCM") -> None:
        self.bench = bench
        self.private = private
        self.primitives = HostPrimitives(cipher)
        self.nonce = os.urandom(8)
        self.channel: channel.Channel | None = None
        self.secret = b""  # of the resumption
        self.last = b""  # the payload that was sent last
        self._sequence = 0
        self._plain_sequence = 0
        self._decoder = frame.Decoder()

    # ---- payloads

    def give(self, payload: bytes, ms: int = 0) -> list[bytes]:
        """Send a payload and return the payloads that come back, as they are, within `ms`."""
        self.last = payload
        self.bench.queue.incoming += frame.encode(payload)
        self.bench.run()
        while ms > 0 and not self.bench.queue.sent:
            self.bench.run(10)
            ms -= 10
        return self.heard()

    def heard(self) -> list[bytes]:
        sent, self.bench.queue.sent = self.bench.queue.sent, b""
        return self._decoder.feed(sent)

    def plain(self, name: str, /, **values: object) -> bytes:
        """Return the payload of a plain request."""
        self._plain_sequence = 1 if name == "hello" else self._plain_sequence + 1
        return messages.encode_request(self._plain_sequence, messages.COMMANDS[name], values)

    def sealed(self, name: str, /, **values: object) -> bytes:
        """Return the payload of a request in the channel."""
        assert self.channel is not None
        self._sequence += 1
        return self.channel.seal(messages.encode_request(self._sequence, messages.COMMANDS[name], values))

    def read(self, payload: bytes) -> tuple[int, int, dict[int, Any]]:
        """Return (sequence, status, fields) of an answer, sealed or not."""
        if payload[0] == channel.SEALED:
            assert self.channel is not None
            message = self.channel.open(payload)
            assert message is not None, "a record that the token has not sealed for this host"
            payload = message
        return messages.decode_response(payload)

    def statuses(self, payloads: list[bytes]) -> list[int]:
        return [self.read(payload)[1] for payload in payloads]

    # ---- requests

    def ask(self, name: str, /, **values: object) -> dict[str, Any]:
        """Send a request, plain where its row says so, and return the answer's values. Raises refusals."""
        row = messages.COMMANDS[name]
        payload = (self.plain if row.who == messages.PLAIN else self.sealed)(name, **values)
        return self.result(name, self.give(payload, _PATIENCE_MS))

    def result(self, name: str, payloads: list[bytes]) -> dict[str, Any]:
        (payload,) = payloads
        _, status, packed = self.read(payload)
        if status != messages.OK:
            raise statuses.from_status(status, packed[messages.TEXT])
        return messages.unpack(messages.COMMANDS[name].response, packed, True)

    def press(self, name: str, /, **values: object) -> dict[str, Any]:
        """Send a request that needs a press, press, and return the answer's values."""
        (awaited,) = self.give(self.sealed(name, **values), _PATIENCE_MS)
        status, packed = self.read(awaited)[1:]
        if status != messages.PRESS_AWAITED:
            raise statuses.from_status(status, packed[messages.TEXT])
        self.bench.press("confirm")
        self.bench.run(200)
        return self.result(name, self.heard())

    # ---- the channel

    def hello(self) -> dict[str, Any]:
        self.nonce = os.urandom(8)
        return self.ask("hello", protocol=messages.PROTOCOL, nonce=self.nonce)

    def handshake(self, serial: str = SERIAL, protocol: int = messages.PROTOCOL) -> noise.Handshake:
        begin = channel.prologue(protocol, self.nonce, serial)
        return noise.Handshake(self.primitives, True, begin, self.private)

    def connect(self) -> Host:
        """Shake hands and go on through the channel."""
        self.hello()
        shake = self.handshake()
        noise.run(shake.read(self.ask("open", message=noise.run(shake.write()))["message"]))
        self.ask("finish", message=noise.run(shake.write()))
        return self.adopt(*channel.established(shake))

    def resume(self) -> Host:
        """Take up the session with the secret of the last one."""
        self.hello()
        begin = channel.prologue(messages.PROTOCOL, self.nonce, SERIAL)
        own, secret = os.urandom(32), self.secret
        mac = channel.resumption_mac(secret, begin, own)
        answer = self.ask("resume", id=channel.resumption_id(secret), nonce=own, mac=mac)
        assert answer["mac"] == channel.resumption_mac(secret, begin, own, answer["nonce"])
        token = self.bench.vault.identity_public
        return self.adopt(*channel.resumed(self.primitives, True, secret, begin, own, answer["nonce"], token))

    def adopt(self, opened: channel.Channel, secret: bytes) -> Host:
        self.channel, self.secret, self._sequence = opened, secret, 0
        return self

    def digits(self, nonce: bytes | None = None) -> str:
        """Pair up to the digits, and return those that this host has computed."""
        assert self.channel is not None
        own = nonce or os.urandom(32)
        other = self.ask("pair", commitment=channel.commitment(own))["nonce"]
        self.ask("reveal", nonce=own)
        return channel.digits(self.channel.hash, own, other)
