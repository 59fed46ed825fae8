"""The client of the HTTP interface: what it takes for an acceptance, and what it tells of all else."""

import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tokencore import otpauth

from host_verify import client as client_module
from host_verify.apikeys import Scope
from host_verify.client import Client, ClientError, NotAllowed, TooOften, Unreachable, configured
from host_verify.database import file_place

from .filled import configuration, filled, fresh
from .parts import account, new_store
from .serving import Serving
from .test_serve import certificate


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("doors")) as serving:
        yield serving


def test_the_client_verifies_and_manages(serving):
    with Client(serving.url, serving.keys[Scope.VERIFY]) as client:
        code = fresh()
        answer = client.verify("bob", f"{code[:3]} {code[3:]}")
        assert (answer.accepted, answer.reason, answer.token) == (True, "accepted", None)
        assert client.verify("bob", code).reason == "refused"
        with pytest.raises(NotAllowed, match="scope") as caught:
            next(client.tokens())
        assert caught.value.status == 403
    with Client(serving.url, serving.keys[Scope.ADMIN]) as client:
        added = client.add_token("new", otpauth.build(account(secret=b"new" * 7)), "S-1")
        assert client.token(added["id"])["serial"] == "S-1"
        assert client.set_status(added["id"], "suspended")["status"] == "suspended"
        assert client.verify("new", "000000").reason == "suspended"
        assert [each["id"] for each in client.tokens("new")] == [added["id"]]
        assert len(list(client.tokens())) >= 5
        assert [entry["action"] for entry in client.history(added["id"])] == [
            "add token",
            "set status",
            "verify",
        ]
        first, second = fresh(), fresh()
        assert client.resync("bob", first, second).accepted
        with pytest.raises(ClientError, match="no token has that id") as caught:
            client.token("00000000")
        assert caught.value.status == 404
        with pytest.raises(ClientError, match="secret: it has no value"):
            client.add_token("new", "otpauth://totp/x?secret=")


def test_the_client_manages_users_and_lost_tokens(serving):
    with Client(serving.url, serving.keys[Scope.ADMIN]) as client:
        assert client.add_user("zo\u00eb/pin")["pin_set"] is None
        assert client.user("zo\u00eb/pin")["name"] == "zo\u00eb/pin"
        token = client.add_token("zo\u00eb/pin", otpauth.build(account(secret=b"zoe" * 7, kind="hotp")))["id"]
        assert client.set_pin("zo\u00eb/pin", "4711")["pin_set"] is not None
        codes = client.lost(token, int(time.time()) + 3600, codes=3)
        assert len(codes) == 3
        assert client.verify("zo\u00eb/pin", codes[0]).reason == "wrong_pin"
        assert client.verify("zo\u00eb/pin", f"4711{codes[0]}").accepted
        assert client.lock("zo\u00eb/pin")["locked"] is not None
        assert client.verify("zo\u00eb/pin", f"4711{codes[1]}").reason == "user_locked"
        assert client.lock("zo\u00eb/pin", False)["locked"] is None
        assert client.set_pin("zo\u00eb/pin", None)["pin_set"] is None
        assert client.found(token)["status"] == "active"
        assert client.verify("zo\u00eb/pin", codes[1]).reason == "malformed"
        assert client.lost(token) == []
        with pytest.raises(ClientError, match="is lost: say first"):
            client.assign(token, None)
        client.found(token)
        assert client.assign(token, None)["user"] == ""
        client.remove_user("zo\u00eb/pin")
        with pytest.raises(ClientError, match="no user has that name") as caught:
            client.user("zo\u00eb/pin")
        assert caught.value.status == 404
        assert {"bob", "root"} <= {each["name"] for each in client.users()}


def test_the_client_yields_all_pages(serving, monkeypatch):
    with Client(serving.url, serving.keys[Scope.HELPDESK]) as client:
        whole = [token["id"] for token in client.tokens()]
        everyone = [user["name"] for user in client.users()]
        ask = client.ask
        monkeypatch.setattr(client, "ask", lambda method, path: ask(method, f"{path}&limit=1"))
        assert [token["id"] for token in client.tokens()] == whole
        assert [user["name"] for user in client.users()] == sorted(everyone)


class Odd(BaseHTTPRequestHandler):
    """Something that answers, and what it answers."""

    protocol_version = "HTTP/1.1"
    said = (200, b"{}")

    def do_POST(self):
        status, data = self.said
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "7")
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True  # without having said so, as one that waited too long does

    def log_message(self, *_):
        pass


