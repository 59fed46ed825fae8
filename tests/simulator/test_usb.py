"""The USB data port: what usb_cdc does on a board, over each kind of link."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from boards.simulator.links import Link, PtyLink, TcpLink

from .parts import Bench

SERIAL = """
import time, usb_cdc
data = usb_cdc.data
say(data.connected, data.in_waiting, data.timeout, data.write_timeout)
data.timeout = 0
say(data.read(5) == b"")
data.timeout = 0.25
start = time.monotonic_ns()
say(data.read(5).decode(), (time.monotonic_ns() - start) // 1000000)
data.timeout = None
buffer = bytearray(4)
say(data.readinto(buffer), buffer.decode())
say(data.in_waiting)
say(data.write(b"answer"))
data.reset_input_buffer()
say(data.in_waiting)
"""


def test_timeouts(tmp_path: Path) -> None:
    bench = Bench(tmp_path, SERIAL)
    assert bench.run(0.1) == [[True, 0, None, None], [True]]
    bench.port.write(b"abc")
    assert bench.run(1)[2:] == [["abc", 250]]
    bench.port.write(b"de")
    assert bench.run(5)[3:] == []
    bench.port.write(b"fg" + bytes(1000))
    assert bench.run(1)[3:] == [[4, "defg"], [256], [6], [0]]
    assert bench.port.read(6) == b"answer"


def test_a_port_in_the_same_process_lets_time_pass(tmp_path: Path) -> None:
    code = """
import time, usb_cdc
while True:
    waiting = usb_cdc.data.in_waiting
    if waiting:
        usb_cdc.data.write(usb_cdc.data.read(waiting).upper())
    say(usb_cdc.data.connected)
    time.sleep(0.01)
"""
    bench = Bench(tmp_path, code)
    bench.port.write(b"hello")
    bench.port.timeout = 0.5
    before = bench.simulator.clock.now_ns()
    assert bench.port.read(5) == b"HELLO"
    assert bench.port.read(1) == b""
    assert 500_000_000 <= bench.simulator.clock.now_ns() - before < 600_000_000
    bench.port.close()
    assert bench.run(0.1)[-1] == [False]


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until the host's kernel has done its part."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def collect(link: Link, count: int) -> bytes:
    data = bytearray()

    def complete() -> bool:
        data.extend(link.read(256))
        return len(data) >= count

    until(complete)
    return bytes(data)


EVERY_BYTE = bytes(range(256))


def test_a_pty_carries_every_byte_and_its_clients_come_and_go() -> None:
    link = PtyLink()
    try:
        assert not link.connected
        assert link.write(b"to nobody") == 9
        late = os.open(link.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        with pytest.raises(BlockingIOError):
            os.read(late, 9)
        os.close(late)
        until(lambda: not link.connected)
        for _client in range(3):
            with serial.Serial(link.name, timeout=2) as client:
                until(lambda: link.connected)
                client.write(EVERY_BYTE)
                assert collect(link, 256) == EVERY_BYTE
                assert link.write(EVERY_BYTE) == 256
                assert client.read(256) == EVERY_BYTE
            until(lambda: not link.connected)
        assert link.read(10) == b""
    finally:
        link.close()


def test_a_pty_whose_client_does_not_read_fills_up() -> None:
    link = PtyLink()
    client = os.open(link.name, os.O_RDWR | os.O_NOCTTY)
    try:
        until(lambda: link.connected)
        for _write in range(10_000):
            if not link.write(bytes(256)):
                break
        assert link.write(bytes(256)) == 0
    finally:
        os.close(client)
        link.close()


@pytest.fixture
def tcp() -> "tuple[TcpLink, tuple[str, int]]":
    link = TcpLink("127.0.0.1", 0)
    return link, ("127.0.0.1", int(link.name.rpartition(":")[2]))


def test_tcp_takes_one_client_at_a_time(tcp: tuple[TcpLink, tuple[str, int]]) -> None:
    link, address = tcp
    assert not link.connected
    assert link.write(b"to nobody") == 9
    first = socket.create_connection(address, timeout=2)
    until(lambda: link.connected)
    second = socket.create_connection(address, timeout=2)
    until(lambda: link.connected and _turned_away(second))
    first.sendall(EVERY_BYTE)
    assert collect(link, 256) == EVERY_BYTE
    assert link.write(b"back") == 4
    assert first.recv(10) == b"back"
    first.sendall(b"last words")
    first.close()
    third = socket.create_connection(address, timeout=2)
    assert collect(link, 10) == b"last words"
    third.sendall(b"mine")
    assert collect(link, 4) == b"mine"
    for connection in (second, third):
        connection.close()
    link.close()


def _turned_away(connection: socket.socket) -> bool:
    connection.settimeout(0.02)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def test_pyserial_reaches_it_by_its_url(tcp: tuple[TcpLink, tuple[str, int]]) -> None:
    link, _address = tcp
    with serial.serial_for_url(link.name, timeout=2) as client:
        client.write(b"ping")
        assert collect(link, 4) == b"ping"
        link.write(b"pong")
        assert client.read(4) == b"pong"
    link.close()
