"""Draws a seed that nobody else learns: it stays here, and leaves sealed to the verifier's key alone.

Loaded when a host asks for it. Nothing is drawn before confirm is pressed. The answer comes once: where it is
lost for good, remove the account and enrol again, for there is no other way to it.
"""

from tokencore import errors, hkdf, messages, otpauth, seals
from tokencore.account import Account
from tokencore.messages import CONFIRM_MS

from .question import Pending, Question, sliced

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from tokencore.primitives import Primitives

    from .app import App
    from .question import Values

# As long as the hash's output: RFC 4226 section 4 (R6), RFC 6238 section 5.1.
SEED = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
_DRAWN = 32  # bytes
_INFO = b"fobsmith seed 1"


def enroll(app: "App", values: "Values", now_ms: int) -> Pending:
    """Return the Pending that, after a press, adds an account of a new seed and gives it out sealed.

    values: the account's fields without a secret, `contribution` (32 bytes of the host's chance, in case this
    token's own is bad) and `key`, the verifier's X25519 public key.
    """
    fields = dict(values)
    contribution, key = fields.pop("contribution"), fields.pop("key")
    blank = messages.account_from(dict(fields, secret=b"\0"))  # Refuse now rather than after a press.
    try:
        app.vault.find(blank.issuer, blank.name)
    except errors.NoSuchAccount:
        pass
    else:
        raise errors.AccountExists("an account of this issuer and name exists: rename or remove it first")
    if len(app.vault) >= app.vault.capacity:
        raise errors.StoreFull("all %d places are taken: remove an account first" % app.vault.capacity)
    name = blank.issuer + ": " + blank.name if blank.issuer else blank.name
    question = Question("enroll", name, seals.fingerprint(key)[:9])

    def finish(then_ms: int) -> Pending:
        return sliced(_enrol(app, fields, contribution, key), then_ms, lambda values, _: values)

    return Pending(now_ms + CONFIRM_MS, question, finish)


def seed(primitives: "Primitives", contribution: bytes, algorithm: str) -> bytes:
    """Return a new shared secret: to know it one must know both this token's chance and the host's."""
    return hkdf.hkdf(contribution, primitives.random(_DRAWN), _INFO, SEED[algorithm])


def _enrol(app: "App", fields: "Values", contribution: bytes, key: bytes) -> "Generator[None, None, Values]":
    from tokencore import hpke  # Only now, for it takes memory.

    sender = yield from hpke.sender(app.primitives, key, seals.enrol_info(app.identity.serial))
    secret = seed(app.primitives, contribution, fields["algorithm"])
    account = Account(secret, **fields)
    # Sealed first: should that fail, no account is left whose seed nobody can have.
    sealed = sender.seal(b"", otpauth.build(account).encode("utf-8"))
    position = app.vault.add(account)
    app.select(position)
    app.unload("tokencore.hpke", "tokencore.chacha", "tokencore.otpauth", "tokencore.base32", __name__)
    return {"enc": sender.enc, "sealed": sealed, "position": position}
