"""What the tests of keys, imports and exports share: the command on a store, and sealed enrolments."""

import json
from base64 import b64encode
from pathlib import Path

from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey
from tokencore import otpauth, seals
from tokencore.account import Account

from host_verify.cli import cli

from .parts import MASTER, NOON, new_store, open_store

SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
SERIAL = "E0C9125B0D9B0C2F"


class Command:
    """The command on a store in `folder`; `run` checks the exit status, and that no secret is said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = new_store(folder)
        self.path.chmod(0o600)
        self.secrets: list[str] = []

    def run(self, *arguments: object, given: str | bytes = "", status: int = 0, json: bool = False):
        options = ["--store", f"sqlite:///{self.path}", "--key-env", "FOB_KEY", *["--json"] * json]
        environment = {"FOB_KEY": MASTER.hex(), "COLUMNS": "200"}
        result = CliRunner().invoke(
            cli, [*options, *map(str, arguments)], input=given, env=environment, prog_name="host-verify"
        )
        assert result.exit_code == status, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        for secret in self.secrets:
            assert secret not in result.output
        return result

    def json(self, *arguments: object, **more: object):
        return json.loads(self.run(*arguments, json=True, **more).stdout)

    def file(self, name: str, content: str | bytes | dict) -> Path:
        path = self.folder / name
        if isinstance(content, dict):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def tokens(self):
        with open_store(self.path) as store:
            return store.tokens()

    def code(self, user: str, code: str, utc: int = NOON, status: int = 0) -> str:
        return self.json("check", user, "--at", utc, given=code, status=status)["reason"]

    def key(self) -> bytes:
        """The public key to enrol for, from the PEM that the command prints."""
        return load_pem_public_key(self.run("key", "show").stdout.encode()).public_bytes_raw()


def blob(text: bytes, key: bytes, info: bytes) -> bytes:
    """Encapsulated key and ciphertext, by someone else's HPKE."""
    public = KEMKey.from_pyca_cryptography_key(X25519PublicKey.from_public_bytes(key))
    enc, sender = SUITE.create_sender_context(public, info)
    return enc + sender.seal(text)


def entry(account: Account, key: bytes, serial: str = SERIAL, text: bytes = b"") -> dict:
    """What the desk brings of what a token sealed."""
    sealed = blob(text or otpauth.build(account).encode(), key, seals.enrol_info(serial))
    return {
        "serial": serial,
        "key": seals.fingerprint(key),
        "enc": b64encode(sealed[:32]).decode(),
        "sealed": b64encode(sealed[32:]).decode(),
    }


def document(*entries: dict) -> dict:
    return {"fobsmith": "enrolments", "version": 1, "entries": list(entries)}
