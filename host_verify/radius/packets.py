"""RADIUS packets (RFC 2865, RFC 2869): what a request says if it is one, and the bytes of its answer.

Requests without a Message-Authenticator are not looked at, and every answer begins with one: without either,
who sits on the way can turn a refusal into an acceptance (CVE-2024-3596).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pyrad.packet import (  # type: ignore[import-untyped]
    AccessAccept,
    AccessReject,
    AccessRequest,
    AuthPacket,
    PacketError,
)

SHORTEST = 20  # bytes: the header
LONGEST = 4096  # bytes (RFC 2865 section 3)

_USER_NAME = 1
_USER_PASSWORD = 2
_OTHER_WAYS = (3, 79)  # CHAP-Password, EAP-Message
_MESSAGE_AUTHENTICATOR = 80
_LONGEST_PASSWORD = 128  # bytes
_NO_TEXT = "\N{REPLACEMENT CHARACTER}"  # what no code is


class Drop(StrEnum):
    """Why a packet is not answered."""

    UNKNOWN_CLIENT = "unknown client"
    NO_PACKET = "no RADIUS packet"
    OTHER_CODE = "no Access-Request"
    NOT_AUTHENTICATED = "no Message-Authenticator"
    BAD_AUTHENTICATOR = "wrong Message-Authenticator or secret"
    BUSY = "too many requests at one time"
    FAILED = "the store or the program failed"


class Dropped(Exception):
    """A packet that is not answered."""

    def __init__(self, why: Drop) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Request:
    """An authentic Access-Request. `user` and `code` are None where it does not ask by PAP for one user.

    What is no UTF-8 has become characters that are in no user's name and in no code.
    """

    packet: AuthPacket = field(repr=False)
    user: str | None
    code: str | None = field(repr=False)

    def answer(self, accepted: bool) -> bytes:
        """Return the Access-Accept or Access-Reject."""
        reply = self.packet.CreateReply()  # with the request's Proxy-State
        reply.code = AccessAccept if accepted else AccessReject
        reply.add_message_authenticator()  # the first attribute
        answer: bytes = reply.ReplyPacket()
        return answer


def read(datagram: bytes, secret: bytes) -> Request:
    """Return the request in a datagram. Raises Dropped for all that is not to be answered."""
    length = int.from_bytes(datagram[2:4], "big")
    if len(datagram) > LONGEST or not SHORTEST <= length <= len(datagram):
        raise Dropped(Drop.NO_PACKET)
    data = datagram[:length]  # what comes after it is padding
    types = _types(data)
    if data[0] != AccessRequest:
        raise Dropped(Drop.OTHER_CODE)
    if types.count(_MESSAGE_AUTHENTICATOR) != 1:
        raise Dropped(Drop.NOT_AUTHENTICATED)
    try:
        packet = AuthPacket(secret=secret, packet=data)
    except PacketError:
        raise Dropped(Drop.NO_PACKET) from None
    if not packet.verify_message_authenticator():
        raise Dropped(Drop.BAD_AUTHENTICATOR)
    users, passwords = packet.get(_USER_NAME, []), packet.get(_USER_PASSWORD, [])
    if len(users) != 1 or len(passwords) != 1 or any(other in types for other in _OTHER_WAYS):
        return Request(packet, None, None)
    return Request(packet, users[0].decode("utf-8", "surrogateescape"), _password(packet, passwords[0]))


def _types(data: bytes) -> list[int]:
    """Return the types of the attributes, all of which must be whole."""
    types, at = [], SHORTEST
    while at < len(data):
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):
            raise Dropped(Drop.NO_PACKET)
        types.append(data[at])
        at += size
    return types


def _password(packet: AuthPacket, hidden: bytes) -> str:
    if not hidden or len(hidden) > _LONGEST_PASSWORD or len(hidden) % 16:
        return _NO_TEXT
    text: str = packet.PwDecrypt(hidden)
    # The library leaves out what is no UTF-8, by which something else would become a code.
    whole = len(text.encode()) <= _LONGEST_PASSWORD and packet.PwCrypt(text) == hidden
    return text if whole else _NO_TEXT
