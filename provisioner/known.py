"""The tokens that a desk knows, by their keys: what tells a swapped or cloned one from the real one.

One small file a token in a folder that only the user can read, so that two programs at two tokens do
not get in each other's way.
"""

import contextlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from . import private_files
from .faults import DeskError

_FAULTS = (OSError, ValueError, KeyError, TypeError, RecursionError)
_NONCE = 12


class KnownUnusable(DeskError):
    """What the desk knows of a token cannot be read or written."""

    exit_status = 2


@dataclass(frozen=True)
class KnownToken:
    """What a desk knows of a token.

    key         the token's static public key, 32 bytes
    paired_utc  s, when its digits were compared; 0 where it was only met, as for setting its clock
    resumption  the secret to take up the last channel with; b"" where there is none
    """

    serial: str
    key: bytes
    paired_utc: int = 0
    resumption: bytes = field(default=b"", repr=False)

    @property
    def is_paired(self) -> bool:
        """Whether a person compared the digits, so that the key is surely the token's."""
        return self.paired_utc > 0

    @property
    def paired_date(self) -> str:
        """The day of the pairing (UTC) as YYYY-MM-DD, "" where there was none."""
        if not self.is_paired:
            return ""
        return datetime.fromtimestamp(self.paired_utc, UTC).strftime("%Y-%m-%d")


class KnownTokens:
    """The folder of known tokens; it is made when the first one is kept.

    `key` (32 bytes) seals the secrets to resume with, so that whoever has the files alone cannot be this
    desk; without it none is kept or read.
    """

    def __init__(self, folder: Path, key: bytes | None = None) -> None:
        self._folder = folder
        self._aead = ChaCha20Poly1305(key) if key else None

    def find(self, serial: str) -> KnownToken | None:
        """Return what is known of the token, None if nothing. Raises KnownUnusable."""
        path = self._path(serial)
        try:
            token = self._read(path)
            if token.serial != serial:
                raise ValueError("another token's")
            return token
        except FileNotFoundError:
            return None
        except _FAULTS:
            raise KnownUnusable(
                f"what is known of token {serial} cannot be read: {path}",
                "Move that file away and compare the token's digits again: provisioner pair",
            ) from None

    def all(self) -> list[KnownToken]:
        """Return every token that can be read, by serial number."""
        found = []
        for path in self._folder.glob("token-*.json"):
            with contextlib.suppress(*_FAULTS):
                found.append(self._read(path))
        return sorted(found, key=lambda token: token.serial)

    def keep(self, token: KnownToken) -> None:
        """Keep `token` instead of what was known of it: wholly or not at all. Raises KnownUnusable."""
        path = self._path(token.serial)
        values = {
            "version": 1,
            "serial": token.serial,
            "key": token.key.hex(),
            "paired_utc": token.paired_utc,
            "resumption": self._sealed(token).hex(),
        }
        try:
            private_files.replace(path, json.dumps(values).encode())
        except OSError as error:
            raise KnownUnusable(
                f"{path} cannot be written: {error.strerror}", "See to it that you may write in that folder"
            ) from None

    def forget(self, serial: str) -> None:
        """Know nothing of the token any more."""
        self._path(serial).unlink(missing_ok=True)

    def _path(self, serial: str) -> Path:
        # The number comes from whatever is plugged in: nothing but these characters makes a name.
        plain = serial.isascii() and serial.isalnum() and serial == serial.upper()
        return self._folder / f"token-{serial if plain else serial.encode().hex()}.json"

    def _read(self, path: Path) -> KnownToken:
        values = json.loads(path.read_bytes())
        if values["version"] != 1:
            raise ValueError("of another version")
        serial = str(values["serial"])
        resumption = self._opened(bytes.fromhex(values["resumption"]), serial)
        return KnownToken(serial, bytes.fromhex(values["key"]), int(values["paired_utc"]), resumption)

    def _sealed(self, token: KnownToken) -> bytes:
        if not self._aead or not token.resumption:
            return b""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._aead.encrypt(nonce, token.resumption, token.serial.encode())

    def _opened(self, sealed: bytes, serial: str) -> bytes:
        if not self._aead or not sealed:
            return b""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], serial.encode())
        except InvalidTag:
            return b""  # Another desk key was here: a handshake will do.
