"""A master key in a hardware security module, spoken to by PKCS#11, which wraps and unwraps there.

The module is asked when a process opens a store, and not again. What names the key is a PKCS#11 URI
(RFC 7512): pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY&pin-source=file:PATH. Without a pin-source
the user's PIN is in the environment variable HOST_VERIFY_HSM_PIN.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tokencore.errors import BadValue

from . import keys
from .errors import VerifierError

PIN_VARIABLE = "HOST_VERIFY_HSM_PIN"
_SCHEME = "pkcs11:"
_FORM = "pkcs11:token=LABEL;object=LABEL?module-path=LIBRARY&pin-source=file:PATH"
_NONCE = 12  # bytes
_PATH = {"token", "object"}
_QUERY = {"module-path", "pin-source"}


@dataclass(frozen=True, slots=True)
class HardwareKey:
    """Names a key in a module: the token's label, the key's, the module's library and the file of the PIN."""

    token: str
    label: str
    library: str
    pin_file: Path | None = None

    def master(self, environment: Mapping[str, str]) -> "HardwareMaster":
        """Return the master key. Raises VerifierError if the module or the PIN cannot be had."""
        return HardwareMaster(self, self._pin(environment))

    def _pin(self, environment: Mapping[str, str]) -> str:
        if self.pin_file is not None:
            return _pin_of(self.pin_file)
        pin = environment.get(PIN_VARIABLE)
        if not pin:
            raise VerifierError(
                f"the hardware module's PIN is missing: put it into the environment variable {PIN_VARIABLE}, "
                "or into a file of mode 0600 that pin-source names"
            )
        return pin


def _pin_of(file: Path) -> str:
    try:
        pin = keys.private_text(file, "the file of the PIN").decode().strip()
    except UnicodeDecodeError:
        pin = ""
    if not pin:
        # Not tried: it would be one of the few wrong ones that lock the module.
        raise VerifierError(f"the file of the PIN {file} holds none: write the PIN into it, as text in UTF-8")
    return pin


def key_of(uri: str) -> HardwareKey:
    """Return the key that a PKCS#11 URI names. Raises BadValue."""
    if not uri.startswith(_SCHEME):
        raise BadValue("key", f"give it as {_FORM}")
    path, _, query = uri.removeprefix(_SCHEME).partition("?")
    if "pin-value" in query:
        raise BadValue(
            "key",
            "a PIN in the URI is seen by every user of this machine: consider it known, change it, and give "
            f"it by pin-source=file:PATH or the environment variable {PIN_VARIABLE}",
        )
    named, asked = _attributes(path, ";", _PATH), _attributes(query, "&", _QUERY)
    if not named.get("token") or not named.get("object") or not asked.get("module-path"):
        raise BadValue("key", f"token, object and module-path are needed: {_FORM}")
    source = asked.get("pin-source")
    if source is not None and not source.startswith(("file:", "/")):
        raise BadValue("key", "pin-source has to be file: and the path of a file")
    pin_file = None if source is None else Path(source.removeprefix("file://").removeprefix("file:"))
    return HardwareKey(named["token"], named["object"], asked["module-path"], pin_file)


def _attributes(text: str, between: str, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(between)):
        name, _, value = part.partition("=")
        if name not in known or name in found:
            raise BadValue("key", f"of a PKCS#11 URI only these are looked at, each once: {_FORM}")
        found[name] = unquote(value)
    return found


class HardwareMaster:
    """A master key of AES-256 in a module. Each use opens a session there and ends it."""

    before_roots = None

    def __init__(self, key: HardwareKey, pin: str) -> None:
        try:
            import pkcs11  # noqa: PLC0415  # not of the base installation
        except ModuleNotFoundError:
            raise VerifierError("a hardware module needs a package: pip install 'fobsmith[hsm]'") from None
        self._pkcs11 = pkcs11
        self._key = key
        self._pin = pin

    @property
    def source(self) -> str:
        """Where the key is, without its PIN."""
        return f"PKCS#11 {self._key.token}/{self._key.label}"

    def make(self) -> bool:
        """Make the key in the module, to stay there; return False if there is one of its name."""
        pkcs11 = self._pkcs11
        with self._session(rw=True) as session:
            if list(session.get_objects(self._template())):
                return False
            session.generate_key(
                pkcs11.KeyType.AES,
                256,
                label=self._key.label,
                store=True,
                capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
                template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
        return True

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted by AES-256-GCM in the module, bound to `context`."""
        nonce = secrets.token_bytes(_NONCE)
        with self._session() as session:
            encrypted: bytes = self._found(session).encrypt(secret, **self._how(nonce, context))
        return nonce + encrypted

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None if that was by another key or context, or was altered."""
        wrong = self._pkcs11.exceptions
        with self._session() as session:
            key = self._found(session)
            try:
                secret: bytes = key.decrypt(wrapped[_NONCE:], **self._how(wrapped[:_NONCE], context))
            except (
                wrong.EncryptedDataInvalid,
                wrong.EncryptedDataLenRange,
                wrong.GeneralError,  # what SoftHSM says of a tag that does not fit
                wrong.FunctionFailed,
            ):
                return None
        return secret

    def _how(self, nonce: bytes, context: bytes) -> dict[str, Any]:
        parameters = self._pkcs11.GCMParams(nonce, context, 128)
        return {"mechanism": self._pkcs11.Mechanism.AES_GCM, "mechanism_param": parameters}

    def _template(self) -> dict[Any, Any]:
        attribute, constants = self._pkcs11.Attribute, self._pkcs11.ObjectClass
        return {attribute.CLASS: constants.SECRET_KEY, attribute.LABEL: self._key.label}

    def _found(self, session: Any) -> Any:
        try:
            return session.get_key(self._pkcs11.ObjectClass.SECRET_KEY, label=self._key.label)
        except self._pkcs11.NoSuchKey:
            raise VerifierError(
                f"the hardware module's token {self._key.token!r} has no secret key {self._key.label!r}: "
                "name the right one, or have host-verify init or host-verify master add make it"
            ) from None
        except self._pkcs11.MultipleObjectsReturned:
            raise VerifierError(
                f"the hardware module's token {self._key.token!r} has several keys {self._key.label!r}: give "
                "the store's a label of its own"
            ) from None

    @contextmanager
    def _session(self, rw: bool = False) -> Iterator[Any]:
        """Give a session in which the user is logged in."""
        wrong = self._pkcs11.exceptions
        try:
            library = self._pkcs11.lib(self._key.library)
            token = library.get_token(token_label=self._key.token)
            with token.open(rw=rw, user_pin=self._pin) as session:
                yield session
        except wrong.NoSuchToken:
            raise VerifierError(
                f"the hardware module has no token {self._key.token!r}: plug it in, or name the right one"
            ) from None
        except (wrong.PinIncorrect, wrong.PinInvalid, wrong.PinLenRange):
            raise VerifierError(
                "the hardware module refuses the PIN: mend it before the next try: a few wrong ones lock it"
            ) from None
        except wrong.PinLocked:
            raise VerifierError("the hardware module's PIN is locked: let its officer unlock it") from None
        except wrong.PKCS11Error as error:
            # Of a library that cannot be loaded the text says which and why; the others have none.
            why = str(error) or type(error).__name__
            raise VerifierError(f"the hardware module cannot be used: {why}") from None
