"""The administrators' pages: who gets in, what a form may do, and what a page may not hold."""

import re
from http.cookies import SimpleCookie

import pytest
from starlette.testclient import TestClient

from host_verify import apikeys, audit, operator_sessions, operators
from host_verify.apikeys import Scope
from host_verify.core import Status, is_locked
from host_verify.database import file_place
from host_verify.operator_sessions import IDLE
from host_verify.service import add_token, set_status, verify
from host_verify.web.admin import search, throttle
from host_verify.web.admin.gate import Visit
from host_verify.web.app import make_app
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings

from .parts import NOON, POLICY, SECRET, account, code_at, new_store, open_store

PASSWORD = "correct horse battery"
SEEDS = {name: account(secret=name.encode() * 5) for name in ("anna", "petra", "quentin")}


def people(place):
    """Put into an empty store what every test begins with."""
    with open_store(place) as store:
        for name, seed in SEEDS.items():
            add_token(store, name, f"S-{name}", seed, NOON)
        operators.add(store, "petra", Scope.ADMIN, PASSWORD, NOON)
        operators.add(store, "quentin", Scope.HELPDESK, PASSWORD, NOON)


def application(pages, **rates):
    """The application over the store of what `pages` returns, at its time."""
    settings = Settings(
        lambda _: open_store(pages().place),
        lambda: pages().utc,
        POLICY,
        Rates(**({"user": 0} | rates)),
        admin=True,
    )
    return make_app(settings)


class Shared:
    """One application for many tests, each over its own store; making one takes longer than most tests."""

    def __init__(self):
        self._pages = None
        self._app = application(lambda: self._pages)

    def serving(self, pages):
        self._pages = pages
        return self._app


@pytest.fixture(scope="module")
def shared():
    return Shared()


class Pages:
    """The pages over a store in which petra is an admin, quentin of the helpdesk and anna nobody."""

    def __init__(self, place, base="http://testserver", shared=None, **rates):
        self.utc = NOON
        self.place = place
        self.store = open_store(place)
        self.ids = {token.user: token.id for token in self.store.tokens()}
        self.client = TestClient(
            shared.serving(self) if shared else application(lambda: self, **rates),
            base_url=base, follow_redirects=False, raise_server_exceptions=False,
        )  # fmt: skip

    def get(self, path, status=200):
        page = self.client.get(path)
        assert page.status_code == status, page.text
        return page

    def mark(self, path="/admin/sign-in"):
        return re.search(r'name="mark" value="([0-9a-f]+)"', self.get(path).text)[1]

    def post(self, path, status=303, headers=None, **fields):
        answer = self.client.post(path, data=fields, headers=headers or {})
        assert answer.status_code == status, answer.text
        for secret in (PASSWORD, SECRET.decode()):
            assert secret not in answer.text
        return answer

    def code(self, name):
        self.utc += 30
        return code_at(SEEDS[name], self.utc)

    def sign_in(self, name="petra", password=PASSWORD, code=None, status=303, **more):
        fields = {"user": name, "password": password, "code": code or self.code(name), "mark": self.mark()}
        return self.post("/admin/sign-in", status, **(fields | more))

    def act(self, name, action, status=303, **fields):
        path = f"/admin/tokens/{self.ids[name]}"
        return self.post(f"{path}/{action}", status, mark=self.mark(path), **fields)

    def state(self, name):
        return self.store.token(self.ids[name]).state

    def said(self):
        return [(each.entry.action, each.entry.reason) for each in audit.every(self.store)]


