"""Metrics and logs: what an operator sees, and what he must not."""

import io
import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from host_verify.apikeys import Scope
from host_verify.web import logs

from .asking import TOKEN
from .parts import NOON, SECRET, code_at


@pytest.fixture
def lines(monkeypatch):
    """What this process logs, as the service writes it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.install(to=written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


def samples(web):
    text = web.ask("GET", "/metrics", Scope.HELPDESK).text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_attempts_and_requests_are_counted(web):
    for user, code in [("anna", code_at(TOKEN, NOON)), ("anna", "000000"), ("nobody", "1"), ("nobody", "2")]:
        web.verify(user, code)
    web.ask("GET", "/v1/tokens/ffffffff", Scope.HELPDESK, 404)
    for number in range(3):
        web.ask("GET", f"/made-up/{number}", status=404)
    web.ask("POST", "/v1/verify", status=413, content=b" " * 70_000)
    found = samples(web)
    attempts = {
        reason: found["host_verify_attempts_total", ("action", "verify"), ("reason", reason)]
        for reason in ("accepted", "wrong_code", "unknown_user")
    }
    assert attempts == {"accepted": 1, "wrong_code": 1, "unknown_user": 2}
    requests = {
        (name[1][1], name[2][1]): value
        for name, value in found.items()
        if name[0] == "host_verify_request_seconds_count"
    }
    assert requests["/v1/verify", "200"] == 4
    assert requests["/v1/tokens/{token_id}", "404"] == 1
    assert requests["none", "404"] == 3
    assert requests["none", "413"] == 1


def test_metrics_need_a_key_and_name_no_user(web):
    web.ask("GET", "/metrics", Scope.VERIFY, 403)
    web.ask("GET", "/metrics", None, 401)
    web.verify("anna", "000000")
    assert "anna" not in web.ask("GET", "/metrics", Scope.HELPDESK).text


def test_each_attempt_is_a_line_of_json_without_its_code(web, lines):
    web.verify("anna", code_at(TOKEN, NOON))
    web.verify("my code is 123456", "654321", Scope.HELPDESK)
    mine = [line for line in lines() if line["part"] == "host_verify.web.parts"]
    assert [(line["level"], line["event"], line["user"], line["token"], line["reason"]) for line in mine] == [
        ("info", "verify", "anna", web.token.id, "accepted"),
        ("info", "verify", None, None, "unknown_user"),
    ]
    said = json.dumps(lines())
    for secret in (code_at(TOKEN, NOON), "123456", "654321", *web.keys.values()):
        assert secret not in said


def test_a_fault_is_logged_by_its_place_and_not_by_what_it_held(lines):
    try:
        raise ValueError(SECRET.decode())
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (line,) = lines()
    assert (line["error"], line["event"]) == ("ValueError", "Exception in ASGI application")
    assert "test_seeing.py" in line["where"][0]
    assert SECRET.decode() not in json.dumps(line)
