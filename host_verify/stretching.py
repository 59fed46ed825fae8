"""What PINs and passwords are kept as: Argon2id (RFC 9106), so that a guess at a copy costs time."""

import hmac
import os

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

SALT_BYTES = 16
_DIGEST_BYTES = 32
_MEMORY = 19_456  # KiB
_PASSES = 2


def stretched(secret: bytes) -> bytes:
    """Return a new salt and the 32 bytes that `secret` gives under it: what is to be kept."""
    salt = os.urandom(SALT_BYTES)
    return salt + stretch(secret, salt)


def fits(secret: bytes, kept: bytes) -> bool:
    """Tell, in the same time whatever the answer, whether `kept` was made of `secret`."""
    return hmac.compare_digest(stretch(secret, kept[:SALT_BYTES]), kept[SALT_BYTES:])


def stretch(secret: bytes, salt: bytes) -> bytes:
    """Return the 32 bytes that `secret` gives under a salt of 16 bytes."""
    argon2 = Argon2id(salt=salt, length=_DIGEST_BYTES, iterations=_PASSES, lanes=1, memory_cost=_MEMORY)
    return argon2.derive(secret)
