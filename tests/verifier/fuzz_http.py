"""Rubbish over HTTP: what the OpenAPI page allows and forbids (schemathesis), and bytes that none describes.

Every answer has a status below 500 and tells no secret; what the service counts and logs is looked at, too.
"""

import http.client
import json
import random
import socket
import time
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode

from host_verify.apikeys import Scope
from host_verify.web.app import make_app
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings
from host_verify.web.problems import LONGEST_BODY

from .parts import MASTER, POLICY, SECRET
from .serving import Serving

SECRETS = (SECRET.decode(), SECRET.hex(), b32encode(SECRET).decode(), MASTER.hex())
NO_HTTP = "400 (no HTTP)"
_EXAMPLES = 20  # of one operation, before it is another's turn
_STRANGE = (
    "", "\0", "a\0b", "é", "e\u0301", "\u202egnp", "\ud800", "' OR 1=1 --", '"; DROP TABLE token; --', "%00",
    "%s%n", "a\r\nX-Injected: 1", "{{7*7}}", "../../etc/passwd", "x" * 10_000, "\U0001f511" * 300,
    "\uff11\uff12\uff13\uff14\uff15\uff16", "\u0661\u0662\u0663\u0664\u0665\u0666",
    "123 456", "-1", "1e400", "null", "\ufeff123456",
)  # fmt: skip
_VALUES = (None, True, -1, 0, 2**63, 2**64, 1e308, [], {}, ["123456"], {"user": "anna"}, *_STRANGE)


def operations() -> dict[str, schemathesis.APIOperation]:
    """Return the operations of the OpenAPI page, by name."""
    page = make_app(Settings(None, None, POLICY, Rates())).openapi()
    found = (result.ok() for result in schemathesis.openapi.from_dict(page).get_all_operations())
    return {operation.label: operation for operation in found}


