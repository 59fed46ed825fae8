"""How the values of a PSKC file are protected (RFC 6030 section 6): the key, the MAC, the ciphers.

A MAC is looked at before anything is decrypted. RFC 6030 asks for one with every cipher that has none built
in (section 6.1.1), and so does this.
"""

import hashlib
import hmac
from base64 import b64decode
from contextlib import suppress

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_unwrap_with_padding
from tokencore.errors import BadValue

from ..errors import NotDone
from .numbers import whole
from .secret import Secret
from .xmlread import Node

_BLOCK = 16
_CBC = {f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc": bits // 8 for bits in (128, 192, 256)}
_WRAP = {f"http://www.w3.org/2001/04/xmlenc#kw-aes{bits}": bits // 8 for bits in (128, 192, 256)}
_LENGTHS = _CBC | _WRAP
_MACS = {
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1": "sha1",
    **{
        f"http://www.w3.org/2001/04/xmldsig-more#hmac-sha{bits}": f"sha{bits}"
        for bits in (224, 256, 384, 512)
    },
}
_MOST_ROUNDS = 10_000_000  # some seconds; a hostile file may say more
_PASSWORD, _KEY = "the password", "the pre-shared key"


class Protection:
    """What the heads of a file say; `value` gives what an element holds, decrypted where it is encrypted."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._head: Node | None = None
        self._mac_head: Node | None = None
        self._key = b""
        self._mac_key = b""
        self._hash = ""
        self._what = _KEY

    def head(self, node: Node) -> None:
        """Take the file's EncryptionKey or MACMethod, which stand before the keys."""
        if node.name == "EncryptionKey":
            self._head = node
        else:
            self._mac_head = node

    def value(self, data: Node | None) -> tuple[bytes, bool]:
        """Return what the element holds, and whether it was encrypted; empty where there is nothing.

        What is plain is the text itself. Raises BadValue, NotDone where it is for another key.
        """
        if data is None:
            return b"", False
        encrypted = data.find("EncryptedValue")
        if encrypted is None:
            return data.says("PlainValue").encode(), False
        algorithm, cipher = _cipher(encrypted)
        self._unlock(algorithm)
        mac = data.says("ValueMAC")
        if algorithm in _CBC:
            if self._mac_head is not None and not self._hash:
                method = self._mac_head.attributes.get("Algorithm", "")
                raise NotDone(f"the file's MACs are of a kind that is not known here: {method:.80}")
            if not mac or not self._hash:
                raise BadValue("ValueMAC", "it is missing: an encrypted value could have been changed")
            if not hmac.compare_digest(
                hmac.digest(self._mac_key, cipher, self._hash), _base64("ValueMAC", mac)
            ):
                raise BadValue(
                    "ValueMAC", f"it is not right: the value was changed, or {self._what} is wrong"
                )
        return self._decrypted(self._key, algorithm, cipher), True

    def _unlock(self, algorithm: str) -> None:
        """Get the keys, once: the first encrypted value says how long they are."""
        if self._key:
            return
        length = _LENGTHS[algorithm]
        derived = self._head.find("DerivedKey", "KeyDerivationMethod") if self._head else None
        if derived is not None:
            self._what = _PASSWORD
            key = _derived(derived, self._secret, length)
        else:
            name = self._head.says("KeyName") if self._head else ""
            key = self._secret.key(f"this file ({name:.60})" if name else "this file")
        if len(key) != length:
            raise NotDone(f"{self._what} gives {len(key)} bytes, and the file's cipher needs {length}")
        self._mac_key = key
        if self._mac_head is not None:
            self._take_macs(self._mac_head, key)
        self._key = key

    def _take_macs(self, head: Node, key: bytes) -> None:
        # Where it is not known: key wrap needs no MAC, and what does will say so.
        self._hash = _MACS.get(head.attributes.get("Algorithm", ""), "")
        sealed = head.find("MACKey")
        if sealed is None or not self._hash:
            return
        try:
            algorithm, cipher = _cipher(sealed)
        except BadValue as error:
            raise NotDone(f"the file's MACKey is damaged: {error}") from None
        try:
            self._mac_key = self._decrypted(key, algorithm, cipher)
        except BadValue:
            raise NotDone(f"{self._what} is wrong: the file's MAC key is for another") from None

    def _decrypted(self, key: bytes, algorithm: str, data: bytes) -> bytes:
        if len(key) != _LENGTHS[algorithm]:
            raise BadValue("EncryptedValue", "its cipher needs a key of another length than the file's first")
        if algorithm in _WRAP:
            for unwrap in (aes_key_unwrap, aes_key_unwrap_with_padding):  # RFC 3394, RFC 5649
                with suppress(InvalidUnwrap, ValueError):
                    return unwrap(key, data)
            raise BadValue("EncryptedValue", f"it was changed, or {self._what} is wrong")
        if len(data) < 2 * _BLOCK or len(data) % _BLOCK:
            raise BadValue("EncryptedValue", "it is cut short")
        decryptor = Cipher(AES(key), CBC(data[:_BLOCK])).decryptor()
        plain = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
        # XML Encryption section 5.2: the last byte says how many are padding, whatever the others are.
        if not 1 <= plain[-1] <= _BLOCK:
            raise BadValue("EncryptedValue", f"{self._what} is wrong")
        return plain[: -plain[-1]]


def _cipher(node: Node) -> tuple[str, bytes]:
    method = node.find("EncryptionMethod")
    algorithm = method.attributes.get("Algorithm", "") if method else ""
    if algorithm not in _LENGTHS:
        raise NotDone(
            f"the file is encrypted in a way that is not known here ({algorithm:.80}): AES in CBC mode and "
            "AES key wrap are"
        )
    return algorithm, _base64("CipherValue", node.says("CipherData", "CipherValue"))


def _derived(method: Node, secret: Secret, length: int) -> bytes:
    """Return the key by PBKDF2 (RFC 8018), as RFC 6030 section 6.1.2 has it."""
    parameters = method.find("PBKDF2-params")
    if parameters is None or not method.attributes.get("Algorithm", "").endswith("#pbkdf2"):
        raise NotDone("the file's key is derived in a way that is not known here: PBKDF2 is")
    try:
        rounds = whole("IterationCount", parameters.says("IterationCount"))
        size = whole("KeyLength", parameters.says("KeyLength") or str(length))
    except BadValue as error:
        raise NotDone(f"the file's head is damaged: {error}") from None
    if not 1 <= rounds <= _MOST_ROUNDS:
        raise NotDone(f"the file's IterationCount is no number from 1 to {_MOST_ROUNDS}")
    if size not in _LENGTHS.values():
        raise NotDone("the file's KeyLength is not 16, 24 or 32")
    found = parameters.find("PRF")
    # As an attribute by the standard, as text by some programs.
    prf = (found.attributes.get("Algorithm", "") or found.text.strip()) if found else ""
    name = prf.rpartition("#")[2].lower().removeprefix("hmac-").removeprefix("hmacwith") or "sha1"
    if name not in _MACS.values():
        raise NotDone(f"the file's PRF is not known here: {prf:.80}")
    salt = _base64("Salt", parameters.says("Salt", "Specified"))
    password = secret.password("this file").encode()
    return hashlib.pbkdf2_hmac(name, password, salt, rounds, size)


def _base64(field: str, text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise BadValue(field, "it is not base64") from None
