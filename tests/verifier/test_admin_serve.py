"""`host-verify serve --admin` in processes of its own: one session holds in all of them."""

import re

import httpx2

from host_verify import operators
from host_verify.apikeys import Scope
from host_verify.database import file_place
from host_verify.service import add_token

from .parts import NOON, account, code_of, new_store, open_store
from .serving import Serving

PASSWORD = "correct horse battery"
HOTP = account(kind="hotp", secret=b"h" * 20)


def test_a_session_holds_in_every_worker_and_ends_in_every_worker(tmp_path):
    place = file_place(new_store(tmp_path))
    with open_store(place) as store:
        add_token(store, "petra", None, HOTP, NOON)
        operators.add(store, "petra", Scope.ADMIN, PASSWORD, NOON)
    cookies = httpx2.Cookies()
    with Serving(place, "--workers", "2", "--admin") as serving:

        def ask(method, path, **fields):
            # A connection of its own, which either worker may take.
            with httpx2.Client(base_url=serving.url, cookies=cookies) as client:
                answer = client.request(method, path, data=fields or None)
                cookies.update(client.cookies)
                return answer

        def mark(path):
            return re.search(r'name="mark" value="([0-9a-f]+)"', ask("GET", path).text)[1]

        signed = ask(
            "POST",
            "/admin/sign-in",
            mark=mark("/admin/sign-in"),
            user="petra",
            password=PASSWORD,
            code=code_of(HOTP, 0),
        )
        assert signed.status_code == 303, signed.text
        assert [ask("GET", "/admin/").status_code for _ in range(12)] == [200] * 12
        assert ask("POST", "/admin/sign-out", mark=mark("/admin/audit")).status_code == 303
        assert [ask("GET", "/admin/").status_code for _ in range(12)] == [303] * 12
    assert PASSWORD not in serving.said
    assert code_of(HOTP, 0) not in serving.said
