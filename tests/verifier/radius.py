"""A RADIUS server under test, in this process or as an operator starts it, and clients that are not ours."""

import hashlib
import hmac
import socket
import subprocess
import threading
from pathlib import Path

from pyrad.client import Client as PyradClient
from pyrad.dictionary import Dictionary
from pyrad.packet import AccessAccept, AccessReject, AuthPacket

from host_verify.database import Place
from host_verify.radius import server
from host_verify.radius.clients import parse
from host_verify.web.limits import Rates

from .parts import NOON, POLICY
from .serving import Started

SHARED = b"a secret of twenty by"
CLIENTS = f"""
[[client]]
name = "here"
address = "127.0.0.0/8"
secret = "{SHARED.decode()}"
"""
WORDS = {AccessAccept: "accept", AccessReject: "reject"}


class Running:
    """The server in a thread of this process, over an open store, with clocks that the test sets."""

    def __init__(self, store, rates=Rates(user=0), clients=CLIENTS, judged_at=lambda: NOON, **more):  # noqa: B008
        self.listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listening.bind(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        settings = server.Settings(store, parse(clients.encode()), POLICY, rates, judged_at, **more)
        self.server = server.Server(settings, self.listening)
        self._thread = threading.Thread(target=self.server.run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self.listening.close()

    @property
    def counts(self):
        return self.server.counts


class Listening(Started):
    """`host-verify radius` in a process of its own."""

    def __init__(self, place: Place, folder: Path, *options: str) -> None:
        file = folder / "clients.toml"
        file.touch(0o600)
        file.write_text(CLIENTS)
        super().__init__(place, "radius", "--clients", str(file), *options)
        self.port = int(self.where.removesuffix("/udp").rpartition(":")[2])


def request(user: str | bytes, code: str | bytes, secret: bytes = SHARED, **more: object) -> AuthPacket:
    """An Access-Request by pyrad, without a dictionary: attributes by their numbers."""
    packet = AuthPacket(secret=secret, **more)
    packet.authenticator = packet.CreateAuthenticator()
    packet[1] = [user.encode() if isinstance(user, str) else user]
    packet[2] = [packet.PwCrypt(code)]
    packet.add_message_authenticator()
    return packet


class Asking:
    """A socket that asks a server."""

    def __init__(self, port: int, timeout: float = 20.0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.send(data)

    def answer(self) -> bytes | None:
        """The next answer, or None when none comes."""
        try:
            return self.socket.recv(4096)
        except TimeoutError:
            return None

    def ask(self, packet: AuthPacket) -> str:
        """Send a request; return what was answered, which has to be authentic."""
        self.send(packet.RequestPacket())
        data = self.answer()
        assert data is not None, "no answer came"
        return told(packet, data)


def told(packet: AuthPacket, data: bytes) -> str:
    """What an answer says; it has to begin with a right Message-Authenticator."""
    reply = packet.CreateReply(packet=data)
    assert packet.VerifyReply(reply, data, enforce_ma=True)
    assert data[20:22] == bytes((80, 18))
    return WORDS[reply.code]


def by_pyrad(port: int, user: str, code: str, folder: Path) -> str:
    """Ask as pyrad's own client does, with a dictionary; it demands a Message-Authenticator in the answer."""
    dictionary = folder / "dictionary"
    dictionary.write_text("ATTRIBUTE User-Name 1 string\nATTRIBUTE User-Password 2 string encrypt=1\n")
    client = PyradClient("127.0.0.1", port, secret=SHARED, dict=Dictionary(str(dictionary)), enforce_ma=True)
    packet = client.CreateAuthPacket(User_Name=user)
    packet["User-Password"] = packet.PwCrypt(code)
    packet.add_message_authenticator()
    return WORDS[client.SendPacket(packet).code]


# Made by hand, by RFC 2865 section 5.2 and RFC 2869 section 5.14, with hashlib and hmac alone.
AUTHENTICATOR = bytes(range(16))


def by_hand(code=b"755224", user=b"anna", secret=SHARED, identifier=7, more=b"", authentic=True):
    """An Access-Request's bytes, by nobody's library."""
    pad = hashlib.md5(secret + AUTHENTICATOR).digest()
    hidden = bytes(a ^ b for a, b in zip(code.ljust(16, b"\0"), pad, strict=True))
    attributes = b"".join(bytes((kind, len(value) + 2)) + value for kind, value in ((1, user), (2, hidden)))
    attributes += more + bytes((80, 18)) + bytes(16)
    data = bytes((1, identifier)) + (20 + len(attributes)).to_bytes(2, "big") + AUTHENTICATOR + attributes
    mark = hmac.digest(secret, data, "md5") if authentic else bytes(16)
    return data[:-16] + mark


def by_radclient(port: int, code: str, user: str = "bob") -> str:
    """Ask by FreeRADIUS's radclient; return the name of what it received."""
    asked = f'User-Name = "{user}", User-Password = "{code}", Message-Authenticator = 0x00'
    run = subprocess.run(
        ["radclient", "-x", "-r", "1", "-t", "20", f"127.0.0.1:{port}", "auth", SHARED.decode()],
        input=asked, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    received = [line for line in run.stdout.splitlines() if line.startswith("Received")]
    assert received, run.stdout + run.stderr
    return received[0].split()[1]
