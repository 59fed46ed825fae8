"""PSKC (RFC 6030): files of keys as makers of tokens deliver them, plain or encrypted.

Read as it comes, a package at a time, so that a file of any length takes no more memory than its tokens. Of
the algorithm profiles those of RFC 4226 and RFC 6238 are taken; keys of others are passed over where they
belong to one of these (a PIN), and named where they stand alone.
"""

from base64 import b64decode

from cryptography import x509
from cryptography.x509.oid import NameOID
from tokencore.account import MAX_LABEL, Account
from tokencore.errors import BadValue

from ..errors import NotDone
from ..intake import Problem, Seed
from .numbers import whole
from .protection import Protection
from .secret import Secret
from .xmlread import Node
from .xmlread import read as read_xml

_ROOT = ("urn:ietf:params:xml:ns:keyprov:pskc", "KeyContainer")
_PROFILES = "urn:ietf:params:xml:ns:keyprov:pskc:"
_KINDS = {_PROFILES + "hotp": "hotp", _PROFILES + "totp": "totp"}
_PIN = _PROFILES + "pin"
_HASHES = ("SHA1", "SHA256", "SHA512")
_WIDE = (4, 8)  # bytes of an encrypted whole number


def read(data: bytes, secret: Secret) -> tuple[list[Seed], list[Problem]]:
    """Return the seeds of a file. Raises NotDone where its XML, its key or its ciphers are not fit."""
    found = _File(secret)
    read_xml(data, _ROOT, found.take)
    return found.seeds, found.problems


class _File:
    def __init__(self, secret: Secret) -> None:
        self.seeds: list[Seed] = []
        self.problems: list[Problem] = []
        self._protection = Protection(secret)
        self._count = 0
        self._devices: dict[str, int] = {}

    def take(self, node: Node) -> None:
        if node.name in ("EncryptionKey", "MACMethod"):
            self._protection.head(node)
        elif node.name == "KeyPackage":
            self._package(node)

    def _package(self, package: Node) -> None:
        serial = package.says("DeviceInfo", "SerialNo")
        for key in package.children:
            if key.name != "Key":
                continue
            self._count += 1
            if key.attributes.get("Algorithm") == _PIN:
                continue
            place = f"line {key.line}, key {self._count}"
            # A serial number is a token's here, and a device may hold several keys.
            nth = self._devices[serial] = self._devices.get(serial, 0) + 1
            number = serial if nth == 1 else f"{serial}#{nth}"
            try:
                self.seeds.append(self._seed(place, package, key, number if serial else None))
            except BadValue as error:
                self.problems.append(Problem(place, str(error)))
            except NotDone as error:
                raise NotDone(f"{place}: {error}") from None

    def _seed(self, place: str, package: Node, key: Node, serial: str | None) -> Seed:
        kind = _KINDS.get(key.attributes.get("Algorithm", ""))
        if kind is None:
            raise BadValue("Algorithm", "the key is neither HOTP nor TOTP")
        _check_policy(key.find("Policy"))
        form = key.find("AlgorithmParameters", "ResponseFormat")
        shown = form.attributes if form is not None else {}
        if shown.get("Encoding", "DECIMAL") != "DECIMAL":
            raise BadValue("ResponseFormat", "codes that are not decimal are not possible")
        if shown.get("CheckDigits", shown.get("CheckDigit", "false")) not in ("false", "0"):
            raise BadValue("ResponseFormat", "codes with a check digit are not possible")
        data = key.find("Data") or Node("Data", {}, key.line)
        digits = whole("Length", shown.get("Length", "6").strip())
        # The profile's Time and TimeDrift are not needed: Unix time is what counts, and drift is learned.
        counter = self._number("Counter", data, 0) if kind == "hotp" else 0
        period = self._number("TimeInterval", data, 30) if kind == "totp" else 30
        secret = self._secret(data)
        user = _user(key.says("UserId")) or _user(package.says("DeviceInfo", "UserId"))
        name = key.says("FriendlyName") or user or serial or key.attributes.get("Id", "")
        issuer = key.says("Issuer") or package.says("DeviceInfo", "Manufacturer")
        algorithm = _hash(key.says("AlgorithmParameters", "Suite"))
        account = Account(
            secret, _cut(name), _cut(issuer), kind, algorithm, digits, period=period, counter=counter
        )
        return Seed(place, account, user, serial)

    def _secret(self, data: Node) -> bytes:
        value, encrypted = self._protection.value(data.find("Secret"))
        if not encrypted:
            try:
                value = b64decode(b"".join(value.split()), validate=True)
            except ValueError:
                raise BadValue("Secret", "it is not base64") from None
        if not value:
            raise BadValue("Secret", "it is missing")
        return value

    def _number(self, name: str, data: Node, default: int) -> int:
        value, encrypted = self._protection.value(data.find(name))
        if not value:
            return default
        if encrypted and (len(value) in _WIDE or not value.isdigit()):
            return int.from_bytes(value, "big")
        return whole(name, value.decode("ascii", "replace").strip())


def _check_policy(policy: Node | None) -> None:
    """Raise BadValue where the policy forbids to check codes, or asks for what is not done here."""
    usages = (
        [] if policy is None else [each.text.strip() for each in policy.children if each.name == "KeyUsage"]
    )
    if usages and "OTP" not in usages:
        raise BadValue("KeyUsage", "the key is not for one-time passwords")
    pin = policy.find("PINPolicy") if policy is not None else None
    if pin is not None and pin.attributes.get("PINUsageMode", "Local") != "Local":
        raise BadValue("PINPolicy", "codes that a PIN is part of are not possible")


def _hash(suite: str) -> str:
    name = suite.upper().replace("-", "").removeprefix("HMAC")
    if not name:
        return "SHA1"
    if name not in _HASHES:
        raise BadValue("Suite", "HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512 are possible")
    return name


def _user(text: str) -> str:
    """Return whom a UserId names: of a distinguished name (RFC 4514) its UID or CN, else the text itself."""
    if "=" not in text:
        return text
    try:
        name = x509.Name.from_rfc4514_string(text)
    except ValueError:
        raise BadValue("UserId", "it is no distinguished name") from None
    for oid in (NameOID.USER_ID, NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""


def _cut(text: str) -> str:
    """Return a label that fits: a maker's texts are only for people to read."""
    text = "".join(character if character.isprintable() else " " for character in text)
    return text.encode()[:MAX_LABEL].decode(errors="ignore").strip(" ")
