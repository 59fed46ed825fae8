"""The channel between desk and token: what both ends compute (docs/protocol.md).

A handshake of Noise's pattern XX, or a session taken up again with a secret of the one before, gives a
`Channel`: it seals each message into a record

    01 | nonce (4 bytes, big-endian) | AEAD of the message, with the first five bytes as associated data

No plain message begins so: each is a CBOR array of three.
"""

import hashlib

from .cipherstate import KEY, CipherState
from .errors import BadValue, ChannelFailed
from .hkdf import hkdf
from .otp import HmacKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .noise import Handshake
    from .primitives import Primitives

SEALED = 1
OVERHEAD = 5 + 16  # bytes by which a record is longer than its message
NONCES = 1 << 32
NONCE = 32  # bytes of pairing's and resumption's nonces
ID = 8  # bytes of a resumption's name
_HEAD = 5
_RESUME = b"fobsmith resume 1"


def prologue(protocol: int, nonce: bytes, serial: str) -> bytes:
    """Return what both ends of a handshake have in common: version, nonce and serial number of `hello`."""
    return b"Fobsmith" + bytes([protocol]) + nonce + serial.encode("utf-8")


class Channel:
    """An open channel. `remote` is the other's static public key, `hash` unlike any other channel's."""

    def __init__(self, send: CipherState, receive: CipherState, remote: bytes, hash: bytes) -> None:
        self.remote = remote
        self.hash = hash
        self._send = send
        self._receive = receive
        self._opened = -1

    def seal(self, message: bytes) -> bytes:
        """Return the record of `message`. Raises ChannelFailed once 2**32 have been sealed."""
        head = bytes([SEALED]) + (self._send.nonce % NONCES).to_bytes(4, "big")
        return head + self._send.seal(head, message)[1]

    def open(self, record: bytes) -> "bytes | None":
        """Return the message of a record, or None.

        None where the other end has not sealed it in this channel, and where its nonce is not above that of
        the last one opened: a replayed, late or reordered record changes nothing.
        """
        nonce = int.from_bytes(record[1:_HEAD], "big")
        if len(record) < OVERHEAD or record[0] != SEALED or nonce <= self._opened:
            return None
        try:
            message = self._receive.open(nonce, record[:_HEAD], record[_HEAD:])
        except (ChannelFailed, BadValue):
            return None
        self._opened = nonce
        return message


def established(handshake: "Handshake") -> "tuple[Channel, bytes]":
    """Return the Channel of a finished handshake, and the secret by which it can be taken up again."""
    send, receive = handshake.split(NONCES)
    return Channel(send, receive, handshake.remote, handshake.hash), handshake.export(_RESUME)


# Resumption. The secret is used once: each time both ends replace it, so whoever reads it later opens nothing
# that was sealed before. No X25519 is done, which a board would take half a second for.


def resumption_id(secret: bytes) -> bytes:
    """Return by what the ends call a resumption secret: 8 bytes that tell nothing of it."""
    return hkdf(b"", secret, _RESUME + b" id", ID)


def resumption_mac(secret: bytes, begin: bytes, desk_nonce: bytes, token_nonce: bytes = b"") -> bytes:
    """Return the proof (32 bytes) that one knows the secret: the desk's, or with both nonces the token's.

    `begin` is the `prologue`.
    """
    key = HmacKey("SHA256", hkdf(b"", secret, _RESUME + b" mac", KEY))
    return key.digest(bytes([len(token_nonce)]) + desk_nonce + token_nonce + begin)


def resumed(
    primitives: "Primitives",
    is_desk: bool,
    secret: bytes,
    begin: bytes,
    desk_nonce: bytes,
    token_nonce: bytes,
    remote: bytes,
) -> "tuple[Channel, bytes]":
    """Return the Channel of a resumption, and the secret for the next one.

    `remote` is the static key of the other end as the handshake has shown it. Check its MAC first.
    """
    okm = hkdf(desk_nonce + token_nonce, secret, _RESUME + begin, 4 * KEY)
    first, second = [CipherState(primitives, okm[at : at + KEY], NONCES) for at in (0, KEY)]
    send, receive = (first, second) if is_desk else (second, first)
    return Channel(send, receive, remote, okm[2 * KEY : 3 * KEY]), okm[3 * KEY :]


# Pairing: six digits that a person compares. Whoever is in the middle has another handshake hash on either
# side; the desk commits itself to its nonce before the token tells its own, so he cannot search for keys
# whose digits agree, but guess once in a million.


def commitment(nonce: bytes) -> bytes:
    """Return what the desk tells of its nonce before it tells the nonce."""
    return hashlib.new("sha256", nonce).digest()


def digits(hash: bytes, desk_nonce: bytes, token_nonce: bytes) -> str:
    """Return the six digits of a pairing in the channel of that `hash`."""
    number = int.from_bytes(hashlib.new("sha256", hash + desk_nonce + token_nonce).digest(), "big")
    return ("00000" + str(number % 1000000))[-6:]
