"""The HTTP door: who may ask what, what is answered, and what is never told."""

import logging

import pytest
from tokencore import otpauth

from host_verify import apikeys, pace
from host_verify.apikeys import Scope
from host_verify.core import Status
from host_verify.database import written
from host_verify.service import add_token, set_status
from host_verify.web.limits import Rates

from .asking import TOKEN, Web
from .parts import NOON, SECRET, account, code_at, open_store

NEW = account(secret=b"n" * 20, name="new")


def test_a_code_is_accepted_once(web):
    code = code_at(TOKEN, NOON)
    assert web.verify("anna", f"{code[:3]} {code[3:]}") == {"accepted": True, "reason": "accepted"}
    assert web.verify("anna", code) == {"accepted": False, "reason": "refused"}
    full = web.verify("anna", code, Scope.HELPDESK)
    assert (full["accepted"], full["reason"], full["token"]) == (False, "replayed", web.token.id)


def test_a_client_that_may_only_verify_is_told_the_same_whatever_the_cause(web):
    answers, causes = [], []
    for user, secret, state in (
        ("locked", b"l" * 20, {"failures": 10, "failed_at": NOON}),
        ("throttled", b"t" * 20, {"failures": 5, "failed_at": NOON}),
        ("suspended", b"d" * 20, {"status": Status.SUSPENDED}),
        ("revoked", b"r" * 20, {"status": Status.REVOKED}),
    ):
        token = add_token(web.store, user, None, account(secret=secret), NOON)
        assert web.store.change([(token, token.state._replace(**state))])
    for user, code in [
        ("anna", "000000"), ("anna", "no code"), ("nobody", "000000"), ("", ""), ("\0", "1" * 10_000),
        ("locked", code_at(account(secret=b"l" * 20), NOON)), ("throttled", "000000"),
        ("suspended", "000000"), ("revoked", "000000"),
    ]:  # fmt: skip
        response = web.ask("POST", "/v1/verify", json={"user": user, "code": code})
        answers.append((response.content, sorted(response.headers.items())))
        causes.append(web.verify(user, code, Scope.ADMIN)["reason"])
    assert all(answer == answers[0] for answer in answers)
    assert len(set(causes)) == 7


def test_a_refusal_leaves_on_the_step_after_it_came(monkeypatch):
    for took in (0.0001, 0.003, 0.0099):
        assert took + pace.rest(50.0, 50.0 + took, False) == pytest.approx(0.010)
    assert 0.013 + pace.rest(50.0, 50.013, False) == pytest.approx(0.020)


def test_each_scope_reaches_as_far_as_it_says(web):
    two = {"user": "anna", "first": "000000", "second": "000001"}
    token = f"/v1/tokens/{web.token.id}"
    requests = [
        (Scope.VERIFY, "POST", "/v1/verify", {"user": "nobody", "code": "1"}, 200),
        (Scope.HELPDESK, "POST", "/v1/resync", two, 200),
        (Scope.HELPDESK, "GET", "/v1/tokens", None, 200),
        (Scope.HELPDESK, "GET", token, None, 200),
        (Scope.HELPDESK, "PUT", f"{token}/status", {"status": "suspended"}, 200),
        (Scope.ADMIN, "PUT", f"{token}/status", {"status": "revoked"}, 200),
        (Scope.ADMIN, "POST", "/v1/tokens", {"user": "bob", "uri": otpauth.build(NEW)}, 201),
    ]
    for needed, method, path, body, status in requests:
        web.ask(method, path, None, 401, json=body)
        for scope in Scope:
            if not scope.includes(needed):
                web.ask(method, path, scope, 403, json=body)
        web.ask(method, path, needed, status, json=body)
    listed = web.ask("GET", "/v1/tokens", Scope.ADMIN).json()["tokens"]
    assert {(token["user"], token["status"]) for token in listed} == {("anna", "revoked"), ("bob", "active")}


def test_what_is_no_key_in_force_is_refused(web, monkeypatch):
    for credentials in (
        "Basic YTpi", "Bearer", "Bearer ", "Bearer x", "Bearer fob_00000000_" + "A" * 43,
        "Bearer " + web.keys[Scope.VERIFY][:-1] + "_", "Bearer \xff", "Bearer " + "x" * 8000,
    ):  # fmt: skip
        headers = {"Authorization": credentials.encode("latin-1")}
        response = web.ask(
            "POST", "/v1/verify", None, 401, headers=headers, json={"user": "anna", "code": "1"}
        )
        assert response.headers["WWW-Authenticate"] == "Bearer"
    web.verify("anna", "1")
    monkeypatch.setattr("host_verify.web.door.FRESH_SECONDS", 0.0)
    web.verify("anna", "1", Scope.HELPDESK)
    for key in apikeys.every(web.store):
        apikeys.revoke(web.store, key.id, NOON)
    web.ask("GET", "/v1/tokens", Scope.HELPDESK, 401)


