"""Who may come in: API keys by the Authorization header (RFC 6750), their scopes, and how often."""

import hashlib
import math
import time
import unicodedata
from collections.abc import Callable

from fastapi.security import HTTPAuthorizationCredentials

from .. import apikeys
from ..apikeys import ApiKey, Scope
from ..store import Store
from .limits import Limiter, Rates
from .problems import Refused, too_often

FRESH_SECONDS = 2.0  # how long a key that was looked up is believed; a revoked one works no longer than that


_UNKNOWN: tuple[ApiKey | None, float] = (None, -math.inf)


class Door:
    """Lets requests in; one for each worker. `clock` is monotonic seconds."""

    def __init__(self, store: Store, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[bytes, tuple[ApiKey, float]] = {}
        self._all = Limiter(rates.all, clock)
        self._by_key = Limiter(rates.key, clock)
        self._by_user = Limiter(rates.user, clock)
        self._sign_ins = Limiter(rates.user, clock)

    def enter(self, credentials: HTTPAuthorizationCredentials | None, needed: Scope) -> ApiKey:
        """Return the key of a request that needs a scope. Raises Refused with 401, 403 or 429."""
        key = self._recognised(credentials.credentials) if credentials else None
        return self.admit(key, needed)

    def known(self, text: bytes) -> ApiKey | None:
        """Return the key that `text` is, if it was looked up within FRESH_SECONDS."""
        key, until = self._known.get(hashlib.sha256(text).digest(), _UNKNOWN)
        return key if self._clock() < until else None

    def admit(self, key: ApiKey | None, needed: Scope) -> ApiKey:
        """Let in a request with a key, or with none, that needs a scope. Raises as `enter`."""
        if wait := self._all.wait("all"):
            raise too_often(wait)
        if key is None:
            raise Refused(
                401, "Unauthorized", "an API key is needed as a Bearer token", {"WWW-Authenticate": "Bearer"}
            )
        if wait := self._by_key.wait(key.id):
            raise too_often(wait)
        if not key.scope.includes(needed):
            raise Refused(403, "Forbidden", f"this needs an API key of scope {needed}")
        return key

    def attempt(self, user: str) -> None:
        """Count an attempt for a user, whether there is one of that name or not. Raises Refused with 429."""
        _count(self._by_user, user)

    def sign_in(self, user: str) -> None:
        """Count a sign-in, which anyone may try, apart from the user's attempts. Raises as `attempt`."""
        _count(self._sign_ins, user)

    def _recognised(self, text: str) -> ApiKey | None:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        key, until = self._known.get(digest, _UNKNOWN)
        now = self._clock()
        if now >= until:
            key = apikeys.recognise(self._store, text)
            if key is None:
                self._known.pop(digest, None)
            else:
                self._known[digest] = (key, now + FRESH_SECONDS)
        return key


def _count(limiter: Limiter, user: str) -> None:
    name = unicodedata.normalize("NFC", user).encode("utf-8", "surrogatepass")
    if wait := limiter.wait(hashlib.sha256(name).digest()):
        raise too_often(wait)
