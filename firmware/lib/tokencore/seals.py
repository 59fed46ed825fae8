"""What is sealed to a public key (HPKE, RFC 9180, base mode): the texts that bind a blob to its use.

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; the associated data is empty. An
enrolment is the one message of its context, an otpauth URI; a backup has a message an account, in order.
"""

import binascii
import hashlib

KEY = 32  # bytes of an X25519 key, and of the encapsulated key


def enrol_info(serial: str) -> bytes:
    """Return HPKE's info of an account that the token of that serial number drew itself."""
    return b"fobsmith enroll 1 " + serial.encode("utf-8")


def backup_info(serial: str, total: int) -> bytes:
    """Return HPKE's info of a backup of `total` accounts: none can be left out unnoticed."""
    return b"fobsmith backup 1 %d " % total + serial.encode("utf-8")


def fingerprint(key: bytes) -> str:
    """Return by what people compare a public key: 8 bytes of its SHA-256 in groups of four digits."""
    digest = hashlib.new("sha256", key).digest()[:8]
    digits = binascii.hexlify(digest).decode()
    return " ".join([digits[at : at + 4] for at in range(0, 16, 4)])