def test_a_key_whose_row_was_altered_opens_nothing(web):
    with written(web.place) as connection:
        connection.exec_driver_sql("UPDATE api_key SET scope = 'admin' WHERE scope = 'verify'")
    web.ask("GET", "/v1/tokens", Scope.VERIFY, 503)


def test_keys_stand_in_no_file_and_no_repr(tmp_path, place):
    with open_store(place) as store:
        key, text = apikeys.add(store, "vpn", Scope.VERIFY, NOON)
        assert apikeys.recognise(store, text) == key
        assert text not in repr(key)
        stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert text.split("_", 2)[2].encode() not in stored


def test_tokens_are_listed_by_pages(web):
    for number in range(7):
        add_token(web.store, f"user{number % 2}", None, account(secret=b"%20d" % number), NOON)
    seen, after = [], ""
    while after is not None:
        page = web.ask("GET", "/v1/tokens", Scope.HELPDESK, params={"limit": 3, "after": after}).json()
        seen += [token["id"] for token in page["tokens"]]
        after = page["next"]
    assert seen == sorted(token.id for token in web.store.tokens())
    mine = web.ask("GET", "/v1/tokens", Scope.HELPDESK, params={"user": "user0"}).json()
    assert (len(mine["tokens"]), mine["next"]) == (4, None)
    none = web.ask("GET", "/v1/tokens", Scope.HELPDESK, params={"user": "a\0b"}).json()
    assert none == {"tokens": [], "next": None}
    web.ask("GET", "/v1/tokens", Scope.HELPDESK, 422, params={"limit": 0})


def test_a_token_is_added_found_and_changed(web):
    body = {"user": "bob", "uri": otpauth.build(NEW), "serial": "B-1"}
    added = web.ask("POST", "/v1/tokens", Scope.ADMIN, 201, json=body).json()
    assert (added["user"], added["serial"], added["status"], added["clock"]) == ("bob", "B-1", "active", None)
    assert "has this secret" in web.ask("POST", "/v1/tokens", Scope.ADMIN, 409, json=body).text
    path = f"/v1/tokens/{added['id']}"
    assert web.ask("GET", path, Scope.HELPDESK).json() == added
    assert web.verify("bob", code_at(NEW, NOON))["accepted"]
    web.ask("PUT", f"{path}/status", Scope.ADMIN, json={"status": "revoked"})
    web.ask("PUT", f"{path}/status", Scope.HELPDESK, 409, json={"status": "active"})
    assert not web.verify("bob", code_at(NEW, NOON + 30))["accepted"]
    web.ask("GET", "/v1/tokens/ffffffff", Scope.HELPDESK, 404)
    web.ask("PUT", "/v1/tokens/ffffffff/status", Scope.HELPDESK, 404, json={"status": "active"})
    web.ask("GET", "/v1/tokens/A-1", Scope.HELPDESK, 422)


def test_a_lost_token_is_brought_back(web):
    codes = {"first": code_at(TOKEN, NOON + 5000), "second": code_at(TOKEN, NOON + 5030)}
    answer = web.ask("POST", "/v1/resync", Scope.HELPDESK, json={"user": "anna"} | codes).json()
    assert (answer["accepted"], answer["token"]) == (True, web.token.id)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[" * 60_000, 400),
        (b"nonsense", 422),
        (b"[]", 422),
        (b'{"user": "anna"}', 422),
        (b'{"user": "anna", "code": 123456}', 422),
        (b'{"user": null, "code": "123456"}', 422),
        (b'{"user": {"a": 1}, "code": ["123456"]}', 422),
        (b'{"user": "anna", "code": "123456", "pin": "1"}', 422),
        (b'{"user": "anna", "code": "123456", "\\ud800": "1"}', 422),
        (b'{"user": "anna", "code": "\\ud800"}', 422),
        (b'{"user": "anna", "code": "' + b"1" * 20_000 + b'"}', 422),
        (b'{"user": "\xff", "code": "123456"}', 400),
        (b" " * 70_000, 413),
        (b'{"user": "anna", "code": "123456", "code": 1e999}', 422),
    ],
)
def test_bodies_that_cannot_be_are_refused_with_their_field_and_not_repeated(web, body, status):
    response = web.ask(
        "POST", "/v1/verify", status=status, content=body, headers={"Content-Type": "application/json"}
    )
    assert "123456" not in response.text
    assert web.store.tokens()[0].state.failures == 0


