"""The keys to which tokens seal the seeds that they draw themselves (HPKE, RFC 9180, see tokencore.seals).

Private keys are kept like seeds: encrypted under the master key, each bound to its row. The newest key that
is not retired is the one to give out; all that are not retired open.
"""

import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tokencore import seals

from .audit import LIBRARY, Actor, Entry
from .database import RESTORE
from .errors import NotDone, VerifierError
from .schema import seal_key
from .store import Store

_ALL = sa.select(seal_key).order_by(seal_key.c.created.desc(), seal_key.c.id)
_RETIRE = sa.update(seal_key).where(seal_key.c.id == sa.bindparam("known"), seal_key.c.retired.is_(None))
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key pair. id is the public key's fingerprint without spaces; created and retired are UTC seconds."""

    id: str
    public: bytes
    sealed: bytes = field(repr=False)
    created: int
    retired: int | None = None

    @property
    def fingerprint(self) -> str:
        """The fingerprint as a token shows it."""
        return seals.fingerprint(self.public)

    def pem(self) -> str:
        """Return the public key as PEM (RFC 7468, RFC 8410), with a line above that says what it is."""
        key = X25519PublicKey.from_public_bytes(self.public)
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return f"Fobsmith verifier key {self.fingerprint}\n{pem}"

    def context(self) -> bytes:
        """Return what the private key is bound to."""
        return json.dumps(["seal_key", self.id, self.public.hex(), self.created]).encode()

    def content(self) -> bytes:
        """Return the bytes of the whole row, of which its mark is taken."""
        values = ["seal_key", self.id, self.public.hex(), self.sealed.hex(), self.created, self.retired]
        return json.dumps(values).encode()


def every(store: Store) -> list[SealKey]:
    """Return all keys, newest first, those retired too."""
    return [of_row(store, row) for row in store.read(_ALL)]


def current(store: Store) -> SealKey | None:
    """Return the key to give out, or None before the first."""
    return next((key for key in every(store) if key.retired is None), None)


def rotate(store: Store, utc: int, by: Actor = LIBRARY) -> SealKey:
    """Make a new key, to be given out from now on, and return it."""
    # Two made within one second would have no order.
    utc = max([utc, *(key.created + 1 for key in every(store))])
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    made = SealKey(seals.fingerprint(public).replace(" ", ""), public, b"", utc)
    sealed = store.sealer.seal(private.private_bytes_raw(), made.context())
    made = SealKey(made.id, public, sealed, utc)
    if not store.insert(seal_key, _row(store, made), Entry(utc, by, "make seal key", made.id)):
        raise VerifierError(f"the store {store.place} changes too fast to be followed: try again")
    return made


def retire(store: Store, key_id: str, utc: int, by: Actor = LIBRARY) -> SealKey:
    """Erase a private key: nothing sealed to it can be opened any more. Raises NotDone if there is none."""
    wanted = key_id.replace(" ", "").lower()
    found = next((key for key in every(store) if key.id == wanted), None)
    if found is None:
        raise NotDone("no key has that fingerprint: host-verify key list shows all")
    if found.retired is not None:
        return found
    ended = SealKey(found.id, found.public, b"", found.created, utc)
    values = {"known": ended.id, "sealed": b"", "retired": utc, "mark": store.mark(ended.content())}
    entry = Entry(utc, by, "retire seal key", ended.id)
    store.write(lambda connection: connection.execute(_RETIRE, values).rowcount == 1, (entry,))
    return ended


def opened(store: Store, keys: list[SealKey], wanted: str, blob: bytes, info: bytes) -> bytes:
    """Return what was sealed to that of `keys` whose id is `wanted`.

    `blob` is the encapsulated key and the ciphertext.

    Raises NotDone, which says why, where that cannot be opened.
    """
    key = next((key for key in keys if key.id == wanted), None)
    if key is None:
        raise NotDone(
            f"it is sealed to another key ({_grouped(wanted)}): only the verifier that has it opens it; to "
            "enrol for this one, give the desk what host-verify key show prints"
        )
    if key.retired is not None:
        raise NotDone(f"it is sealed to the key {key.fingerprint}, which is retired: enrol the token anew")
    private = _private(store, key)
    try:
        return _SUITE.decrypt(blob, X25519PrivateKey.from_private_bytes(private), info)
    except (InvalidTag, ValueError):
        raise NotDone(
            "it was changed or cut short, or is of another token than it says: copy the file again, or enrol "
            "the token anew"
        ) from None


def resealed(store: Store, key: SealKey) -> SealKey:
    """Return the key with its private key sealed anew."""
    return replace(key, sealed=store.sealer.seal(_private(store, key), key.context()))


def _private(store: Store, key: SealKey) -> bytes:
    private = store.sealer.unseal(key.sealed, key.context())
    if private is None:
        raise _altered(store, key.id)
    return private


def _grouped(key_id: str) -> str:
    return " ".join(key_id[at : at + 4] for at in range(0, len(key_id), 4))


def _row(store: Store, key: SealKey) -> dict[str, Any]:
    values = (key.id, key.public, key.sealed, key.created, key.retired, store.mark(key.content()))
    return dict(zip([column.name for column in seal_key.columns], values, strict=True))


def of_row(store: Store, row: sa.Row[Any]) -> SealKey:
    """Return the key that a row of the table holds. Raises VerifierError if it was altered."""
    key_id, public, sealed, created, retired, mark = tuple(row)
    key = SealKey(key_id, public, sealed, created, retired)
    if not hmac.compare_digest(store.mark(key.content()), mark):
        raise _altered(store, key_id)
    return key


def _altered(store: Store, key_id: str) -> VerifierError:
    return VerifierError(f"{store.place}: the row of seal key {key_id} was damaged or altered: {RESTORE}")
