"""Users, PINs and lost tokens over HTTP: who may do what, and what a key that may only verify is not told."""

from host_verify.apikeys import Scope
from host_verify.service import add_token

from .asking import TOKEN
from .parts import NOON, account, code_at

DESK, ADMIN = Scope.HELPDESK, Scope.ADMIN
PIN = "hunter-2"


def test_each_scope_reaches_as_far_as_it_says(web):
    token = f"/v1/tokens/{web.token.id}"
    requests = [
        (DESK, "GET", "/v1/users", None, 200),
        (DESK, "POST", "/v1/users", {"name": "carol"}, 201),
        (DESK, "GET", "/v1/users/carol", None, 200),
        (DESK, "PUT", "/v1/users/carol/pin", {"pin": PIN}, 200),
        (DESK, "PUT", "/v1/users/carol/lock", {"locked": True}, 200),
        (DESK, "POST", f"{token}/lost", {"until": NOON + 60, "codes": 1}, 200),
        (DESK, "POST", f"{token}/found", None, 200),
        (DESK, "PUT", f"{token}/user", {"user": "carol"}, 200),
        (DESK, "PUT", f"{token}/user", {"user": None}, 200),
        (ADMIN, "DELETE", "/v1/users/carol", None, 200),
    ]
    for needed, method, path, body, status in requests:
        sent = {"json": body} if body is not None else {}
        for scope in Scope:
            if not scope.includes(needed):
                web.ask(method, path, scope, 403, **sent)
        web.ask(method, path, None, 401, **sent)
        web.ask(method, path, needed, status, **sent)


def test_a_pin_goes_in_and_never_comes_out(web):
    told = web.ask("PUT", "/v1/users/anna/pin", DESK, json={"pin": PIN}).json()
    assert told == {"name": "anna", "created": NOON, "pin_set": NOON, "locked": None}
    code = code_at(TOKEN, NOON)
    assert web.verify("anna", code, DESK)["reason"] == "wrong_pin"
    assert web.verify("anna", PIN + code) == {"accepted": True, "reason": "accepted"}
    for path in ("/v1/users", "/v1/users/anna", f"/v1/tokens/{web.token.id}/history"):
        assert PIN not in web.ask("GET", path, ADMIN).text
    refused = web.ask("PUT", "/v1/users/anna/pin", DESK, 422, json={"pin": "geheim\tgeheim"})
    assert "geheim" not in refused.text
    web.ask("PUT", "/v1/users/anna/pin", DESK, json={"pin": None})
    web.utc += 30
    assert web.verify("anna", code_at(TOKEN, web.utc))["accepted"]


def test_a_wrong_pin_and_a_user_locked_by_hand_look_like_any_refusal(web):
    add_token(web.store, "shut", None, account(secret=b"s" * 20), NOON)
    web.ask("PUT", "/v1/users/shut/lock", DESK, json={"locked": True})
    web.ask("PUT", "/v1/users/anna/pin", DESK, json={"pin": PIN})
    asked = [
        ("nobody", "000000"), ("anna", "000000"), ("anna", f"x{code_at(TOKEN, NOON)}"), ("shut", "000000"),
    ]  # fmt: skip
    answers = [web.ask("POST", "/v1/verify", json={"user": user, "code": code}) for user, code in asked]
    shown = [(answer.content, sorted(answer.headers.items())) for answer in answers]
    assert all(each == shown[0] for each in shown)
    web.ask("PUT", "/v1/users/anna/lock", DESK, json={"locked": False})  # forgives what was counted
    assert [web.verify(user, code, DESK)["reason"] for user, code in asked] == [
        "unknown_user", "wrong_code", "wrong_pin", "user_locked",
    ]  # fmt: skip


def test_replacement_codes_are_told_once(web):
    path = f"/v1/tokens/{web.token.id}"
    told = web.ask("POST", f"{path}/lost", DESK, json={"until": NOON + 3600}).json()
    assert (told["token"]["status"], len(told["codes"])) == ("lost", 10)
    verdict = web.verify("anna", told["codes"][0], DESK)
    assert (verdict["accepted"], verdict["factor"]) == (True, "replacement")
    for shown in ("", "/history"):
        text = web.ask("GET", path + shown, ADMIN).text
        assert not any(code in text for code in told["codes"])
    web.utc = NOON + 3600
    assert web.verify("anna", told["codes"][1], DESK)["reason"] == "expired"
    web.ask("POST", f"{path}/lost", DESK, 422, json={"until": NOON})
    web.ask("POST", f"{path}/lost", DESK, 422, json={"codes": 21})
    web.ask("POST", f"{path}/found", DESK)
    web.ask("POST", f"{path}/found", DESK, 409)
    web.ask("POST", "/v1/tokens/00000000/found", DESK, 404)


def test_a_user_who_is_not_there_is_not_found(web):
    for name in ("nobody", "%00", "%ff", "a" * 1000, "..%2F..", "%20", "' OR 1=1 --", ""):
        web.ask("GET", f"/v1/users/{name}", DESK, 404)


def test_a_user_with_tokens_stays(web):
    refused = web.ask("DELETE", "/v1/users/anna", ADMIN, 409)
    assert "has tokens" in refused.json()["error"]["message"]
    web.ask("POST", "/v1/users", DESK, 409, json={"name": "anna"})
    web.ask("POST", "/v1/users", DESK, 422, json={"name": "an\u200bna"})


def test_the_lists_of_users_come_by_pages(web):
    for name in ("bert", "carla", "dora"):
        web.ask("POST", "/v1/users", DESK, 201, json={"name": name})
    seen, after = [], ""
    while after is not None:
        page = web.ask("GET", "/v1/users", DESK, params={"limit": 3, "after": after}).json()
        seen += [each["name"] for each in page["users"]]
        after = page["next"]
    assert seen == ["anna", "bert", "carla", "dora"]
    for odd in ("\0", "\ud800"):
        assert web.ask("GET", "/v1/users?after=" + ("%00" if odd == "\0" else "%ED%A0%80"), DESK).json() in (
            {"users": [], "next": None},
            {"users": web.ask("GET", "/v1/users", DESK).json()["users"], "next": None},
        )