def test_a_body_without_a_length_is_counted(web):
    pieces = (b" " * 1000 for _ in range(100))
    web.ask("POST", "/v1/verify", status=413, content=pieces, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "user",
    [
        "' OR 1=1 --",
        "a\0b",
        "x" * 10_000,
        "\u202eanna",
        "anna\r\nX-Evil: 1",
        "\U0001f600",
        "%00",
        "\uff41nna",
    ],
)
def test_a_user_of_any_name_is_nobody_else(web, user):
    assert not web.verify(user, code_at(TOKEN, NOON))["accepted"]
    assert web.verify("anna", code_at(TOKEN, NOON))["accepted"]


@pytest.mark.parametrize("code", ["\uff11" * 6, "\u0661" * 6, "+12345", "0x1234", "1e5"])
def test_digits_of_other_scripts_are_no_code(web, code):
    assert web.verify("anna", code, Scope.ADMIN)["reason"] == "malformed"


def test_attempts_for_a_user_known_or_not_are_limited(place):
    web = Web(place, Rates(user=3))
    with web.client, web.store:
        add_token(web.store, "anna", None, TOKEN, NOON)
        for user in ("anna", "nobody"):
            for _ in range(3):
                web.verify(user, "000000")
            response = web.ask("POST", "/v1/verify", status=429, json={"user": user, "code": "000000"})
            assert 1 <= int(response.headers["Retry-After"]) <= 20
        assert web.store.tokens()[0].state.failures == 3


@pytest.mark.parametrize("rates", [Rates(key=5), Rates(all=5)])
def test_requests_of_a_key_and_together_are_limited(place, rates):
    web = Web(place, rates)
    with web.client, web.store:
        for number in range(5):
            web.verify(f"user{number}", "000000")
        web.ask("POST", "/v1/verify", status=429, json={"user": "other", "code": "000000"})
        web.ask("GET", "/v1/tokens", Scope.ADMIN, status=200 if rates.key == 5 else 429)
        assert web.client.get("/healthz").status_code == 200


def test_health_is_told_without_a_key_and_a_broken_store_is_not_ready(web, caplog):
    assert web.client.get("/healthz").json() == {"status": "running"}
    assert web.client.get("/readyz").json() == {"status": "ready"}
    with written(web.place) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with caplog.at_level(logging.ERROR):
        response = web.client.get("/readyz")
    assert response.status_code == 503
    assert "9999" not in response.text
    assert "format 9999" in caplog.records[0].why
    assert web.client.get("/healthz").status_code == 200


def test_a_fault_of_the_program_tells_nothing(web, monkeypatch):
    def fail(*_):
        raise RuntimeError(SECRET.decode())

    monkeypatch.setattr("host_verify.service.verify", fail)
    assert (
        "RuntimeError" not in web.ask("POST", "/v1/verify", status=500, json={"user": "a", "code": "1"}).text
    )
    # And the same on the short way, which is taken with a key that was just looked up.
    monkeypatch.undo()
    web.verify("a", "1")
    monkeypatch.setattr("host_verify.service.one_code", fail)
    told = web.ask("POST", "/v1/verify", status=500, json={"user": "a", "code": "1"})
    assert told.json()["error"]["kind"] == "Fault"


def test_a_tokens_history_tells_what_was_done_and_by_whom(web):
    path = f"/v1/tokens/{web.token.id}"
    web.verify("anna", code_at(TOKEN, NOON))
    web.ask("PUT", f"{path}/status", Scope.ADMIN, json={"status": "suspended"})
    entries = web.ask("GET", f"{path}/history", Scope.HELPDESK).json()["entries"]
    keys = {key.scope: key.id for key in apikeys.every(web.store)}
    assert [(each["door"], each["actor"], each["action"], each["reason"]) for each in entries] == [
        ("library", "", "add token", "done"),
        ("http", f"{keys[Scope.VERIFY]} verify", "verify", "accepted"),
        ("http", f"{keys[Scope.ADMIN]} admin", "set status", "suspended"),
    ]
    web.ask("GET", f"{path}/history", Scope.VERIFY, 403)
    web.ask("GET", "/v1/tokens/ffffffff/history", Scope.HELPDESK, 404)


def test_unknown_paths_and_methods_are_problems_too(web):
    web.ask("GET", "/v1/nothing", status=404)
    web.ask("GET", "/v1/verify", status=405)


def test_enabling_unlocks(web):
    assert web.store.change([(web.token, web.token.state._replace(failures=10, failed_at=NOON))])
    shown = web.ask("GET", f"/v1/tokens/{web.token.id}", Scope.HELPDESK).json()
    assert (shown["locked"], shown["failures"]) == (True, 10)
    web.ask("PUT", f"/v1/tokens/{web.token.id}/status", Scope.HELPDESK, json={"status": "active"})
    assert web.verify("anna", code_at(TOKEN, NOON))["accepted"]
    assert set_status(web.store, web.token.id, Status.ACTIVE, NOON).state.failures == 0
