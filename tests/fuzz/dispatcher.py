"""Mutated frames into a whole token: python -m tests.fuzz.dispatcher [COUNT [SEED]]

Ordinary requests are the corpus, in the channel of an owner who may himself be hostile. What is sent is cut,
flipped, doubled, held back, spliced, over-long, noise, or good CBOR in a good frame with wild types and
values, sealed or not. The token must not raise, hang, grow, answer that its firmware failed or tell a secret,
and must answer the next good request.
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections import Counter, deque
from dataclasses import dataclass, field

from tokencore import cbor, errors, frame, messages, statuses
from tokencore.account import MAX_TIME, TYPINGS
from tokencore.channel import OVERHEAD, SEALED

from provisioner.primitives import HostPrimitives
from tests.firmware.parts import OWNER, SERIAL, Bench
from tests.firmware.test_attest import RamContents

CANARY = b"\xf0canary\x9e"  # no UTF-8: it cannot come back as a name
ROWS = list(messages.COMMANDS)
NONCES = ("resume", "reveal")  # of 32 bytes
GOOD_EVERY = 100  # frames between two good requests that must be answered
SLOWEST_S = 5.0  # a step takes some 50 us; what takes so long is a hang
GROWTH_BYTES = 64 * 1024  # what the interpreter's own caches may gain; a leak of a byte a frame is far more


@dataclass
class Report:
    """What a run came to. `statuses` counts the answers, `kinds` the frames, by kind of mutation."""

    frames: int = 0
    seconds: float = 0.0
    peak: int = 0
    growth: int = 0
    slowest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)


class Seeded(HostPrimitives):
    """Primitives that draw the same in every run."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)

    def random(self, length: int) -> bytes:
        return self._rng.randbytes(length)


