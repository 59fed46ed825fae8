"""Frames on a byte stream: a payload and its CRC-32, stuffed by COBS between two zero bytes.

Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999) leaves no zero inside a frame, so a
reader that has lost its place finds it again at the next zero. The CRC is that of zlib and
Ethernet, little-endian.
"""

import binascii

MAX_PAYLOAD = 1024
_MAX_STUFFED = MAX_PAYLOAD + 4 + (MAX_PAYLOAD + 4) // 254 + 1


def encode(payload: bytes) -> bytes:
    """Return the bytes to send for `payload` (bytes, at most MAX_PAYLOAD)."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("a payload has at most %d bytes" % MAX_PAYLOAD)
    out = bytearray(1)  # The leading zero ends whatever noise came before.
    out.extend(_stuff(payload + binascii.crc32(payload).to_bytes(4, "little")))
    out.append(0)
    return bytes(out)


def _stuff(data: bytes) -> bytearray:
    out = bytearray()
    runs = data.split(b"\0")
    for index, run in enumerate(runs):
        at = 0
        while len(run) - at >= 254:
            out.append(255)
            out.extend(run[at : at + 254])
            at += 254
        # A full block stands for no zero, so only one at the very end needs nothing after it.
        if at < len(run) or not at or index < len(runs) - 1:
            out.append(len(run) - at + 1)
            out.extend(run[at:])
    return out


def _unstuff(data: bytes) -> "bytes | None":
    """Return the bytes before stuffing, or None where `data` is not a product of COBS."""
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        end = at + code
        if end > len(data):
            return None
        out.extend(data[at + 1 : end])
        at = end
        if code < 255 and at < len(data):
            out.append(0)
    return bytes(out)


class Decoder:
    """Takes a byte stream in pieces of any size and gives the whole payloads that it held.

    `dropped` counts what was between two zeros and no frame: noise, cut, damaged or over-long.
    An over-long frame is read to its end without being kept.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._buffer = bytearray()
        self._overlong = False

    def feed(self, data: bytes) -> "list[bytes]":
        """Return the list of payloads (bytes) that `data` (bytes) completes."""
        payloads = []
        pieces = data.split(b"\0")
        for piece in pieces[:-1]:
            self._take(piece)
            payload = self._finish()
            if payload is not None:
                payloads.append(payload)
        self._take(pieces[-1])
        return payloads

    def _take(self, piece: bytes) -> None:
        if len(self._buffer) + len(piece) > _MAX_STUFFED:
            self._overlong = True
            self._buffer = bytearray()
        if not self._overlong:
            self._buffer.extend(piece)

    def _finish(self) -> "bytes | None":
        buffer, overlong = self._buffer, self._overlong
        self._buffer = bytearray()
        self._overlong = False
        if not buffer and not overlong:
            return None  # Two zeros in a row: the end of one frame and the start of the next.
        body = None if overlong else _unstuff(bytes(buffer))
        if body is None or len(body) < 4 or len(body) - 4 > MAX_PAYLOAD:
            self.dropped += 1
            return None
        payload = body[:-4]
        if binascii.crc32(payload) != int.from_bytes(body[-4:], "little"):
            self.dropped += 1
            return None
        return payload
