"""Finding tokens among ports that are none, without harm to these."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial
from tokencore import frame, messages
from tokencore.account import Account

from provisioner import LinkLost, NotAToken, NoToken, Token, faults, link, ports
from tests.desk.far_end import FarEnd
from tests.desk.line import LineToken
from tests.desk.servers import served


class Other(FarEnd):
    """Something that is no token at a pseudo-terminal: silent, an echo, or a chatterbox."""

    def __init__(self, answer: bytes | None = b"", chatter: bytes = b"") -> None:
        super().__init__()
        self.got: list[tuple[float, bytes]] = []
        self._answer, self._chatter = answer, chatter

    def serve(self) -> None:
        if data := self.heard(0.01):
            self.got.append((time.monotonic(), data))
            os.write(self.master, data if self._answer is None else self._answer)
        # Only as much as the other end takes: nobody may be reading.
        if self._chatter and select.select([], [self.master], [], 0)[1]:
            os.write(self.master, self._chatter)


SILENT, ECHO = Other, lambda: Other(None)
CHATTER = lambda: Other(b"ERROR\r\n", b"temperature 21.5\r\n\0\0")  # noqa: E731


def usb(device: str, vid: int | None = 0x239A, **more: object) -> SimpleNamespace:
    plain = {"pid": 0x8120, "product": "Board", "serial_number": device, "interface": None}
    return SimpleNamespace(device=device, vid=vid, **(plain | more))


def states(found: list[ports.Port]) -> dict[str, str]:
    return {port.device: port.state for port in found}


def test_a_token_is_found_among_others_that_are_left_within_a_second() -> None:
    with ExitStack() as stack:
        token = stack.enter_context(LineToken(serial="0123"))
        others = [stack.enter_context(other()) for other in (SILENT, ECHO, CHATTER)]
        listed = [usb(one.port) for one in (others[0], token, *others[1:])]
        start = time.monotonic()
        found = ports.search(comports=lambda: listed)
        assert time.monotonic() - start < 1.3
        assert found[0].device == token.port
        assert (found[0].state, found[0].token_serial) == (ports.TOKEN, "0123")
        assert set(states(found[1:]).values()) == {ports.OTHER}
        assert ports.choose(found) == token.port
        for other in others:
            assert sum(len(data) for _, data in other.got) <= 80
            assert other.got[-1][0] - start < 1.0


@pytest.mark.parametrize("other", [SILENT, ECHO, CHATTER], ids=["silent", "echo", "chatter"])
def test_a_port_that_is_not_a_token_is_told_when_it_is_named(other) -> None:
    with other() as thing, pytest.raises(NotAToken, match=thing.port):
        Token.open(thing.port, (0.2, 0.2))


def test_ports_that_are_not_likely_are_not_touched() -> None:
    with SILENT() as modem, SILENT() as console, LineToken() as line:
        listed = [
            usb(modem.port, vid=0x0403),
            usb(console.port, interface="CircuitPython CDC control"),
            usb(line.port, vid=0x0403, product="Fobsmith token"),
            usb("/dev/nowhere", vid=None, product=None, serial_number=None),
        ]
        found = states(ports.search(comports=lambda: listed))
        assert found == {
            modem.port: ports.NOT_ASKED,
            console.port: ports.CONSOLE,
            line.port: ports.TOKEN,
            "/dev/nowhere": ports.NOT_ASKED,
        }
        assert not modem.got
        found = states(ports.search(every=True, comports=lambda: listed))
        assert (found[modem.port], found[console.port]) == (ports.OTHER, ports.CONSOLE)
        assert modem.got
        assert not console.got


def test_a_data_interface_is_asked_whatever_the_vendor() -> None:
    with LineToken() as line:
        listed = [usb(line.port, vid=0xFFFF, interface="CircuitPython CDC2 control")]
        assert states(ports.search(comports=lambda: listed)) == {line.port: ports.TOKEN}


def test_without_interface_names_the_last_port_of_a_board_is_asked_first() -> None:
    with SILENT() as console, LineToken() as line:
        first, second = sorted([console.port, line.port])
        listed = [usb(first, serial_number="one board"), usb(second, serial_number="one board")]
        found = states(ports.search(comports=lambda: listed))
        assert found[line.port] == ports.TOKEN
        if console.port == first:
            assert not console.got
            assert found[console.port] == ports.CONSOLE


def test_a_port_in_use_is_told_as_such() -> None:
    with LineToken() as line, Token.open(line.port):
        found = ports.search([line.port], comports=list)
        assert states(found) == {line.port: ports.BUSY}
        with pytest.raises(NoToken, match="in use"):
            ports.choose(found)


def test_two_tokens_are_listed_with_their_serial_numbers() -> None:
    with LineToken(serial="AA") as one, LineToken(serial="BB") as two:
        found = ports.search([one.port, two.port], comports=list)
        with pytest.raises(faults.Ambiguous) as caught:
            ports.choose(found)
        assert caught.value.exit_status == 2
        assert {name.split()[0] for name in caught.value.candidates} == {one.port, two.port}
        assert "AA" in str(caught.value.candidates)


def test_a_link_to_a_port_is_that_port(tmp_path: Path) -> None:
    by_id = tmp_path / "usb-Fobsmith_token"
    with LineToken() as line:
        by_id.symlink_to(line.port)
        found = ports.search([str(by_id)], comports=lambda: [usb(line.port)])
        assert ports.choose(found) == line.port
        assert ports.choose(ports.search([str(by_id)], comports=list)) == str(by_id)


def test_a_token_of_a_later_protocol_is_told_from_what_is_no_token() -> None:
    def later(data: bytes) -> list[bytes]:
        sequence, status, packed = messages.decode_response(frame.Decoder().feed(data)[0])
        return [frame.encode(messages.cbor.encode([sequence, status, packed | {1: 200}]))]

    with LineToken() as line:
        line.to_host = later
        found = ports.search([line.port], comports=list)
    assert states(found) == {line.port: ports.NEWER}


def test_ports_come_in_the_order_of_their_numbers() -> None:
    names = ["COM10", "COM9", "/dev/ttyACM1", "/dev/ttyACM10", "/dev/ttyACM9"]
    found = ports.search(comports=lambda: [usb(name, vid=None) for name in names])
    assert [port.device for port in found] == [
        "/dev/ttyACM1",
        "/dev/ttyACM9",
        "/dev/ttyACM10",
        "COM9",
        "COM10",
    ]


def test_no_port_at_all_is_no_token() -> None:
    with pytest.raises(NoToken):
        ports.choose(ports.search(comports=list))


def test_an_extra_port_that_is_not_there_does_no_harm() -> None:
    found = states(ports.search(["/dev/nowhere", "nonsense://x"], comports=list))
    assert found == {"/dev/nowhere": ports.OTHER, "nonsense://x": ports.OTHER}


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
@pytest.mark.parametrize("telnet", [False, True], ids=["socket", "rfc2217"])
def test_a_token_behind_a_device_server(telnet: bool) -> None:
    with LineToken() as line, served(line.port, telnet) as url, Token.open(url, desk=line.desk) as token:
        assert token.info().serial == token.serial
        # Telnet has a meaning for the byte 255, so it has to come through doubled.
        for number in range(5):
            assert token.add(Account(b"\xff" * 100, str(number))) == number
        assert [line.vault.account(number).secret for number in range(5)] == [b"\xff" * 100] * 5


@pytest.mark.parametrize("url", ["spy://{}?file=/dev/null", "alt://{}?class=PosixPollSerial"])
def test_a_token_behind_another_url_of_pyserial(url: str) -> None:
    with LineToken() as line, Token.open(url.format(line.port), desk=line.desk) as token:
        assert token.info().serial == token.serial


def test_a_socket_that_closes_is_link_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(LinkLost):
            Token.open(f"socket://127.0.0.1:{server.getsockname()[1]}")
        thread.join()


def test_two_programs_at_one_port_get_a_clear_error() -> None:
    with LineToken() as line:
        with Token.open(line.port), pytest.raises(faults.PortBusy, match="another program"):
            Token.open(line.port)
        Token.open(line.port).close()
    with pytest.raises(faults.PortMissing):
        Token.open(line.port)


@pytest.mark.parametrize(
    ("port", "fault"),
    [
        ("/dev/ttyACM99", faults.PortMissing),
        ("/tmp", faults.PortMissing),
        (__file__, faults.PortMissing),
        ("", faults.DeskError),
        ("socket://127.0.0.1:1", faults.PortMissing),
        ("socket://127.0.0.1", faults.DeskError),
        ("socket://127.0.0.1:99999", faults.DeskError),
        ("nonsense://x", faults.BadInput),
    ],
)
def test_a_port_that_cannot_be_opened(port: str, fault: type[faults.DeskError]) -> None:
    with pytest.raises(fault) as caught:
        Token.open(port)
    assert caught.value.advice


def test_a_port_without_permission_names_the_group(monkeypatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise serial.SerialException(errno.EACCES, "could not open port /dev/ttyACM0")

    monkeypatch.setattr(link.serial, "serial_for_url", denied)
    with pytest.raises(faults.PortDenied) as caught:
        Token.open("/dev/ttyACM0")
    assert "dialout" in caught.value.advice
    assert states(ports.search(["/dev/ttyACM0"], comports=list)) == {"/dev/ttyACM0": ports.DENIED}
