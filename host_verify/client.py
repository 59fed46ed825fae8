"""A client of the verifier's HTTP API, by Python's standard library alone: this one file may be copied.

    with Client("https://verifier.example", key) as client:
        if client.verify("alice", code).accepted: ...

As a program it is what a script or PAM asks: `python3 client.py --config FILE [USER]`, the code on standard
input. It ends with 0 if the code was accepted, 1 if it was refused, 2 if it was called wrongly and 3 if
there was no answer. It says no more than one line, which never holds a code or a key.
"""

import argparse
import http.client
import ipaddress
import json
import os
import ssl
import stat
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

_LONGEST_ANSWER = 16 << 20  # bytes
_LONGEST_CODE = 1024  # bytes
_STALE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class ClientError(Exception):
    """Nothing was accepted; the text says why. `status` is HTTP's, or None where there was no answer."""

    def __init__(self, message: str, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Unreachable(ClientError):
    """The verifier does not answer, or what answers is not it."""


class NotAllowed(ClientError):
    """The API key is not in force, or its scope does not reach this far (401, 403)."""


class TooOften(ClientError):
    """Too many requests; wait `retry_after` seconds (429)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a code. To a key of scope verify `reason` is only "accepted" or "refused".

    The other scopes are told the reason, the token (its id), its clock's `offset` in seconds, and, where
    the token is throttled, after how many seconds it may be tried again.
    """

    accepted: bool
    reason: str
    token: str | None = None
    offset: int | None = None
    retry_after: int | None = None


class Client:
    """One connection to the verifier at `url`, for one thread; it is kept open between requests.

    Certificates are checked, against those of the file `ca` (PEM) if it is given. Without TLS, only this
    machine is spoken to. Raises ValueError for a URL or a key that cannot be.
    """

    def __init__(self, url: str, key: str, *, ca: str | None = None, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError("the verifier's URL is https://HOST[:PORT], or http://127.0.0.1:PORT")
        if parts.scheme == "http" and not _is_here(parts.hostname):
            raise ValueError("a code must not cross a network in the clear: use https, or a proxy or tunnel")
        if not key.isascii() or not key.isprintable() or " " in key or not key:
            raise ValueError("the API key is what host-verify apikey add printed, without anything around it")
        self._where = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path.rstrip("/")
        self._key = key
        self._used = False
        if parts.scheme == "https":
            try:
                trusted = ssl.create_default_context(cafile=ca)
            except OSError as error:
                raise ValueError(f"no certificates can be read from {ca}: {error.strerror}") from None
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=trusted
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def __repr__(self) -> str:
        return f"Client({self._where!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; the next request makes another."""
        self._connection.close()
        self._used = False

    def verify(self, user: str, code: str) -> Answer:
        """Have a user's code judged. Let a login depend on `accepted` alone."""
        return _answer(self.ask("POST", "/v1/verify", {"user": user, "code": code}))

    def resync(self, user: str, first: str, second: str) -> Answer:
        """Find a token that is lost in its drift by two consecutive codes (scope helpdesk)."""
        return _answer(self.ask("POST", "/v1/resync", {"user": user, "first": first, "second": second}))

    def tokens(self, user: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield all tokens, or a user's, as the API tells them (scope helpdesk)."""
        query = {} if user is None else {"user": user}
        while True:
            page = self.ask("GET", f"/v1/tokens?{urlencode(query)}")
            yield from page["tokens"]
            if not page["next"]:
                return
            query["after"] = page["next"]

    def token(self, token_id: str) -> dict[str, Any]:
        """Return one token (scope helpdesk)."""
        return self.ask("GET", f"/v1/tokens/{quote(token_id, safe='')}")

    def history(self, token_id: str) -> list[dict[str, Any]]:
        """Return a token's latest entries in the audit, oldest first (scope helpdesk)."""
        entries: list[dict[str, Any]] = self.ask("GET", f"/v1/tokens/{quote(token_id, safe='')}/history")[
            "entries"
        ]
        return entries

    def set_status(self, token_id: str, status: str) -> dict[str, Any]:
        """Make a token "active" or "suspended" (scope helpdesk), or "revoked" (admin), and return it."""
        return self.ask("PUT", f"/v1/tokens/{quote(token_id, safe='')}/status", {"status": status})

    def assign(self, token_id: str, user: str | None) -> dict[str, Any]:
        """Give a token to a user, or with None to nobody (scope helpdesk), and return it."""
        return self.ask("PUT", f"/v1/tokens/{quote(token_id, safe='')}/user", {"user": user})

    def lost(self, token_id: str, until: int | None = None, codes: int = 10) -> list[str]:
        """Take a lost token out of use (scope helpdesk); return the codes in its place.

        Each is accepted once before UTC second `until`; without it there are none.
        """
        body = {"until": until, "codes": codes}
        made: list[str] = self.ask("POST", f"/v1/tokens/{quote(token_id, safe='')}/lost", body)["codes"]
        return made

    def found(self, token_id: str) -> dict[str, Any]:
        """Put a lost token into use again (scope helpdesk) and return it."""
        return self.ask("POST", f"/v1/tokens/{quote(token_id, safe='')}/found")

    def users(self) -> Iterator[dict[str, Any]]:
        """Yield all users by name (scope helpdesk)."""
        query: dict[str, str] = {}
        while True:
            page = self.ask("GET", f"/v1/users?{urlencode(query)}")
            yield from page["users"]
            if not page["next"]:
                return
            query["after"] = page["next"]

    def user(self, name: str) -> dict[str, Any]:
        """Return one user (scope helpdesk)."""
        return self.ask("GET", f"/v1/users/{quote(name, safe='')}")

    def add_user(self, name: str) -> dict[str, Any]:
        """Add a user without a token (scope helpdesk) and return him."""
        return self.ask("POST", "/v1/users", {"name": name})

    def remove_user(self, name: str) -> dict[str, Any]:
        """Remove a user without a token (scope admin) and return him."""
        return self.ask("DELETE", f"/v1/users/{quote(name, safe='')}")

    def set_pin(self, name: str, pin: str | None) -> dict[str, Any]:
        """Set a user's PIN, or with None drop it (scope helpdesk), and return him."""
        return self.ask("PUT", f"/v1/users/{quote(name, safe='')}/pin", {"pin": pin})

    def lock(self, name: str, locked: bool = True) -> dict[str, Any]:
        """Refuse every code of a user, or let him in again (scope helpdesk), and return him."""
        return self.ask("PUT", f"/v1/users/{quote(name, safe='')}/lock", {"locked": locked})

    def add_token(self, user: str, uri: str, serial: str | None = None) -> dict[str, Any]:
        """Give a user the token of an otpauth URI (scope admin) and return it."""
        return self.ask("POST", "/v1/tokens", {"user": user, "uri": uri, "serial": serial})

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Send any request of the API and return its answer. Raises ClientError.

        A connection that the other side has closed meanwhile is made anew, once. Had the request been
        judged all the same, its code would be used up: the answer is then a refusal.
        """
        try:
            status, headers, data = self._sent(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise Unreachable(f"the verifier at {self._where} does not answer: {why}") from None
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            answer = {}
        if not answer or not 200 <= status < 300:
            raise _error(self._where, status, headers, answer.get("error"))
        return answer

    def _sent(
        self, method: str, path: str, body: Mapping[str, object] | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        while True:
            fresh, self._used = not self._used, True
            try:
                self._connection.request(method, self._path + path, content, headers)
                response = self._connection.getresponse()
            except _STALE:
                self.close()
                if fresh:
                    raise
                continue
            data = response.read(_LONGEST_ANSWER + 1)
            if len(data) > _LONGEST_ANSWER:
                raise http.client.IncompleteRead(b"")
            return response.status, response.headers, data


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(told: Mapping[str, Any]) -> Answer:
    return Answer(
        told.get("accepted") is True,
        str(told.get("reason")),
        told.get("token"),
        told.get("offset"),
        told.get("retry_after"),
    )


def _error(where: str, status: int, headers: http.client.HTTPMessage, told: object) -> ClientError:
    if not isinstance(told, dict):
        return Unreachable(f"what answers at {where} is no verifier (HTTP status {status})", status)
    message = f"the verifier at {where} says: {told.get('message')}"
    if status in (401, 403):
        return NotAllowed(message, status)
    if status == 429:
        wait = headers.get("Retry-After", "")
        return TooOften(message, status, int(wait) if wait.isdecimal() else None)
    return ClientError(message, status)


def configured(path: str) -> Client:
    """Return the client that a TOML file describes: url, key, and if need be ca and timeout.

    Raises ValueError for what is wrong in it or if others may read it, OSError if it cannot be read.
    """
    with open(path, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        data = file.read(65_536)
    if mode & 0o077:
        raise ValueError(f"others may read {path} (mode {mode:04o}), which holds a key: run chmod 600 on it")
    try:
        said = tomllib.loads(data.decode())
    except ValueError:
        # Its text could show what stands there.
        raise ValueError(f"{path} is no TOML") from None
    url, key, ca, timeout = (said.pop(name, None) for name in ("url", "key", "ca", "timeout"))
    texts = isinstance(url, str) and isinstance(key, str) and isinstance(ca, str | None)
    if said or not texts or not isinstance(timeout, int | float | None):
        raise ValueError(f"{path} needs url and key, and may have ca and timeout, and nothing else")
    return Client(url, key, ca=ca, timeout=10.0 if timeout is None else timeout)


def main() -> int:
    """Judge one code; the status says what became of it."""
    parser = argparse.ArgumentParser(description="Have a code judged, which comes on standard input.")
    parser.add_argument("--config", required=True, metavar="FILE", help="TOML: url, key, ca; of mode 0600")
    parser.add_argument("user", nargs="?", help="without it, the variable PAM_USER, as pam_exec sets it")
    chosen = parser.parse_args()
    user = chosen.user or os.environ.get("PAM_USER")
    if not user:
        parser.error("whose code is it? name the user")
    # PAM's text may end with a NUL, a terminal's with a line's end.
    code = sys.stdin.buffer.read(_LONGEST_CODE).rstrip(b"\0\r\n").decode("utf-8", "replace")
    try:
        with configured(chosen.config) as client:
            accepted = client.verify(user, code).accepted
    except OSError as error:
        print(f"{chosen.config}: {error.strerror}", file=sys.stderr)
        return 3
    except (ClientError, ValueError) as error:
        print(error, file=sys.stderr)
        return 3
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
