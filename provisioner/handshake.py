"""How a channel begins at the desk: a Noise handshake (pattern XX), or the last session taken up again."""

import hmac
from collections.abc import Callable
from typing import Any

from tokencore import channel, errors, noise
from tokencore.channel import Channel

from .primitives import HostPrimitives

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]  # sends a plain request and returns the answer's values


class Handshake:
    """A handshake with the token that answered `greeting` to a hello of `nonce`.

    First `learn`, which gives the token's key, then `finish`, which gives it the desk's.
    """

    def __init__(self, greeting: dict[str, Any], nonce: bytes, private: bytes) -> None:
        begin = channel.prologue(greeting["protocol"], nonce, greeting["serial"])
        self._handshake = noise.Handshake(HostPrimitives(greeting["cipher"]), True, begin, private)

    def learn(self, ask: Ask) -> bytes:
        """Exchange the first two messages and return the token's static public key, 32 bytes.

        Raises ChannelFailed or BadValue where the answer is not of this handshake.
        """
        first = noise.run(self._handshake.write())
        noise.run(self._handshake.read(ask("open", {"message": first})["message"]))
        return self._handshake.remote

    def finish(self, ask: Ask) -> tuple[Channel, bytes]:
        """Send the third message; return the channel, and the secret to take it up again with."""
        ask("finish", {"message": noise.run(self._handshake.write())})
        return channel.established(self._handshake)


def resume(
    ask: Ask, greeting: dict[str, Any], nonce: bytes, secret: bytes, key: bytes
) -> tuple[Channel, bytes] | None:
    """Take up the last session with the token of that static `key`: as `finish`, None where it knows none."""
    primitives = HostPrimitives(greeting["cipher"])
    begin = channel.prologue(greeting["protocol"], nonce, greeting["serial"])
    own = primitives.random(channel.NONCE)
    proof = channel.resumption_mac(secret, begin, own)
    try:
        answer = ask("resume", {"id": channel.resumption_id(secret), "nonce": own, "mac": proof})
    except errors.FobError:
        return None
    other = answer["nonce"]
    if not hmac.compare_digest(channel.resumption_mac(secret, begin, own, other), answer["mac"]):
        return None
    return channel.resumed(primitives, True, secret, begin, own, other, key)
