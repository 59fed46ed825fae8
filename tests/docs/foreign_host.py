"""A host written from docs/protocol.md alone, with other people's Noise, HKDF, CBOR and COBS."""

from __future__ import annotations

import hashlib
import hmac
import os
import zlib
from collections.abc import Callable
from typing import Any

import cbor2
from cobs import cobs
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from noise.connection import Keypair, NoiseConnection

Line = Callable[[bytes], bytes]  # sends bytes, and returns those that come back
HELLO, INFO, OPEN, FINISH, RESUME, STATUS, PAIR, REVEAL, OWN = 1, 2, 40, 41, 42, 43, 50, 51, 52


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(ikm)


class ForeignHost:
    """A host with the X25519 key `private`, at a line."""

    def __init__(self, line: Line, private: bytes) -> None:
        self.line = line
        self.private = private
        self.sequence = 0
        self.prologue = b""
        self.cipher = ""
        self.hash = b""
        self.r = b""

    def exchange(self, payload: bytes) -> bytes:
        """Send a payload in a frame and return the payload that comes back."""
        body = cobs.encode(payload + zlib.crc32(payload).to_bytes(4, "little"))
        frames = [piece for piece in self.line(b"\0" + body + b"\0").split(b"\0") if piece]
        assert len(frames) == 1
        answer = cobs.decode(frames[0])
        assert zlib.crc32(answer[:-4]).to_bytes(4, "little") == answer[-4:]
        return answer[:-4]

    def request(self, command: int, fields: dict[int, Any]) -> bytes:
        self.sequence += 1
        return cbor2.dumps([self.sequence, command, fields], canonical=True)

    def read(self, message: bytes) -> tuple[int, dict[int, Any]]:
        sequence, status, fields = cbor2.loads(message)
        assert sequence == self.sequence
        return status, fields

    def plain(self, command: int, fields: dict[int, Any]) -> dict[int, Any]:
        status, answer = self.read(self.exchange(self.request(command, fields)))
        assert status == 0, answer
        return answer

    def hello(self) -> None:
        nonce = os.urandom(8)
        answer = self.plain(HELLO, {1: 2, 2: nonce})
        self.cipher = answer[4]
        self.prologue = b"Fobsmith" + bytes([answer[1]]) + nonce + answer[3].encode()

    def shake_hands(self) -> None:
        self.hello()
        connection = NoiseConnection.from_name(f"Noise_XX_25519_{self.cipher}_SHA256".encode())
        connection.set_as_initiator()
        connection.set_prologue(self.prologue)
        connection.set_keypair_from_private_bytes(Keypair.STATIC, self.private)
        connection.start_handshake()
        noise = connection.noise_protocol
        symmetric = noise.symmetric_state  # forgotten by the library once the handshake is over
        answer = self.plain(OPEN, {1: bytes(connection.write_message())})[1]
        assert connection.read_message(answer) == b""
        self.token = noise.handshake_state.rs.public_bytes
        last = bytes(connection.write_message())
        self.plain(FINISH, {1: last})
        self.hash = symmetric.get_handshake_hash()
        self.r = hkdf(symmetric.ck, b"", b"fobsmith resume 1", 32)
        self._begin(noise.cipher_state_encrypt, noise.cipher_state_decrypt)

    def resume(self) -> None:
        self.hello()
        k, hn = hkdf(b"", self.r, b"fobsmith resume 1 mac", 32), os.urandom(32)
        mac = hmac.digest(k, b"\x00" + hn + self.prologue, hashlib.sha256)
        answer = self.plain(RESUME, {1: hkdf(b"", self.r, b"fobsmith resume 1 id", 8), 2: hn, 3: mac})
        tn = answer[1]
        assert answer[2] == hmac.digest(k, b"\x20" + hn + tn + self.prologue, hashlib.sha256)
        okm = hkdf(hn + tn, self.r, b"fobsmith resume 1" + self.prologue, 128)
        connection = NoiseConnection.from_name(f"Noise_XX_25519_{self.cipher}_SHA256".encode())
        states = []
        for key in (okm[:32], okm[32:64]):
            state = type(self.send)(connection.noise_protocol)
            state.initialize_key(key)
            states.append(state)
        self.hash, self.r = okm[64:96], okm[96:]
        self._begin(*states)

    def _begin(self, send: Any, receive: Any) -> None:
        self.send, self.receive = send, receive
        self.sequence = 0

    def ask(self, command: int, fields: dict[int, Any]) -> tuple[int, dict[int, Any]]:
        """Send a request in the channel and return status and fields of the answer."""
        head = b"\x01" + self.send.n.to_bytes(4, "big")
        record = head + self.send.encrypt_with_ad(head, self.request(command, fields))
        return self.opened(self.exchange(record))

    def opened(self, record: bytes) -> tuple[int, dict[int, Any]]:
        nonce = int.from_bytes(record[1:5], "big")
        assert record[0] == 1
        assert nonce >= self.receive.n
        self.receive.n = nonce
        return self.read(self.receive.decrypt_with_ad(record[:5], record[5:]))
