"""PSKC (RFC 6030) written: seeds encrypted by AES-128-CBC with a MAC each, as section 6.1.1 asks.

The key is a pre-shared one, or comes of a password by PBKDF2-HMAC-SHA1 (section 6.1.2). These are what other
programs read; neither AES-128 nor an HMAC by SHA-1 is weak here.
"""

import hashlib
import hmac
import os
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509.oid import NameOID
from tokencore.account import Account

from ..errors import NotDone

KEY = 16  # bytes
ROUNDS = 1_300_000  # of PBKDF2-HMAC-SHA1: about a second
_MOST = (1 << 63) - 1  # of a counter: the schema's xs:long
_CIPHER = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
_MAC = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
_PKCS5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<pskc:KeyContainer Version="1.0" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" '
    f'xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" xmlns:pkcs5="{_PKCS5}">\n'
)
_DERIVED = (
    ' <pskc:EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="{uri}pbkdf2">'
    "<pkcs5:PBKDF2-params><Salt><Specified>{salt}</Specified></Salt>"
    "<IterationCount>{rounds}</IterationCount><KeyLength>{length}</KeyLength><PRF/></pkcs5:PBKDF2-params>"
    "</xenc11:KeyDerivationMethod></xenc11:DerivedKey></pskc:EncryptionKey>\n"
)
_SHARED = " <pskc:EncryptionKey><ds:KeyName>Pre-shared key</ds:KeyName></pskc:EncryptionKey>\n"
_ENCRYPTED = (
    '<xenc:EncryptionMethod Algorithm="' + _CIPHER + '"/>'
    "<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>"
)


@dataclass(frozen=True, slots=True)
class Key:
    """What the seeds are encrypted under, and how the file says where it comes from."""

    value: bytes = field(repr=False)
    head: str


def shared(key: bytes) -> Key:
    """Return a pre-shared key of 16 bytes. Raises NotDone."""
    if len(key) != KEY:
        raise NotDone(f"the pre-shared key has {len(key)} bytes, and AES-128 needs {KEY}: give 32 hex digits")
    return Key(key, _SHARED)


def of_password(password: str, rounds: int = ROUNDS) -> Key:
    """Return the key that a password gives, with a salt of its own."""
    salt = os.urandom(KEY)
    value = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds, KEY)
    return Key(value, _DERIVED.format(uri=_PKCS5, salt=_base64(salt), rounds=rounds, length=KEY))


@dataclass(frozen=True, slots=True)
class Given:
    """A token to be written; id tells it from the others in the file."""

    id: str
    account: Account
    user: str
    serial: str | None


def write(tokens: Iterable[Given], key: Key) -> Iterator[bytes]:
    """Yield a PSKC file in pieces. Raises NotDone for a token that PSKC cannot express."""
    mac_key = os.urandom(hashlib.sha1(usedforsecurity=False).digest_size)
    yield (_HEAD + key.head).encode()
    sealed = _ENCRYPTED.format(_base64(_encrypted(key.value, mac_key)))
    yield f' <pskc:MACMethod Algorithm="{_MAC}"><pskc:MACKey>{sealed}</pskc:MACKey>'.encode()
    yield b"</pskc:MACMethod>\n"
    for token in tokens:
        yield _package(token, key.value, mac_key).encode()
    yield b"</pskc:KeyContainer>\n"


def _package(token: Given, key: bytes, mac_key: bytes) -> str:
    account = token.account
    if account.t0:
        raise NotDone(f"token {token.id} counts time from {account.t0}, which PSKC cannot say: leave it out")
    if account.counter > _MOST:
        raise NotDone(f"token {token.id} has a counter beyond what PSKC can say: leave it out")
    cipher = _encrypted(key, account.secret)
    mac = _base64(hmac.digest(mac_key, cipher, "sha1"))
    moving = (
        f"<pskc:Counter><pskc:PlainValue>{account.counter}</pskc:PlainValue></pskc:Counter>"
        if account.kind == "hotp"
        else "<pskc:Time><pskc:PlainValue>0</pskc:PlainValue></pskc:Time><pskc:TimeInterval><pskc:PlainValue>"
        f"{account.period}</pskc:PlainValue></pskc:TimeInterval>"
    )
    serial = _element("SerialNo", token.serial or "")
    suite = "" if account.algorithm == "SHA1" else _element("Suite", f"HMAC-{account.algorithm}")
    return (
        f" <pskc:KeyPackage>{f'<pskc:DeviceInfo>{serial}</pskc:DeviceInfo>' if serial else ''}"
        f'<pskc:Key Id={quoteattr(token.id)} Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{account.kind}">'
        f"{_element('Issuer', account.issuer)}<pskc:AlgorithmParameters>{suite}"
        f'<pskc:ResponseFormat Encoding="DECIMAL" Length="{account.digits}"/></pskc:AlgorithmParameters>'
        f"{_element('FriendlyName', account.name)}<pskc:Data><pskc:Secret><pskc:EncryptedValue>"
        f"{_ENCRYPTED.format(_base64(cipher))}</pskc:EncryptedValue><pskc:ValueMAC>{mac}</pskc:ValueMAC>"
        f"</pskc:Secret>{moving}</pskc:Data>{_element('UserId', _user(token.user))}"
        "</pskc:Key></pskc:KeyPackage>\n"
    )


def _user(name: str) -> str:
    """Return a user's name as it stands for itself, or as a distinguished name where it looks like one."""
    if "=" not in name:
        return name
    return x509.Name([x509.NameAttribute(NameOID.USER_ID, name)]).rfc4514_string()


def _encrypted(key: bytes, plain: bytes) -> bytes:
    padder = PKCS7(8 * KEY).padder()
    nonce = os.urandom(KEY)
    encryptor = Cipher(AES(key), CBC(nonce)).encryptor()
    return nonce + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _element(name: str, text: str) -> str:
    return f"<pskc:{name}>{escape(text)}</pskc:{name}>" if text else ""


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
