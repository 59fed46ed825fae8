"""Rubbish for the RADIUS server: `python -m tests.verifier.radius_fuzz [SECONDS]` (60).

Most of it is authentic, so that it comes as far as anything can: attributes of all kinds and lengths,
passwords of any bytes; some of it with bytes changed or cut off. The server must answer each authentic
request once, and nothing else, and never fail.
"""

import hashlib
import hmac
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from host_verify import audit
from host_verify.radius.packets import LONGEST, Drop
from host_verify.service import add_token

from .parts import NOON, account, new_store, open_store
from .radius import SHARED, Asking, Running, request

_USUAL = (1, 1, 2, 2, 2, 3, 4, 5, 18, 24, 26, 26, 31, 32, 33, 33, 61, 79, 80)


def attribute(drawn: random.Random) -> bytes:
    kind = drawn.choice((*_USUAL, drawn.randrange(256)))
    size = drawn.choice((0, 1, 4, 6, 16, 16, 32, 128, drawn.randrange(254)))
    value = drawn.choice((drawn.randbytes(size), b"anna", bytes(size)))
    if kind == 26 and drawn.random() < 0.5:
        value = drawn.randbytes(4) + bytes((drawn.randrange(256), drawn.randrange(12))) + value[:200]
    return bytes((kind, len(value) + 2)) + value


def authentic(drawn: random.Random) -> bytes:
    """An Access-Request that is signed rightly, whatever is in it."""
    attributes = b"".join(attribute(drawn) for _ in range(drawn.randrange(12)))
    if drawn.random() < 0.5:
        attributes = bytes((1, 6)) + b"anna" + attributes
    attributes = bytes((80, 18)) + bytes(16) + attributes
    header = (
        bytes((1, drawn.randrange(256))) + (20 + len(attributes)).to_bytes(2, "big") + drawn.randbytes(16)
    )
    mark = hmac.digest(SHARED, header + attributes, "md5")
    return header + attributes[:2] + mark + attributes[18:]


def spoilt(drawn: random.Random, data: bytes) -> bytes:
    """The packet with something wrong."""
    data = bytearray(data)
    match drawn.randrange(5):
        case 0:
            return bytes(data[: drawn.randrange(len(data))])
        case 1:
            return bytes(data) + drawn.randbytes(drawn.randrange(5000))
        case 2:
            return drawn.randbytes(drawn.randrange(100))
        case 3:
            data[drawn.randrange(4)] = drawn.randrange(256)
        case _:
            for _ in range(drawn.randrange(1, 4)):
                data[drawn.randrange(len(data))] ^= drawn.randrange(1, 256)
    return bytes(data)


def fuzz(folder: Path, seed: int, seconds: float, most: int = sys.maxsize) -> Counter:
    """Send packets for so long, or so many; return what the server counted."""
    drawn = random.Random(seed)
    until = time.monotonic() + seconds
    sent = 0
    with open_store(new_store(folder)) as store:
        add_token(store, "anna", None, account(), NOON)
        with Running(store) as server, Asking(server.port) as asking:
            while sent < most and time.monotonic() < until:
                data = authentic(drawn)
                for _ in range(drawn.randrange(3)):
                    bad = spoilt(drawn, data)
                    # What only has something after its end is not spoilt.
                    if not bad.startswith(data) or len(bad) > LONGEST:
                        asking.send(bad)
                # What must be answered comes after it, so whatever is answered before is wrong.
                probe = request("anna", drawn.randbytes(drawn.randrange(17)), id=drawn.randrange(256))
                for packet in (data, probe.RequestPacket()):
                    asking.send(packet)
                    if not answerable(packet):
                        continue
                    answer = asking.answer()
                    assert answer is not None, (seed, sent, packet.hex())
                    check(packet, answer)
                sent += 1
        assert audit.examine(store).faults == []
    assert not server.counts[Drop.FAILED], server.counts
    assert not server.counts["accepted"]
    return server.counts


def answerable(packet: bytes) -> bool:
    """Whether an authentic packet has one Message-Authenticator."""
    at, marks = 20, 0
    while at < len(packet):
        marks += packet[at] == 80
        at += packet[at + 1]
    return marks == 1 and len(packet) <= LONGEST


def check(packet: bytes, answer: bytes) -> None:
    """An Access-Reject to that very request, authentic by both of its marks."""
    assert (answer[0], answer[1]) == (3, packet[1])
    assert answer[20:22] == bytes((80, 18))
    unmarked = answer[:4] + packet[4:20] + answer[20:22] + bytes(16) + answer[38:]
    assert hmac.compare_digest(answer[22:38], hmac.digest(SHARED, unmarked, "md5"))
    assert answer[4:20] == hashlib.md5(answer[:4] + packet[4:20] + answer[20:] + SHARED).digest()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = time.time_ns()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        counts = fuzz(Path(folder), seed, seconds)
    print(f"seed {seed}: {counts.total()} packets in {seconds:.0f} s, none failed:")
    for what, count in counts.most_common():
        print(f"  {count:8} {what}")


if __name__ == "__main__":
    main()
