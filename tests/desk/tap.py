"""Who listens on the cable, or looks at what the desk leaves behind: `python -m tests.desk.tap --runs 1000`.

Each run is a whole enrolment of a new token by the real commands: pairing, PIN, a seed, codes, locking and
unlocking, and failures in between. All that passes on the pseudo-terminal is kept, and all that the desk
prints, logs and stores.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import logging
import secrets
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tokencore import otp

from provisioner.cli import main
from tests.desk.line import LineToken

SPEED = 10  # the token's time against this computer's: presses and waiting need not take real seconds


def forms(secret: bytes) -> list[bytes]:
    """Return what to look for: the bytes as they are, in hex, and in base32 and base64 at each alignment."""
    found = [secret, secret.hex().encode(), secret.hex().upper().encode(), secret[::-1]]
    for encode, group, characters in (
        (base64.b32encode, 5, 8),
        (base64.b64encode, 3, 4),
        (base64.urlsafe_b64encode, 3, 4),
    ):
        for shift in range(group):
            text = encode(bytes(shift) + secret).rstrip(b"=")
            # What the bytes before and after have a part in is not known.
            head = -(-shift * characters // group)
            tail = len(text) - 1 if (shift + len(secret)) % group else len(text)
            found += [text[head:tail], text[head:tail].lower()] if group == 5 else [text[head:tail]]
    return list(dict.fromkeys(found))


def occurrences(secret: bytes, data: bytes) -> int:
    """Return how often `secret` stands in `data` in any of its forms."""
    squeezed = data.replace(b" ", b"").replace(b"\n", b"").replace(b"-", b"")
    return sum(data.count(form) + (squeezed.count(form) if squeezed != data else 0) for form in forms(secret))


@dataclass
class Heard:
    """What a run has left on the line and at the desk, and what must not be in it."""

    line: bytearray = field(default_factory=bytearray)
    desk: bytearray = field(default_factory=bytearray)
    seeds: list[bytes] = field(default_factory=list)
    pins: list[bytes] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)

    def found(self) -> dict[str, int]:
        """Return how often each kind of secret was heard."""
        line, desk = bytes(self.line), bytes(self.desk)

        def count(kept: list[bytes], data: bytes) -> int:
            return sum(occurrences(secret, data) for secret in kept)

        return {
            "seeds on the line": count(self.seeds, line),
            "PINs on the line": count(self.pins, line),
            "codes on the line": count(self.codes, line),
            "seeds at the desk": count(self.seeds, desk),
            "PINs at the desk": count(self.pins, desk),
        }


class Digits(io.RawIOBase):
    """Standard input of somebody who reads the digits on the token's screen."""

    def __init__(self, line: LineToken) -> None:
        self._line = line
        self._left: bytes | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if self._left is None and len(buffer):
            self._left = self._line.digits().encode() + b"\n"
        left = self._left or b""
        taken, self._left = left[: len(buffer)], left[len(buffer) :] if len(buffer) else self._left
        buffer[: len(taken)] = taken
        return len(taken)


class _Desk:
    """The desk's commands, with all that they print, log, raise and are called with kept in `heard`."""

    def __init__(self, folder: Path, line: LineToken, heard: Heard) -> None:
        self._options = ("--port", line.port, "--key", str(folder / "desk.key"))
        self._heard = heard

    def __call__(self, *arguments: str, given: object = "", status: int = 0) -> str:
        words = [*self._options, *arguments]
        result = CliRunner().invoke(main, words, input=given)  # type: ignore[arg-type]
        assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
        trace = "".join(traceback.format_exception(*result.exc_info)) if result.exc_info else ""
        kept = result.stdout if "code" not in arguments else ""  # which prints one, for the user
        self._heard.desk += "\n".join([*words, kept, result.stderr, trace]).encode()
        return result.stdout


def enrolment(folder: Path) -> Heard:
    """Enrol a new token at a new desk whose files are in `folder`, use it, and return what was heard."""
    seed, pin, other = secrets.token_bytes(20), *(f"{secrets.randbelow(10**10):010}" for _ in range(2))
    uri = f"otpauth://totp/Example:alice?secret={base64.b32encode(seed).decode()}&issuer=Example"
    heard = Heard(seeds=[seed], pins=[pin.encode(), other.encode()])

    def keep(data: bytes) -> list[bytes]:
        heard.line += data
        return [data]

    with LineToken(paired=False, speed=SPEED, presses=True) as line, logged(heard):
        line.to_token = line.to_host = keep
        desk = _Desk(folder, line, heard)
        desk("desk", "init")
        desk("pair", given=Digits(line))
        desk("pin", "set", "--wipe-pin", given=f"{pin}\n{other}\n")
        desk("add", given=uri)
        desk("--json", "add", given=uri, status=1)
        desk("add", given=uri.replace("totp", "motp"), status=2)
        released = json.loads(desk("--json", "code", "alice"))
        assert released["code"] == otp.totp(seed, released["utc"])
        heard.codes.append(released["code"].encode())
        verifier = folder / "verifier.key"
        verifier.write_bytes(_public_pem())
        box = folder / "enrolled.json"
        desk("enroll", "Example:erin", "--verifier-key", str(verifier), "--output", str(box))
        heard.seeds.append(line.vault.account(1).secret)  # which the token has drawn
        desk("lock")
        desk("code", "alice", status=1)
        desk("unlock", given=f"{pin[::-1]}0\n", status=1)
        desk("--json", "unlock", given=f"{pin}\n")
        desk("accounts")
        desk("info")
        assert line.vault.account(0).secret == seed
    for path in folder.rglob("*"):
        if path.is_file():
            heard.desk += path.name.encode() + path.read_bytes()
    return heard


def _public_pem() -> bytes:
    """Return a verifier's key as `host-verify key show` prints it."""
    public = X25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def logged(heard: Heard) -> Iterator[None]:
    """Keep all that is logged meanwhile, at every level."""
    log, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        heard.desk += log.getvalue().encode()


def _command() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.desk.tap", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    started, found, sizes = time.monotonic(), Counter[str](), [0, 0]
    for number in range(1, runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            heard = enrolment(Path(folder))
        found.update(heard.found())
        sizes = [sizes[0] + len(heard.line), sizes[1] + len(heard.desk)]
        if number % 50 == 0:
            print(f"{number} of {runs}", file=sys.stderr, flush=True)
    print(f"{runs} enrolments in {time.monotonic() - started:.0f} s")
    print(f"{sizes[0]} bytes on the line, {sizes[1]} bytes at the desk")
    for what, count in found.items():
        print(f"{what}: {count}")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    _command()
