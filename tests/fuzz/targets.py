"""What reads bytes from outside, and what must hold whatever they are: one function a target."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from tokencore import cbor, channel, errors, frame, messages
from tokencore.account import Account

from provisioner.primitives import HostPrimitives
from tests.firmware import vaults
from tests.firmware.hosts import DESK, Host, public
from tests.firmware.parts import Bench

Target = Callable[[bytes], None]
ROWS = list(messages.COMMANDS)
CANARY = b"\xf0canary\x9e"  # no UTF-8: it cannot come back as a name


def fuzz_frame(data: bytes) -> None:
    """The first byte says in what pieces the rest arrives: that makes no difference."""
    size, stream = (data[0] % 64 + 1, data[1:]) if data else (1, b"")
    whole, pieces = frame.Decoder(), frame.Decoder()
    payloads = whole.feed(stream + b"\0")
    told = [payload for at in range(0, len(stream), size) for payload in pieces.feed(stream[at : at + size])]
    told += pieces.feed(b"\0")
    assert (told, pieces.dropped) == (payloads, whole.dropped)
    for payload in payloads:
        assert len(payload) <= frame.MAX_PAYLOAD
    good = stream[: frame.MAX_PAYLOAD]
    assert frame.Decoder().feed(stream + frame.encode(good))[-1] == good


def fuzz_cbor(data: bytes) -> None:
    """What is read at all is read from the only bytes that stand for it."""
    with contextlib.suppress(errors.BadMessage):
        assert cbor.encode(cbor.decode(data)) == data


def fuzz_messages(data: bytes) -> None:
    """The first byte chooses a row; what is taken is what would be sent."""
    row, payload = (ROWS[data[0] % len(ROWS)], data[1:]) if data else (ROWS[0], b"")
    for read in (messages.decode_request, messages.decode_response, messages.decode_account):
        with contextlib.suppress(errors.BadMessage, errors.BadValue):
            read(payload)
    for fields in (row.request, row.response):
        try:
            packed = cbor.decode(payload)
            values = messages.unpack(fields, packed, True)
        except (errors.BadMessage, errors.BadValue):
            continue
        assert messages.pack(fields, values) == packed
    with contextlib.suppress(errors.BadMessage, errors.BadValue):
        account = messages.decode_account(payload)
        again = messages.decode_account(messages.encode_account(account))
        assert vars(again) == vars(account)


class ChannelTarget:
    """A token of DESK's, whose owner and some stranger are connected.

    The input is cut into pieces: a length, what to do with the piece, the piece.
    """

    def __init__(self) -> None:
        self.bench: Bench | None = None

    def __call__(self, data: bytes) -> None:
        self._start()
        assert self.bench is not None
        at = 0
        while at + 2 <= len(data):
            length, kind = data[at], data[at + 1] % 8
            self._do(kind, data[at + 2 : at + 2 + length])
            at += 2 + length
        self._check(self.owner.give(self.owner.sealed("status"), 10))

    def _start(self) -> None:
        """Begin anew: every input comes to the same."""
        self.bench = Bench(owner=public(DESK), capacity=7, primitives=Steady())
        self.bench.vault.add(Account(CANARY, "a", kind="hotp"))
        self.owner = Host(self.bench).connect()
        self.stranger = Host(self.bench, bytes(32)[:-1] + b"\x09").connect()

    def _do(self, kind: int, piece: bytes) -> None:
        if kind == 0:
            self._outside(piece)
        elif kind == 1:
            self._outside(b"\x01" + piece)
        elif kind in (2, 3):
            self._outside(self._request(piece))
        elif kind in (4, 5):
            self._check(self.owner.give(self.owner.channel.seal(self._request(piece)), 10))
        elif kind == 6:
            self._outside(self.stranger.channel.seal(self._request(piece)))
        else:
            self.bench.press("confirm")
            self.bench.run(piece[0] * 100 if piece else 0, step=500)
            self._check(self.owner.heard())

    def _request(self, piece: bytes) -> bytes:
        """A request of the table with the piece for its fields, or as whole."""
        if not piece or piece[0] >= len(ROWS):
            return piece
        sequence = int.from_bytes(piece[1:2], "big")
        head = cbor.encode([sequence, ROWS[piece[0]].number])
        return b"\x83" + head[1:] + piece[2:]

    def _outside(self, payload: bytes) -> None:
        """Nobody but the owner changes anything, whatever he sends."""
        vault, kept = self.bench.vault, self.bench.app.dispatcher.channels()
        before = vault.changes, vault.owner, vault.sync_keys, self.bench.app.question
        idle = not [session for session in kept.sessions if session.pending]
        self._check(self.owner.give(payload))  # in the same millisecond: nothing else becomes due
        if idle and vault.owner:  # else the owner's own request went on, or anybody may pair
            assert (vault.changes, vault.owner, vault.sync_keys, self.bench.app.question) == before
        self.bench.run(10)
        self._check(self.owner.heard())

    def _check(self, answers: list[bytes]) -> None:
        for answer in answers:
            message = self.owner.channel.open(answer) if answer[0] == channel.SEALED else answer
            if message is not None:  # else it is the stranger's
                assert CANARY not in message
                assert messages.decode_response(message)[1] != errors.FobError.status, message
        del self.bench.display.views[:-1]


class Steady(HostPrimitives):
    """Primitives without chance: an input that found something finds it again."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn = 0

    def random(self, length: int) -> bytes:
        self._drawn += 1
        return channel.hkdf(b"", self._drawn.to_bytes(8, "big"), b"steady", length)


class VaultTarget:
    """A flash with six accounts, of which the input changes places: offset (3 bytes), length, bytes.

    Whatever can be read then has been stored there at some time, and nothing is read that is wrong.
    """

    def __init__(self) -> None:
        self._flash: vaults.Flash | None = None
        self._right: set[tuple] = set()

    def __call__(self, data: bytes) -> None:
        if self._flash is None:
            self._flash = vaults.Flash()
            vault = self._flash.start()
            for name in "abcdef":
                vault.add(vaults.account(name))
                self._right |= set(vaults.contents(vault))
            for position in (0, 1, 1):
                vault.take_counter(position)
                self._right |= set(vaults.contents(vault))
        store, nvm = bytearray(self._flash.medium.data), bytearray(self._flash.secret.nvm.data)
        at = 0
        while at + 4 <= len(data):
            offset, length = int.from_bytes(data[at : at + 3], "big"), data[at + 3]
            image = nvm if offset >> 23 else store
            start = (offset & 0x7FFFFF) % len(image)
            piece = data[at + 4 : at + 4 + length]
            image[start : start + len(piece)] = piece[: len(image) - start]
            at += 4 + length
        vault = vaults.Flash(bytes(store), bytes(nvm)).start()
        for account in vaults.contents(vault):
            assert len(account) == 1 or account in self._right, account
        with contextlib.suppress(errors.FobError):
            vault.add(vaults.account("new"))
        with contextlib.suppress(errors.StoreFailed):
            vault.wipe()
            assert not vault.fault
            assert len(vault) == 0


TARGETS: dict[str, Target] = {
    "frame": fuzz_frame,
    "cbor": fuzz_cbor,
    "messages": fuzz_messages,
    "channel": ChannelTarget(),
    "vault": VaultTarget(),
}
