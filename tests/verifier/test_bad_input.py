"""Bad input over HTTP: each has a clear answer and is counted, and a right code is accepted after it."""

import json
import re

import pytest

from host_verify import audit
from host_verify.apikeys import Scope
from host_verify.database import file_place
from host_verify.service import add_token
from host_verify.web.problems import LONGEST_BODY

from .asking import TOKEN, Web
from .parts import NOON, code_at, new_store

GOOD = {"user": "anna", "code": "000000"}
JSON = {"Content-Type": "application/json"}
# What is sent as a body, the status that answers it, and words of the answer.
BODIES = {
    "nothing": (b"", 422, "body"),
    "no JSON": (b"user=anna&code=1", 422, "JSON"),
    "not UTF-8": (b'{"user": "\xff\xfe", "code": "1"}', (400, 422), "body|UTF-8|JSON|pars"),
    "cut off": (json.dumps(GOOD).encode()[:-3], 422, "JSON"),
    "two documents": (json.dumps(GOOD).encode() * 2, 422, "JSON"),
    "a list": (b"[]", 422, "dictionary|object"),
    "deep": (b"[" * 30_000, (400, 422), "JSON|deep|body|pars"),
    "deep and whole": (
        b'{"user": ' + b"[" * 9000 + b"]" * 9000 + b', "code": "1"}', (400, 422), "user|body|pars"
    ),
    "too large": (
        json.dumps(GOOD | {"code": "1" * LONGEST_BODY}).encode(), 413, f"at most {LONGEST_BODY} bytes"
    ),
    "a number as the code": (json.dumps(GOOD | {"code": 755224}).encode(), 422, "code: .*string"),
    "null as the user": (json.dumps(GOOD | {"user": None}).encode(), 422, "user: .*string"),
    "no code": (json.dumps({"user": "anna"}).encode(), 422, "code: Field required"),
    "one field more": (json.dumps(GOOD | {"admin": True}).encode(), 422, "admin: Extra"),
    "too long a name": (json.dumps(GOOD | {"user": "x" * 16_385}).encode(), 422, "user: .*16384"),
}  # fmt: skip
# Names and codes that are possible as JSON: judged, and never accepted.
ATTEMPTS = {
    "a name of NUL": ("\0", "000000"),
    "a lone surrogate": ("\ud800", "000000"),
    "a name of 10 kB": ("é" * 5000, "000000"),
    "right to left": ("\u202eanna", "000000"),
    "another form of the name": ("ａｎｎａ", "000000"),  # noqa: RUF001
    "SQL in the name": ("anna' OR '1'='1' --", "000000"),
    "SQL in the code": ("anna", "'; DROP TABLE token; --"),
    "a header in the name": ("anna\r\nX-Injected: yes", "000000"),
    "a log line in the name": ('anna"}\n{"level": "info"', "000000"),
    "digits of another script": ("anna", "".join(chr(0x0660 + int(digit)) for digit in code_at(TOKEN, NOON))),
    "full-width digits": ("anna", "".join(chr(0xFF10 + int(digit)) for digit in code_at(TOKEN, NOON))),
    "a sign": ("anna", "+" + code_at(TOKEN, NOON)[1:]),
    "a million digits, as far as there is room": ("anna", "1" * 16_000),
}


@pytest.fixture
def web(tmp_path):
    web = Web(file_place(new_store(tmp_path)))
    with web.client, web.store:
        web.token = add_token(web.store, "anna", "A-1", TOKEN, NOON)
        yield web


def counted(web: Web, name: str, **labels: str) -> float:
    """The value of a metric, over all other labels."""
    text = web.ask("GET", "/metrics", Scope.HELPDESK).text
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
    wanted = [line for line in lines if all(f'{label}="{value}"' in line for label, value in labels.items())]
    return sum(float(line.split()[-1]) for line in wanted)


def unharmed(web: Web) -> None:
    """Whether all goes on as if nothing had been."""
    assert [token.id for token in web.store.tokens()] == [web.token.id]
    code = code_at(TOKEN, NOON)
    assert web.verify("anna", f"{code[:3]} {code[3:]}")["accepted"]
    assert audit.examine(web.store).faults == []


def test_a_body_that_is_none_is_answered_clearly_and_counted(web):
    for name, (body, statuses, words) in BODIES.items():
        web_headers = JSON | {"Authorization": f"Bearer {web.keys[Scope.VERIFY]}"}
        answer = web.client.post("/v1/verify", content=body, headers=web_headers)
        assert answer.status_code in (statuses if isinstance(statuses, tuple) else (statuses,)), (
            name,
            answer.text,
        )
        error = answer.json()["error"]
        assert re.search(words, error["message"]), (name, error)
        assert len(error["message"]) < 500
        assert counted(web, "host_verify_request_seconds_count", status=str(answer.status_code)) >= 1
    total = sum(
        counted(web, "host_verify_request_seconds_count", status=status) for status in ("400", "413", "422")
    )
    assert total == len(BODIES)
    assert counted(web, "host_verify_attempts_total", action="verify") == 0
    unharmed(web)


def test_a_strange_name_or_code_is_judged_counted_and_refused(web):
    for name, (user, code) in ATTEMPTS.items():
        body = json.dumps({"user": user, "code": code})
        answer = web.ask(
            "POST", "/v1/verify", content=body, headers=JSON, status=422 if "\ud800" in user else 200
        )
        assert "X-Injected" not in answer.headers
        if answer.status_code == 200:
            assert answer.json() == {"accepted": False, "reason": "refused"}, name
    assert counted(web, "host_verify_attempts_total", action="verify") >= len(ATTEMPTS) - 1
    unharmed(web)