class Told:
    """Looks at every answer; `counts` says how many there were of each status."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._secrets = (*SECRETS, *keys)
        self.counts: Counter[str] = Counter()

    def __call__(self, status: int, said: str, asked: object) -> None:
        # What is no HTTP the server refuses before the application could count it.
        self.counts[NO_HTTP if "Invalid HTTP request" in said else str(status)] += 1
        assert status < 500, (status, said, asked)
        for secret in self._secrets:
            assert secret not in said, ("a secret came out", asked)


def by_the_page(serving: Serving, told: Told, drawn: random.Random, until: Callable[[], bool]) -> None:
    """Draw what the page allows, and what it forbids, from each operation in turn."""
    found = list(operations().values())
    while not until():
        # Of some operations nothing can be wrong, by the page.
        with suppress(Unsatisfiable):
            cases = drawn.choice(found).as_strategy(generation_mode=drawn.choice(list(GenerationMode)))
            ask(serving, told, cases, drawn.choice(list(Scope)), drawn.getrandbits(64))


def ask(serving: Serving, told: Told, cases: SearchStrategy[Case], scope: Scope, number: int) -> None:
    """Ask with a key of `scope` what `number` draws."""

    @seed(number)
    @given(cases)
    @settings(
        max_examples=_EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        database=None, deadline=None, derandomize=False,
    )  # fmt: skip
    def asked(case: Case) -> None:
        answer = case.call(base_url=serving.url, headers={"Authorization": f"Bearer {serving.keys[scope]}"})
        told(answer.status_code, answer.text, case.as_curl_command())

    asked()


def body(drawn: random.Random) -> bytes:
    """A body for a verification that is nearly one, or none at all."""
    match drawn.randrange(9):
        case 0:
            return drawn.randbytes(drawn.randrange(300))
        case 1:
            return b"[" * drawn.randrange(1, 30_000)
        case 2:
            return b'{"user": ' * drawn.randrange(1, 5_000) + b"1"
        case 3:
            return json.dumps(
                {"user": "anna", "code": "1" * drawn.randrange(LONGEST_BODY - 100, 80_000)}
            ).encode()
        case 4:
            good = json.dumps({"user": "anna", "code": "123456"}).encode()
            at = drawn.randrange(len(good))
            return good[:at] + drawn.randbytes(drawn.randrange(3)) + good[at + drawn.randrange(2) :]
        case 5:
            return '{"user": "anna", "code": "123456"}'.encode(
                drawn.choice(["utf-16", "utf-32", "utf-8-sig"])
            )
        case 6:
            return json.dumps({"user": drawn.choice(["anna", "bob", "eve"]), "code": "123 456"}).encode()
        case 7:
            return b'{"user": "anna", "user": "bob", "code": "1", "code": NaN}'
        case _:
            fields = {name: drawn.choice(_VALUES) for name in ("user", "code") if drawn.random() < 0.9}
            if drawn.random() < 0.2:
                fields[drawn.choice(_STRANGE)] = drawn.choice(_VALUES)
            return json.dumps(fields).encode()


def request(drawn: random.Random, key: str, paths: list[str]) -> tuple[bytes, bool]:
    """A request's bytes, of which something may be wrong; and whether the server knows where they end."""
    method = drawn.choice(["POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "BREW", "post"])
    path = drawn.choice(["/v1/verify"] * 6 + paths)
    content = body(drawn)
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
    ]
    match drawn.randrange(10):
        case 0:
            lines[2] = drawn.choice(
                ["Authorization: Bearer", "Authorization: Basic Og==", f"Authorization: {key}"]
            )
        case 1:
            lines.append("Transfer-Encoding: chunked")
            content = drawn.choice([b"zz\r\n", b"ffffffffffffffff\r\nx", b"5\r\nab", b"0\r\n\r\n"]) + content
        case 2:
            lines.append(f"X-Long: {'a' * drawn.choice([100, 70_000])}")
        case 3:
            lines[3] = drawn.choice(
                ["Content-Type: text/xml", "Content-Type: \xff", "Content-Type: " + "x/" * 99]
            )
        case 4:
            lines += ["Content-Length: 5", "Content-Length: 7"]
        case 5:
            lines.append(f"Content-Length: {drawn.choice(['-1', '1e3', '99999999999', '+5', ' '])}")
    ends = not any(line.startswith(("Content-Length", "Transfer")) for line in lines)
    if ends:
        lines.append(f"Content-Length: {len(content)}")
    data = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + content
    if drawn.random() < 0.1:
        ends = False
        data = data[: drawn.randrange(len(data))]
    if drawn.random() < 0.05:
        ends = False
        at = drawn.randrange(len(data))
        data = data[:at] + drawn.randbytes(1) + data[at + 1 :]
    return data, ends


def paths(drawn: random.Random) -> list[str]:
    """Every path of the page, and some that are none."""
    strange = [text.encode("utf-8", "surrogatepass").hex("%")[:900] for text in _STRANGE]
    filled = [each.path.replace("{", "").replace("}", "") for each in operations().values()]
    return [
        *filled, "/", "//v1/verify", "/v1/verify/", "/v1/verify?user=anna", "/v1/users/%00",
        "/v1/users/..%2f", "/v1/tokens/%" + drawn.choice(strange), "/v1/tokens/../verify",
        "/v1/tokens?limit=-1", "/v1/tokens?user=%ff", "/admin/",
        "/admin/%2e%2e", "/admin/sign-out", "/admin/tokens", "/admin/tokens/00000000", "/admin/audit?before=",
    ]  # fmt: skip


def by_bytes(serving: Serving, told: Told, drawn: random.Random, until: Callable[[], bool]) -> None:
    """Send bytes by a socket, and see that the answer, where one comes, is HTTP's."""
    host, _, port = serving.url.removeprefix("http://").partition(":")
    known = paths(drawn)
    while not until():
        data, ends = request(drawn, serving.keys[drawn.choice(list(Scope))], known)
        with socket.create_connection((host, int(port)), 30) as asking:
            try:
                asking.sendall(data)
                if not ends:
                    asking.shutdown(socket.SHUT_WR)  # else both would wait
            except OSError:
                pass  # It was refused before it was whole.
            for status, said in answers(asking, data.split(b" ", 1)[0]):
                told(status, said, data[:500])


def answers(asking: socket.socket, method: bytes) -> Iterator[tuple[int, str]]:
    """What came back; nothing where the connection was closed without a word."""
    answer = http.client.HTTPResponse(asking, method=method.decode("latin-1"))
    try:
        answer.begin()
        yield answer.status, f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"
    except (http.client.BadStatusLine, ConnectionError, http.client.IncompleteRead):
        return
    finally:
        answer.close()


def memory(pids: list[int]) -> int:
    """The resident bytes of processes."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/statm") as file:
            total += int(file.read().split()[1]) * 4096
    return total


def metrics(serving: Serving) -> Counter[str]:
    """The service's own counts of requests by their status."""
    counted: Counter[str] = Counter()
    with serving.client(Scope.ADMIN) as client:
        for line in client.get("/metrics").text.splitlines():
            if line.startswith("host_verify_request_seconds_count{"):
                counted[line.partition('status="')[2].partition('"')[0]] += int(float(line.split()[-1]))
    return counted


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Return what says whether so many seconds have passed since it was made."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def so_often(times: int) -> Callable[[], bool]:
    """Return what says from the `times`-th question on that it is enough."""
    left = iter(range(times))
    return lambda: next(left, None) is None