@pytest.fixture
def pages(file, shared):
    pages = Pages(file, shared=shared)
    with pages.client, pages.store:
        yield pages


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The bytes of a store with its people, made once."""
    file = new_store(tmp_path_factory.mktemp("begun"))
    people(file_place(file))
    return file.read_bytes()


@pytest.fixture
def file(tmp_path, begun):
    """A store in a file; what asks the database for more than rows by name is tried on each database."""
    path = tmp_path / "verifier.db"
    path.touch(0o600)
    path.write_bytes(begun)
    return file_place(path)


@pytest.fixture
def everywhere(place, shared):
    """The pages with petra signed in, on each database."""
    people(place)
    pages = Pages(place, shared=shared)
    with pages.client, pages.store:
        pages.sign_in("petra")
        yield pages


@pytest.fixture
def petra(pages):
    pages.sign_in("petra")
    return pages


@pytest.fixture
def quentin(pages):
    pages.sign_in("quentin")
    return pages


def test_nobody_sees_a_page_without_signing_in(pages):
    for path in ("/admin/", "/admin/tokens", "/admin/clocks", "/admin/logins", "/admin/audit"):
        assert pages.get(path, 303).headers["location"] == "/admin/sign-in"
    answer = pages.post(f"/admin/tokens/{pages.ids['anna']}/suspend", 303, mark="x")
    assert answer.headers["location"] == "/admin/sign-in"
    assert pages.state("anna").status is Status.ACTIVE


def test_an_operator_signs_in_with_password_and_code_and_out_again(pages):
    assert pages.sign_in("petra").headers["location"] == "/admin/"
    assert "petra" in pages.get("/admin/").text
    pages.post("/admin/sign-out", mark=pages.mark("/admin/"))
    pages.get("/admin/", 303)
    assert ("sign in", "done") in pages.said()
    assert pages.said()[-1] == ("sign out", "done")


def test_a_code_signs_in_once(pages):
    code = pages.code("petra")
    pages.sign_in(code=code)
    pages.client.cookies.clear()
    pages.sign_in(code=code, status=403)


def test_whoever_is_refused_is_not_told_why(pages):
    told = set()
    for name, password, code in (
        ("petra", "wrong horse battery", None),
        ("petra", PASSWORD, "000000"),
        ("anna", PASSWORD, None),
        ("nobody", PASSWORD, None),
        ("", "", ""),
        ("x\0y", "z" * 2000, "9" * 60),
    ):
        page = pages.sign_in(name, password, code or pages.code("petra"), 403)
        assert "fob_admin=" not in page.headers.get("set-cookie", "")
        told.add(re.search(r'role="alert">(.*?)</p>', page.text)[1])
    assert len(told) == 1
    assert "Not signed in." in told.pop()


def test_a_wrong_password_uses_no_code_up_and_counts_nothing_on_the_token(pages):
    code = pages.code("petra")
    pages.sign_in(password="wrong horse battery", code=code, status=403)
    assert pages.state("petra").failures == 0
    pages.sign_in(code=code)


def test_a_wrong_code_counts_like_any_other(pages):
    pages.sign_in(code="000000", status=403)
    assert pages.state("petra").failures == 1


def test_wrong_passwords_make_even_the_right_one_wait(everywhere):
    for _ in range(throttle.MOST):
        everywhere.sign_in(password="wrong horse battery", status=403)
    everywhere.sign_in(status=403)
    assert everywhere.said()[-1] == ("sign in", "throttled")
    everywhere.sign_in("quentin")
    everywhere.utc += throttle.SECONDS
    everywhere.sign_in()


def test_what_may_be_a_password_is_not_written_down_as_a_name(pages):
    pages.sign_in("my secret passphrase", code="000000", status=403)
    assert all("my secret" not in str(each) for each in audit.every(pages.store))


def test_sign_ins_for_one_name_have_a_limit(file):
    pages = Pages(file, user=3)
    with pages.client, pages.store:
        for _ in range(3):
            pages.sign_in(status=403, code="000000", password="x")
        answer = pages.sign_in(status=429)
        assert answer.headers["retry-after"]
        assert "Too often" in answer.text


def test_sign_ins_that_anyone_may_try_take_nothing_from_a_users_attempts(file):
    pages = Pages(file, user=3)
    with pages.client, pages.store:
        key = apikeys.add(pages.store, "vpn", Scope.VERIFY, NOON)[1]
        for _ in range(3):
            pages.sign_in(status=403, code="000000", password="x")
        pages.sign_in(status=429)
        asked = {"user": "petra", "code": pages.code("petra")}
        answer = pages.client.post("/v1/verify", json=asked, headers={"Authorization": f"Bearer {key}"})
        assert answer.json()["accepted"], answer.text


def test_a_visits_repr_holds_nothing_that_lets_anyone_in(file):
    with open_store(file) as store:
        visit = Visit(operators.in_force(store, "petra"), "cookie-1", "mark-1", NOON, {"first": "123456"})
    assert not any(secret in repr(visit) for secret in ("cookie-1", "mark-1", "123456"))


def test_a_session_that_lies_idle_ends(petra):
    petra.utc += IDLE
    petra.get("/admin/", 303)


def test_a_revoked_operator_is_out_at_once(petra):
    operators.revoke(petra.store, "petra", petra.utc)
    petra.get("/admin/", 303)
    petra.sign_in(status=403)


@pytest.mark.parametrize(("base", "secure"), [("http://testserver", False), ("https://testserver", True)])
def test_the_cookie_is_for_this_site_alone_and_for_no_script(file, base, secure):
    pages = Pages(file, base)
    with pages.client, pages.store:
        cookies = SimpleCookie(pages.sign_in().headers["set-cookie"].split(", fob_admin_form")[0])
        cookie = cookies["fob_admin"]
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "strict"
        assert cookie["path"] == "/admin"
        assert bool(cookie["secure"]) is secure
        assert len(cookie.value) >= 43


def test_a_form_without_its_mark_does_nothing(petra):
    path = f"/admin/tokens/{petra.ids['anna']}/suspend"
    for mark in ("", "00" * 16, operator_sessions.form_mark(petra.store, "another cookie")):
        assert "Nothing was changed" in petra.post(path, 403, mark=mark).text
    mark = petra.mark("/admin/")
    petra.post(path, 403, headers={"Sec-Fetch-Site": "cross-site"}, mark=mark)
    assert petra.state("anna").status is Status.ACTIVE
    petra.post(path, 303, headers={"Sec-Fetch-Site": "same-origin"}, mark=mark)
    assert petra.state("anna").status is Status.SUSPENDED


def test_nobody_is_signed_in_by_another_site(pages):
    fields = {"user": "petra", "password": PASSWORD, "code": pages.code("petra")}
    pages.get("/admin/sign-in")
    for mark in ("", operator_sessions.form_mark(pages.store, "")):
        pages.post("/admin/sign-in", 403, mark=mark, **fields)
    pages.client.cookies.clear()
    pages.post("/admin/sign-in", 403, mark=operator_sessions.form_mark(pages.store, "x"), **fields)


def test_a_form_of_another_kind_is_refused(petra):
    answer = petra.client.post("/admin/sign-out", json={"mark": "x"})
    assert answer.status_code == 415
    files = petra.client.post("/admin/sign-out", files={"mark": b"x"})
    assert files.status_code == 415
    petra.get("/admin/")


def test_every_page_holds_nothing_from_elsewhere_and_no_script(everywhere):
    token = everywhere.ids["anna"]
    for path in ("", "tokens", f"tokens/{token}", "clocks", "logins", "audit", "sign-in", "tokens/nothing"):
        page = everywhere.client.get(f"/admin/{path}")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script|\son\w+=|\sstyle=|javascript:|https?://(?!www\.w3\.org)", page.text)
        assert page.text.count("<h1") == 1
        forms = re.findall(r"<form.*?</form>", page.text, re.S)
        assert all('name="mark"' in form for form in forms if 'method="post"' in form)


def test_the_sheet_and_the_picture_come_from_here(petra):
    sheet = re.search(r'<link rel="stylesheet" href="([^"]+)"', petra.get("/admin/").text)[1]
    assert petra.get(sheet).headers["content-type"].startswith("text/css")
    assert petra.get("/admin/static/icon.svg").headers["content-type"].startswith("image/svg")
    petra.get("/admin/static/page.html", 404)
    petra.get("/admin/static/..%2Ftemplates%2Fpage.html", 404)


def test_names_cannot_write_into_a_page(petra):
    name = '<script>alert("x")</script>'
    add_token(petra.store, name, '"><b>', account(secret=b"q" * 20, issuer="<i>", name="</title>"), NOON)
    verify(petra.store, name, "000000", petra.utc, POLICY)
    token = petra.store.tokens(name)[0].id
    for path in (
        "",
        "tokens",
        f"tokens/{token}",
        "logins",
        "audit",
        "audit?user=%3Cb%3E%22",
        "tokens?q=%22%3E%3Cb%3E",
    ):
        text = petra.get(f"/admin/{path}").text
        assert "<script" not in text
        assert "<b>" not in text
        assert "<i>" not in text


def test_helpdesk_suspends_resumes_and_assigns(quentin):
    path = f"/admin/tokens/{quentin.ids['anna']}"
    assert verify(quentin.store, "anna", quentin.code("anna"), quentin.utc, POLICY).accepted
    assert "would be accepted" in quentin.get(path).text
    quentin.act("anna", "suspend")
    assert quentin.state("anna").status is Status.SUSPENDED
    assert "No code of it is accepted while it is suspended." in quentin.get(path).text
    quentin.act("anna", "resume")
    assert quentin.state("anna").status is Status.ACTIVE
    quentin.act("anna", "assign", user="bertha")
    assert quentin.store.token(quentin.ids["anna"]).user == "bertha"
    last = list(audit.every(quentin.store))[-1].entry
    assert (last.actor.door, last.actor.name, last.action) == ("admin", "quentin", "assign")


def test_a_lost_clock_is_found_by_two_codes(quentin):
    far = quentin.utc + 3600
    first, second = (code_at(SEEDS["anna"], far + 30 * step) for step in range(2))
    page = quentin.act("anna", "resync", 422, first=first, second=first)
    assert "count as one wrong code" in page.text
    assert quentin.state("anna").failures == 1
    assert '<details class="card" open>' in page.text
    quentin.act("anna", "resync", first=first, second=second)
    assert quentin.state("anna").drift.offset > 3000


def test_a_lost_token_gets_codes_that_are_shown_once_and_work_once(quentin):
    page = quentin.act("anna", "lost", 200, until="2027-01-20").text
    codes = re.findall(r"<li>([0-9A-Z]{5}-?[0-9A-Z]{5})</li>", page)
    assert len(codes) == len(set(codes)) == 10
    assert quentin.state("anna").status is Status.LOST
    assert "10, before 2027-01-21 00:00:00 UTC" in page
    assert not any(code in quentin.get(f"/admin/tokens/{quentin.ids['anna']}").text for code in codes)
    assert not any(code in str(each) for each in audit.every(quentin.store) for code in codes)
    assert verify(quentin.store, "anna", codes[0], quentin.utc, POLICY).accepted
    assert not verify(quentin.store, "anna", codes[0], quentin.utc, POLICY).accepted
    end = 1_800_000_000 + 6 * 86_400 - 8 * 3600  # the beginning of 2027-01-21
    assert not verify(quentin.store, "anna", codes[1], end, POLICY).accepted
    quentin.act("anna", "found")
    assert quentin.state("anna").status is Status.ACTIVE
    assert not verify(quentin.store, "anna", codes[2], quentin.utc, POLICY).accepted


def test_an_end_of_codes_that_cannot_be_changes_nothing(quentin):
    for until in ("2027-01-01", "2028-01-01", "tomorrow", "9999-12-31", "2027-02-30"):
        assert "Nothing was changed" in quentin.act("anna", "lost", 422, until=until).text
    assert quentin.state("anna").status is Status.ACTIVE


def test_a_token_may_be_lost_without_codes(quentin):
    page = quentin.act("anna", "lost", 200, until="").text
    assert "<ol>" not in page
    assert quentin.state("anna").status is Status.LOST


def test_only_an_admin_revokes(pages):
    pages.sign_in("quentin")
    assert "revoke" not in pages.get(f"/admin/tokens/{pages.ids['anna']}").text
    pages.act("anna", "revoke", 403)
    assert pages.state("anna").status is Status.ACTIVE
    pages.client.cookies.clear()
    pages.sign_in("petra")
    pages.act("anna", "revoke")
    assert pages.state("anna").status is Status.REVOKED
    page = pages.act("anna", "resume", 422)
    assert "revoked for good" in page.text


def test_helpdesk_does_not_touch_an_admins_second_factor(quentin):
    for action in ("suspend", "resync", "assign"):
        quentin.act("petra", action, 403, user="quentin", first="1", second="2")
    quentin.act("anna", "assign", 403, user="petra")
    assert quentin.store.token(quentin.ids["petra"]).user == "petra"
    assert [token.id for token in quentin.store.tokens("petra")] == [quentin.ids["petra"]]


def test_what_cannot_be_done_says_so_on_a_page(petra):
    assert "There is no such form." in petra.act("anna", "fly", 404).text
    assert "No token has that id." in petra.get("/admin/tokens/ffffffff", 404).text
    assert "user: it is empty" in petra.act("anna", "assign", 422, user=" ").text.lower()
    petra.get("/admin/tokens?after=..%2F", 404)
    petra.get("/admin/audit?before=0", 404)
    assert "There is no such entry." in petra.get("/admin/audit?user=a%00").text
    petra.get("/admin/audit?before=99999999999999999999999", 404)


def test_tokens_are_found_by_the_beginning_of_a_name_number_or_id(everywhere):
    for asked in ("ann", "S-ann", everywhere.ids["anna"][:5], everywhere.ids["anna"].upper(), " anna "):
        assert everywhere.ids["anna"] in everywhere.get(f"/admin/tokens?q={asked}").text
    for asked in ("nna", "%25", "_nna", "anna%00"):
        assert everywhere.ids["anna"] not in everywhere.get(f"/admin/tokens?q={asked}").text
    set_status(everywhere.store, everywhere.ids["anna"], Status.SUSPENDED, NOON)
    assert everywhere.ids["anna"] in everywhere.get("/admin/tokens?status=suspended").text
    assert everywhere.ids["anna"] not in everywhere.get("/admin/tokens?status=active").text


def test_lists_go_on_page_by_page(everywhere):
    for number in range(55):
        add_token(everywhere.store, "many", None, account(secret=b"%020d" % number), NOON)
    seen, path = [], "/admin/tokens?q=many"
    while path:
        text = everywhere.get(path).text
        seen += re.findall(r'<tr><td><a class="id" href="/admin/tokens/([0-9a-f]{8})"', text)
        more = re.search(r'<a href="([^"]+)">Next</a>', text)
        path = more and more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 55
    numbers, path = [], "/admin/audit?user=many"
    while path:
        text = everywhere.get(path).text
        numbers.append(text.count("add token"))
        more = re.search(r'<a href="([^"]+)">Older</a>', text)
        path = more and more[1].replace("&amp;", "&")
    assert numbers == [50, 5]


@pytest.mark.parametrize("lock_seconds", [0, 900])
def test_the_list_of_locked_tokens_is_the_rules(place, lock_seconds):
    from dataclasses import replace

    policy = replace(POLICY, lock_seconds=lock_seconds)
    with open_store(place) as store:
        for failures in (0, 9, 10, 11, 13, 30, 45):
            added = add_token(store, "u", None, account(secret=b"%020d" % failures), NOON)
            state = added.state._replace(failures=failures, failed_at=NOON)
            assert store.change([(added, state)])
        out_of_use = add_token(store, "u", None, account(), NOON)
        lost = out_of_use.state._replace(failures=20, failed_at=NOON, status=Status.LOST)
        assert store.change([(out_of_use, lost)])
        for utc in (NOON - 1, NOON, NOON + 899, NOON + 900, NOON + 1800, NOON + 7200, NOON + 10**9):
            listed = {token.id for token in search.tokens(store, policy, utc, state=search.LOCKED)}
            locked = {
                token.id
                for token in store.tokens()
                if token.state.status is Status.ACTIVE and is_locked(token.state, policy, utc)
            }
            assert listed == locked


def test_the_pages_are_not_there_unless_asked_for(file):
    settings = Settings(lambda _: open_store(file), lambda: NOON, POLICY, Rates())
    with TestClient(make_app(settings)) as client:
        for path in ("/admin", "/admin/", "/admin/sign-in", "/admin/static/admin.css"):
            assert client.get(path).status_code == 404


def test_the_description_of_the_interface_does_not_change():
    def described(admin):
        return make_app(Settings(None, None, POLICY, Rates(), admin)).openapi()

    assert described(True) == described(False)
