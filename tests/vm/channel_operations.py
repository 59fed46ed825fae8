"""A token and its desk on one interpreter: the handshake and what is done in the channel, step by step."""

import gc
import sys

import crypto
import drive
from tokencore import channel, frame, messages
from tokenfw.secret import Secret

from tests.firmware.parts import SERIAL, Bench, RamFlash

DESK = bytes(range(1, 33))


class _Desk:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.primitives = bench.app.primitives
        self.number = 0
        self.channel = None
        self.secret = b""
        self.begin = b""
        self.decoder = frame.Decoder()

    def ask(self, name: str, **values: object) -> tuple:
        """Return (status, values) of the answer, or (1, None) where a press is awaited."""
        gc.collect()
        row = messages.COMMANDS[name]
        self.number = 1 if name == "hello" else self.number + 1
        payload = messages.encode_request(self.number, row, values)
        if row.who != messages.PLAIN:
            payload = self.channel.seal(payload)
        self.bench.queue.incoming += frame.encode(payload)
        return self.answer(row)

    def answer(self, row: messages.Command) -> tuple:
        for _ in range(300):
            self.bench.run(10)
            if self.bench.queue.sent:
                break
        (payload,) = self.decoder.feed(self.bench.queue.sent)
        self.bench.queue.sent = b""
        del self.bench.display.views[:-1]
        if payload[0] == channel.SEALED:
            payload = self.channel.open(payload)
        _, status, packed = messages.decode_response(payload)
        return status, messages.unpack(row.response, packed, True) if status == messages.OK else None

    def press(self, name: str, **values: object) -> tuple:
        awaited = self.ask(name, **values)
        self.bench.press("confirm")
        return awaited[0], self.answer(messages.COMMANDS[name])[0]

    def hello(self) -> None:
        nonce = self.primitives.random(8)
        self.ask("hello", protocol=messages.PROTOCOL, nonce=nonce)
        self.begin = channel.prologue(messages.PROTOCOL, nonce, SERIAL)

    def connect(self) -> None:
        from tokencore import noise  # which the token forgets afterwards

        self.hello()
        shake = noise.Handshake(self.primitives, True, self.begin, DESK)
        answer = self.ask("open", message=noise.run(shake.write()))[1]
        noise.run(shake.read(answer["message"]))
        self.ask("finish", message=noise.run(shake.write()))
        self.channel, self.secret = channel.established(shake)
        self.number = 0

    def resume(self) -> bool:
        """Return whether the token has proved that it knows the secret."""
        self.hello()
        own, secret = self.primitives.random(32), self.secret
        values = {"nonce": own, "mac": channel.resumption_mac(secret, self.begin, own)}
        answer = self.ask("resume", id=channel.resumption_id(secret), **values)[1]
        other = answer["nonce"]
        self.channel, self.secret = channel.resumed(
            self.primitives, True, secret, self.begin, own, other, self.channel.remote
        )
        self.number = 0
        return answer["mac"] == channel.resumption_mac(secret, self.begin, own, other)

    def digits(self) -> str:
        own = self.primitives.random(32)
        other = self.ask("pair", commitment=channel.commitment(own))[1]["nonce"]
        self.ask("reveal", nonce=own)
        return channel.digits(self.channel.hash, own, other)


def _unload(*names: str) -> None:
    """Forget modules, as a board does."""
    for name in names:
        package, leaf = name.rsplit(".", 1)
        if sys.modules.pop(name, None):
            delattr(sys.modules[package], leaf)


def life(path: str, cipher: str) -> list:
    """Pair, take up the session, lock and unlock, give the token to another desk; return what was seen."""
    real = crypto.aesio
    if cipher == "ChaChaPoly":
        crypto.aesio = None  # a board without it
    flash = RamFlash(drive.DriveFile(path), Secret(bytearray(128)))
    bench = Bench(flash, capacity=7, primitives=crypto.BoardPrimitives(), owner=b"", unload=_unload)
    desk = _Desk(bench)
    desk.connect()
    seen = [desk.ask("status")[1]["role"], desk.ask("list", start=0)[0]]
    seen.append(desk.digits() == bench.app.question.first)
    seen += [desk.press("own"), desk.ask("status")[1]["role"]]
    seen += [desk.resume(), desk.ask("list", start=0)[1]["total"]]
    seen.append(desk.ask("set_pin", pin="1357", auto_lock=0)[0])
    seen += [desk.ask("lock")[0], desk.ask("list", start=0)[0], desk.ask("unlock", pin="2468")[0]]
    seen += [desk.ask("unlock", pin="1357")[0], desk.ask("list", start=0)[0]]
    seen.append(desk.press("transfer", key=desk.primitives.public(bytes(range(2, 34)))))
    seen += [desk.ask("list", start=0)[0], desk.ask("status")[1]["role"]]
    crypto.aesio = real
    return seen


OPERATIONS = {"channel life": life}
