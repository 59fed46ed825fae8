"""Which machines may ask over RADIUS, and the secret that each shares with the verifier: a TOML file."""

import ipaddress
import os
import stat
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tokencore.errors import BadValue

from ..audit import Actor
from ..errors import VerifierError
from ..service import label

SHORTEST_SECRET = 16  # bytes (RFC 2865 section 3)
_LONGEST_FILE = 1 << 20  # bytes
_FIELDS = {"name", "address", "secret"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Client:
    """A machine, or all of a network, that shares one secret with the verifier."""

    name: str
    network: Network
    secret: bytes = field(repr=False)

    def actor(self) -> Actor:
        """Return the client as the audit names it."""
        return Actor("radius", self.name)


class Clients:
    """All clients; of several whose networks hold an address, it is the one of the narrowest."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._narrowest_first = sorted(clients, key=lambda client: -client.network.prefixlen)

    def __len__(self) -> int:
        return len(self._narrowest_first)

    def find(self, host: str) -> Client | None:
        """Return the client at the address `host`, or None."""
        address = ipaddress.ip_address(host.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return next((client for client in self._narrowest_first if address in client.network), None)


def read(path: Path) -> Clients:
    """Read the file. Raises VerifierError if it cannot be read or others may, BadValue for what is in it."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(_LONGEST_FILE)
    except OSError as error:
        raise VerifierError(f"the clients' file {path} cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise VerifierError(
            f"others may read the clients' file {path} (mode {mode:04o}): run chmod 600 on it, and think "
            "whether its secrets are still secrets"
        )
    return parse(data)


def parse(data: bytes) -> Clients:
    """Return what the bytes of a file say. Raises BadValue, whose text holds no secret."""
    try:
        content = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise BadValue("clients", "the file is no UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        # Its text names a place, and a character at most; what stands there may be a secret all the same.
        where = str(error).rpartition("(")[2].rstrip(")")
        raise BadValue("clients", f"the file is no TOML ({where})") from None
    entries = content.pop("client", None)
    if content or not isinstance(entries, list) or not entries:
        raise BadValue("clients", "the file has a table [[client]] for each client, and nothing else")
    found = [_client(number, entry) for number, entry in enumerate(entries, 1)]
    for what in ("name", "network"):
        values = [getattr(client, what) for client in found]
        for value in values:
            if values.count(value) > 1:
                raise BadValue("clients", f"two clients have the {what} {value}")
    return Clients(found)


def _client(number: int, entry: object) -> Client:
    where = f"client {number}"
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise BadValue(where, "name, address and secret are needed, and nothing else is possible")
    if not all(isinstance(value, str) for value in entry.values()):
        raise BadValue(where, "name, address and secret are texts: put them between quotes")
    name = label(f"{where}: name", entry["name"], 64)
    try:
        network = ipaddress.ip_network(entry["address"])
    except ValueError:
        raise BadValue(
            f"{where}: address",
            "it is no address and no network: 192.0.2.7, 192.0.2.0/24 and 2001:db8::/64 are possible",
        ) from None
    secret = entry["secret"].encode()
    if len(secret) < SHORTEST_SECRET:
        raise BadValue(
            f"{where}: secret",
            f"at least {SHORTEST_SECRET} bytes are needed; `openssl rand -hex 24` makes a good one",
        )
    return Client(name, network, secret)