class Fuzzer:
    """A token and a stream of frames, both determined by `seed`."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.bench = Bench(capacity=12, primitives=Seeded(seed))
        drive = RamContents({"/boot.py": self.rng.randbytes(600), "/lib/é.py": b""})
        self.bench.app.contents = lambda: drive
        self.report = Report()
        self._decoder = frame.Decoder()
        self._past: deque[bytes] = deque(maxlen=64)
        self._sequence = self._sealed = 0
        self._asked = False  # a press is awaited
        self._mutations = [
            *(self.ordinary, self.flipped, self.cut, self.doubled, self.held_back, self.spliced),
            *(self.over_long, self.noise, self.flipped_inside, self.wild, self.in_pieces, self.stranger),
        ]

    def run(self, count: int) -> None:
        for _ in range(count):
            if self.rng.random() < 0.1:
                self.greet()  # a flipped sequence number would have all that follows refused
            mutation = self.rng.choice(self._mutations)
            self.report.kinds[mutation.__name__] += 1
            for data in mutation():
                self.feed(data)
            self.report.frames += 1
            if self.report.frames % GOOD_EVERY == 0:
                self.expect_good_answers()

    def feed(self, data: bytes) -> list[tuple[int, int, dict]]:
        """Let the token take `data` and some time pass; return its answers."""
        rng, bench = self.rng, self.bench
        bench.queue.incoming += data
        if rng.random() < (0.3 if self._asked else 0.02):
            button = rng.choice(["previous", "next", "confirm", "confirm"])
            bench.queue.moves.extend([(button, True), (button, False)])
        started = time.perf_counter()
        long = rng.random() < (0.2 if self._asked else 0.001)
        bench.run(messages.CONFIRM_MS if long else rng.choice([0, 0, 0, 10, 40]), step=5000)
        self.report.slowest = max(self.report.slowest, time.perf_counter() - started)
        del bench.display.views[:-1]
        sent, bench.queue.sent = bench.queue.sent, b""
        assert CANARY not in sent, "a secret was told"
        told = [self.opened(payload) for payload in self._decoder.feed(sent)]
        assert CANARY not in b"".join(told), "a secret was told"
        answers = [messages.decode_response(message) for message in told if message]
        for _, status, packed in answers:
            assert status != errors.FobError.status, packed
            self.report.statuses[status] += 1
        assert self._decoder.dropped == 0
        self._asked = bool(answers) and answers[-1][1] == messages.PRESS_AWAITED
        return answers

    def expect_good_answers(self) -> None:
        assert (1, messages.OK) in [answer[:2] for answer in self.greet()]
        self._sequence += 1
        answers = self.feed(self.request("info", {}))
        assert (self._sequence, messages.OK) in [answer[:2] for answer in answers]
        packed = next(answer[2] for answer in answers if answer[0] == self._sequence)
        info = messages.unpack(messages.COMMANDS["info"].response, packed, True)
        assert info["serial"] == SERIAL
        assert info["faults"] == "" or info["clock"] == "failed"  # it was set to the end of time
        self.bench.channel = None  # A flipped sequence number had all that follows refused in that one.
        self._sealed = 0
        assert messages.OK in [answer[1] for answer in self.feed(self.request("status", {}))]

    def opened(self, payload: bytes) -> bytes:
        """Return the message in a payload; nothing of one from a channel before, or that came already."""
        if payload[0] == SEALED:
            return (self.bench.channel.open(payload) if self.bench.channel else None) or b""
        return payload

    def seal(self, message: bytes) -> bytes:
        """Return the frame of a message in the owner's channel, which is made anew where it has ended."""
        bench = self.bench
        if bench.vault.owner != OWNER:  # released, given to somebody else, or wiped
            bench.vault.set_owner(OWNER)
        if bench.channel and OWNER not in [each.remote for each in bench.app.dispatcher.channels().sessions]:
            bench.channel, self._sealed = None, 0
        return frame.encode(bench.connected().seal(message[: frame.MAX_PAYLOAD - OVERHEAD]))

    def greet(self) -> list[tuple[int, int, dict]]:
        """Begin a new session and return what is answered."""
        self._sequence = 1
        return self.feed(self.request("hello", {"protocol": 1, "nonce": self.rng.randbytes(8)}))

    def request(self, name: str, values: dict) -> bytes:
        row = messages.COMMANDS[name]
        if row.who == messages.PLAIN:
            return frame.encode(messages.encode_request(self._sequence, row, values))
        self._sealed += 1
        return self.seal(messages.encode_request(self._sealed, row, values))

    # What is sent: each returns the pieces in which it arrives.

    def ordinary(self) -> list[bytes]:
        command = self.rng.choice(ROWS)
        self._sequence += command.who == messages.PLAIN
        if command.name == "hello":
            self._sequence = self.rng.randint(0, 3)
        sent = self.request(command.name, self.values(command))
        self._past.append(sent)
        return [sent]

    def values(self, command: messages.Command) -> dict:
        rng = self.rng
        usual = {
            **{"issuer": rng.choice(["ACME", "Größe", ""]), "name": rng.choice("abcdefghij")},
            **{"new_issuer": "ACME", "new_name": rng.choice("abcdefghij"), "position": rng.randint(0, 8)},
            **{
                "kind": rng.choice(["totp", "hotp"]),
                "algorithm": rng.choice(["SHA1", "SHA256", "SHA1", "SHA512"]),
            },
            **{"digits": rng.randint(6, 8), "period": rng.choice([1, 30, 3600])},
            **{"t0": rng.choice([0, 0, 5, 0xFFFFFFFF]), "counter": rng.choice([0, 7, (1 << 64) - 1])},
            **{"secret": CANARY + rng.randbytes(rng.randint(0, 20)), "protocol": rng.randint(1, 255)},
            **{
                "nonce": rng.randbytes(8),
                "start": rng.randint(0, 12),
                "at": self.bench.ms + rng.randint(0, 60),
                "uncertainty": rng.choice([0, 20, 60_000]),
            },
            **{"layout": rng.choice(messages.LAYOUTS), "language": rng.choice(messages.LANGUAGES)},
            "typing": rng.choice(TYPINGS),
            **{"path": rng.choice(["/boot.py", "/boot.py", "/vault.bin", ""]), "key": rng.randbytes(32)},
            **{"offset": rng.randint(0, 600), "length": rng.choice([0, 1, 256])},
            "temperature": rng.randint(-160, 340),
            "utc": rng.choice([1_800_000_000, 1_900_000_000, MAX_TIME]),
            **{"message": rng.randbytes(rng.choice([32, 64, 96])), "id": rng.randbytes(8)},
            **{"mac": rng.randbytes(32), "commitment": rng.randbytes(32), "present": rng.random() < 0.5},
            **{"contribution": rng.randbytes(32), "index": rng.randint(0, 3), "auto_lock": 0},
            **{"pin": rng.choice(["", "1234", "12345"]), "wipe_pin": rng.choice(["", "0000"])},
            "serial": SERIAL if rng.random() < 0.1 else "0",
        }
        values = {f.name: usual[f.name] for f in command.request}
        if command.name in NONCES:
            values["nonce"] = rng.randbytes(32)
        return values

    def some(self) -> bytes:
        """Return a frame that was sent, or could be."""
        return self.rng.choice(self._past) if self._past and self.rng.random() < 0.5 else self.ordinary()[0]

    def flipped(self) -> list[bytes]:
        return [flip_bits(self.rng, self.some())]

    def cut(self) -> list[bytes]:
        whole = self.some()
        return [whole[: self.rng.randrange(len(whole))]]

    def doubled(self) -> list[bytes]:
        return [self.some() * self.rng.randint(2, 3)]

    def held_back(self) -> list[bytes]:
        first, second = self.some(), self.some()
        return [second, first]

    def spliced(self) -> list[bytes]:
        first, second = self.some(), self.some()
        return [first[: self.rng.randrange(len(first))] + second[self.rng.randrange(len(second)) :]]

    def over_long(self) -> list[bytes]:
        size = self.rng.choice([1029, 1033, 1034, 1035, 2000, 4000])
        if self.rng.random() < 0.5:
            return [bytes([self.rng.randint(1, 255)]) * size, b"\0"]
        return [b"\0" + (b"\xff" + b"\x01" * 254) * (size // 254) + b"\0"]

    def noise(self) -> list[bytes]:
        return [self.rng.randbytes(self.rng.randint(0, 300))]

    def flipped_inside(self) -> list[bytes]:
        """A damaged message in a frame whose CRC is right, as only a hostile or faulty host sends it."""
        if self.rng.random() < 0.3:
            (payload,) = frame.Decoder().feed(self.ordinary()[0])
            return [frame.encode(flip_bits(self.rng, payload))]
        command = self.rng.choice(ROWS)
        self._sealed += 1
        message = messages.encode_request(self._sealed, command, self.values(command))
        return [self.seal(flip_bits(self.rng, message))]

    def stranger(self) -> list[bytes]:
        """Anything at all in a good frame."""
        if self.rng.random() < 0.3:
            return [frame.encode(self.rng.choice([b"\x81", b"\xa1\x00", b"\xbb"]) * self.rng.randint(1, 500))]
        return [frame.encode(self.rng.randbytes(self.rng.randint(0, 60)))]

    def wild(self) -> list[bytes]:
        """Good CBOR of the right outer shape, with values of any type in some fields."""
        rng = self.rng
        command = rng.choice(ROWS)
        packed = messages.pack(command.request, self.values(command))
        for number in list(packed) + [rng.randint(0, 12)] * (rng.random() < 0.2):
            if rng.random() < 0.4:
                packed[number] = wild_value(rng, 3)
            elif rng.random() < 0.05:
                packed.pop(number, None)
        sealed = command.who != messages.PLAIN
        self._sealed, self._sequence = self._sealed + sealed, self._sequence + (not sealed)
        head: list[object] = [self._sealed if sealed else self._sequence, command.number]
        if rng.random() < 0.1:
            head[rng.randrange(2)] = wild_value(rng, 1)
        fields = packed if rng.random() < 0.95 else wild_value(rng, 4)
        message = cbor.encode([*head, fields])[: frame.MAX_PAYLOAD]
        return [self.seal(message) if sealed else frame.encode(message)]

    def in_pieces(self) -> list[bytes]:
        whole = self.some()
        at = self.rng.randrange(len(whole) + 1)
        return [whole[:at], whole[at:]]


def flip_bits(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


EDGES = (0, 1, 5, 23, 24, 64, 65, 255, 65535, 65536, 0xFFFFFFFF, 1 << 32, 0xFFFFFFFFFFFF, (1 << 64) - 1)


def wild_value(rng: random.Random, depth: int) -> object:
    kind = rng.randrange(8 if depth else 5)
    if kind == 0:
        return rng.choice(EDGES)
    if kind == 1:
        return -1 - rng.choice(EDGES)
    if kind == 2:
        return rng.randbytes(rng.choice([0, 1, 8, 64, 65, 128, 129, 200]))
    if kind == 3:
        return rng.choice(["", "a", "é", "\0", "\x7f", "😀", "\ud7ff"]) * rng.choice([1, 4, 16, 17, 64, 65])
    if kind == 4:
        return rng.random() < 0.5
    if kind == 5:
        return {rng.choice(EDGES): wild_value(rng, depth - 1) for _ in range(rng.randint(0, 3))}
    return [wild_value(rng, depth - 1) for _ in range(rng.randint(0, 4))]


def fuzz(count: int, seed: int) -> Report:
    """Run `count` frames and return what they came to. Raises AssertionError naming the frame."""
    fuzzer = Fuzzer(seed)
    report = fuzzer.report
    started = time.perf_counter()
    tracemalloc.start()
    try:
        # The first tenth fills the store and the interpreter's caches.
        fuzzer.run(count // 10)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        fuzzer.run(count - count // 10)
        report.peak = tracemalloc.get_traced_memory()[1]
        gc.collect()
        report.growth = tracemalloc.get_traced_memory()[0] - before
    except Exception as error:
        error.add_note(f"in frame {report.frames + 1} of seed {seed}")
        raise
    finally:
        tracemalloc.stop()
    report.seconds = time.perf_counter() - started
    fuzzer.expect_good_answers()
    assert report.growth < GROWTH_BYTES, f"memory grew by {report.growth} bytes"
    assert report.slowest < SLOWEST_S, f"a step took {report.slowest:.1f} s"
    return report


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    report = fuzz(count, seed)
    names = {error.status: error.__name__ for error in statuses.BY_STATUS.values()}
    names |= {messages.OK: "ok", messages.PRESS_AWAITED: "press awaited"}
    print(f"{report.frames:,} mutated frames in {report.seconds:.0f} s, every good request answered")
    print(f"    memory: peak {report.peak / 1024:.0f} KiB, growth {report.growth / 1024:.1f} KiB")
    print(f"    slowest step {report.slowest * 1000:.0f} ms")
    for status, number in sorted(report.statuses.items()):
        print(f"    answered {names[status]:18}{number:10,}")


if __name__ == "__main__":
    main()
