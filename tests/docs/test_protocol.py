"""docs/protocol.md says what the code does, and all that another host needs."""

from __future__ import annotations

import hashlib
import os

import pytest
from tokencore import channel, errors, frame, seals
from tokencore.messages import COMMANDS, CONFIRM_MS, PAIR_MS, PROTOCOL
from tokenfw import channels, session
from tokenfw.device import MAX_SYNC_KEYS

from provisioner.primitives import HostPrimitives
from tests.docs import foreign_host as foreign
from tests.docs.foreign_host import ForeignHost
from tests.docs.protocol import PAGE, written
from tests.firmware.parts import SERIAL, Bench

PRIVATE = bytes(range(5, 37))


def test_the_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run: python -m tests.docs.protocol"


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    page = " ".join(PAGE.read_text().split())
    for told in (
        f"version {PROTOCOL}.",
        f"at most {frame.MAX_PAYLOAD:,} bytes",
        f"{channel.OVERHEAD} bytes more than its message, so a message in it has at most "
        f"{frame.MAX_PAYLOAD - channel.OVERHEAD:,} bytes",
        f"after {CONFIRM_MS // 1000} seconds without a press",
        f"six digits for {PAIR_MS // 1000} seconds",
        f"after {channels.IDLE_MS // 60_000} minutes without a request",
        f"within {session._REPEAT_MS // 1000} seconds",
        "at most four keys that may set the clock",
        *(seals.enrol_info("").decode(), seals.backup_info("", 7).decode().split("7")[0]),
    ):
        assert told in page, told
    assert MAX_SYNC_KEYS == 4
    assert channel.NONCES == 2**32
    for name in ("ChannelFailed", "NeedsChannel", "NotOwner", "HasOwner", "Locked", "WrongPin", "PinWait"):
        assert (
            f"status {getattr(errors, name).status}" in page
            or f"(status {getattr(errors, name).status})" in page
        )
    for number, name in vars(foreign).items():
        if isinstance(name, int):
            assert COMMANDS[name].name == number.lower()


@pytest.fixture(params=["AESGCM", "ChaChaPoly"])
def bench(request: pytest.FixtureRequest) -> Bench:
    token = Bench(owner=b"", primitives=HostPrimitives(request.param))
    token.run(1000)
    return token


@pytest.fixture
def host(bench: Bench) -> ForeignHost:
    def line(data: bytes) -> bytes:
        bench.queue.incoming += data
        bench.run(300)
        sent, bench.queue.sent = bench.queue.sent, b""
        return sent

    return ForeignHost(line, PRIVATE)


def test_a_host_written_from_the_page_shakes_hands_and_pairs(bench: Bench, host: ForeignHost) -> None:
    host.shake_hands()
    assert host.token == bench.vault.identity_public
    assert host.ask(foreign.STATUS, {})[1][1] == 0  # a stranger
    dn = os.urandom(32)
    status, answer = host.ask(foreign.PAIR, {1: hashlib.sha256(dn).digest()})
    assert status == 0
    assert host.ask(foreign.REVEAL, {1: dn}) == (0, {})
    number = int.from_bytes(hashlib.sha256(host.hash + dn + answer[1]).digest(), "big") % 1_000_000
    assert bench.app.question.first == f"{number:06}"
    assert host.ask(foreign.OWN, {})[0] == 1
    bench.press("confirm")
    (sent,) = bench.decoder.feed(bench.queue.sent)
    assert host.opened(sent) == (0, {})
    bench.queue.sent = b""
    fields = host.ask(foreign.STATUS, {})[1]
    assert (fields[1], fields[2]) == (2, True)
    assert fields[11] == hashlib.sha256(bench.vault.owner).digest()[:8]


def test_a_host_written_from_the_page_takes_up_its_session(bench: Bench, host: ForeignHost) -> None:
    bench.vault.set_owner(HostPrimitives().public(PRIVATE))
    host.shake_hands()
    for _ in range(3):
        host.resume()
        for _ in range(3):
            assert host.ask(foreign.INFO, {})[1][1] == SERIAL