@pytest.fixture
def odd():
    with HTTPServer(("127.0.0.1", 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "said", [b'{"accepted": 1}', b'{"accepted": "true"}', b'{"accepted": null}', b'{"x": 1}']
)
def test_only_true_is_an_acceptance(odd, monkeypatch, said):
    monkeypatch.setattr(Odd, "said", (200, said))
    with Client(odd, "key") as client:
        assert client.verify("bob", "755224").accepted is False


@pytest.mark.parametrize(
    ("status", "said", "error", "text"),
    [
        (200, b'{"accepted": true', Unreachable, "no verifier"),
        (200, b"{}", Unreachable, "no verifier"),
        (200, b"[" * 100_000, Unreachable, "no verifier"),
        (200, b"[true]", Unreachable, "no verifier"),
        (404, b"<html>", Unreachable, "no verifier"),
        (302, b'{"accepted": true}', Unreachable, "no verifier"),
        (500, b'{"accepted": true}', Unreachable, "no verifier"),
        (401, b'{"error": {"kind": "x", "message": "an API key is needed"}}', NotAllowed, "key is needed"),
        (429, b'{"error": {"kind": "x", "message": "too many"}}', TooOften, "too many"),
        (503, b'{"error": {"kind": "x", "message": "the store"}}', ClientError, "the store"),
    ],
)
def test_what_is_no_verdict_is_an_error_without_code_or_key(odd, monkeypatch, status, said, error, text):
    monkeypatch.setattr(Odd, "said", (status, said))
    with Client(odd, "fob_key") as client, pytest.raises(error, match=text) as caught:
        client.verify("bob", "755224")
    assert caught.value.status == status
    assert caught.value.retry_after == (7 if status == 429 else None)
    for secret in ("fob_key", "755224"):
        assert secret not in repr(caught.value) + str(caught.value) + repr(client)


def test_a_connection_that_was_closed_meanwhile_is_made_anew(odd, monkeypatch):
    monkeypatch.setattr(Odd, "said", (200, b'{"accepted": true, "reason": "accepted"}'))
    with Client(odd, "key") as client:
        assert [client.verify("bob", "755224").accepted for _ in range(3)] == [True] * 3


def test_a_connection_is_not_made_anew_for_ever(odd, monkeypatch):
    monkeypatch.setattr(Odd, "said", (200, b'{"accepted": true, "reason": "accepted"}'))
    came = []

    def hang_up(request):
        came.append(request.path)
        request.close_connection = True

    with Client(odd, "key") as client:
        assert client.verify("bob", "755224").accepted
        monkeypatch.setattr(Odd, "do_POST", hang_up)
        with pytest.raises(Unreachable, match=r"RemoteDisconnected|reset"):
            client.verify("bob", "755224")
    assert len(came) == 1


def test_who_does_not_answer_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Client(f"http://127.0.0.1:{port}", "key") as client,
        pytest.raises(Unreachable, match=f":{port} does"),
    ):
        client.verify("bob", "755224")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://verifier.example", "key"), ("http://192.0.2.1:8480", "key"), ("ftp://127.0.0.1", "key"),
        ("127.0.0.1:8480", "key"), ("https://u:p@x", "key"), ("https://:p@x", "key"),
        ("https://x", ""), ("https://x", "two words"), ("https://x", "line\r\nX: y"),
        ("https://x", "schlüssel"),
    ],
)  # fmt: skip
def test_a_url_or_key_that_cannot_be_is_refused(url, key):
    with pytest.raises(ValueError, match=r"URL|clear|key") as caught:
        Client(url, key)
    assert not key or key == "key" or key not in str(caught.value)


def test_the_client_checks_certificates(tmp_path):
    certificate(tmp_path)
    files = {name: str(tmp_path / f"{name}.pem") for name in ("cert", "key")}
    place = file_place(new_store(tmp_path))
    os.environ["SSL_CERT_FILE"], before = files["cert"], os.environ.get("SSL_CERT_FILE")
    try:
        serving = Serving(place, "--tls-cert", files["cert"], "--tls-key", files["key"])
        with serving:
            key = serving.keys[Scope.VERIFY]
            with Client(serving.url, key, ca=files["cert"]) as client:
                assert client.verify("x", "1").reason == "refused"
            os.environ["SSL_CERT_FILE"] = os.devnull
            with Client(serving.url, key) as client, pytest.raises(Unreachable, match="CERTIFICATE_VERIFY"):
                client.verify("x", "1")
            name = serving.url.replace("127.0.0.1", "localhost")
            with Client(name, key, ca=files["cert"]) as client, pytest.raises(Unreachable, match="CERTIF"):
                client.verify("x", "1")
    finally:
        del os.environ["SSL_CERT_FILE"]
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def as_program(config, user, code, **environment):
    """Run the client's one file as PAM does, on a Python that finds nothing else of ours."""
    arguments = ["--config", str(config), *([user] if user else [])]
    run = subprocess.run(
        [sys.executable, "-I", "-S", client_module.__file__, *arguments],
        input=code, env=environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    said = (run.stdout + run.stderr).decode()
    assert "Traceback" not in said
    return run.returncode, said


def test_the_client_is_a_program_too(serving, tmp_path):
    key = serving.keys[Scope.VERIFY]
    config = configuration(tmp_path, serving.url, key)
    code = fresh().encode()
    assert as_program(config, "bob", code + b"\n") == (0, "")
    assert as_program(config, None, code + b"\0", PAM_USER="bob") == (1, "")
    assert as_program(config, None, fresh().encode() + b"\0", PAM_USER="bob") == (0, "")
    assert as_program(config, "bob", b"\xff" * 5000) == (1, "")
    assert as_program(config, None, code)[0] == 2
    wrong = configuration(tmp_path, serving.url, "fob_00000000_wrong")
    status, said = as_program(wrong, "bob", code)
    assert (status, said.count("\n")) == (3, 1)
    assert "an API key is needed" in said
    assert "wrong" not in said
    status, said = as_program(configuration(tmp_path, serving.url, key, 0o644), "bob", code)
    assert status == 3
    assert "chmod 600" in said
    assert as_program(tmp_path / "none", "bob", code)[0] == 3
    assert as_program(configuration(tmp_path, "http://verifier.example", key), "bob", code)[0] == 3


@pytest.mark.parametrize("text", ["url = ", 'url = "https://x"', 'url = "https://x"\nkey = "k"\nx = 1\n'])
def test_a_configuration_that_cannot_be_is_refused(tmp_path, text):
    file = tmp_path / "client.toml"
    file.touch(0o600)
    file.write_text(text)
    with pytest.raises(ValueError, match=r"TOML|needs url and key"):
        configured(str(file))
