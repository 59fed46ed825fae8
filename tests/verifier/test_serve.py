"""`host-verify serve` in processes of its own: races through HTTP, killed workers, TLS, a wrong start."""

import datetime
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from host_verify.apikeys import Scope
from host_verify.core import Reason
from host_verify.database import file_place
from host_verify.service import add_token

from .parts import NOON, account, code_of, new_store, open_store
from .serving import COMMAND, Serving, environment

CLIENTS = 16
CODES = 20
HOTP = account(kind="hotp", secret=b"h" * 20)


def present(serving, codes, between=lambda turn: None):
    """All clients give each code at one instant; return, for each code, what was answered how often."""
    barrier = threading.Barrier(CLIENTS, timeout=60)

    def give(number):
        answers = []
        with serving.client(Scope.HELPDESK) as client:
            for turn, code in enumerate(codes):
                barrier.wait()
                if number == 0:
                    between(turn)
                try:
                    answer = client.post("/v1/verify", json={"user": "bob", "code": code})
                    answers.append(answer.json()["reason"])
                except httpx2.TransportError:
                    answers.append("no answer")
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [Counter(together) for together in zip(*pool.map(give, range(CLIENTS)), strict=True)]


def test_one_code_at_one_instant_is_accepted_once_whatever_worker_it_comes_to(place):
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    with Serving(place, "--workers", "2") as serving:
        assert len(serving.workers()) == 2
        for together in present(serving, [code_of(HOTP, turn) for turn in range(CODES)]):
            assert together == {Reason.ACCEPTED: 1, Reason.REPLAYED: CLIENTS - 1}
        with serving.client(Scope.HELPDESK) as client:
            told = client.get("/metrics").text
        # Of both workers together.
        assert f'host_verify_attempts_total{{action="verify",reason="accepted"}} {CODES}.0' in told
        assert f'reason="replayed"}} {CODES * (CLIENTS - 1)}.0' in told
    logged = [json.loads(line) for line in serving.said.splitlines()]
    assert Counter(line["level"] for line in logged) == {"info": CODES * CLIENTS}
    assert Counter(line["reason"] for line in logged)["accepted"] == CODES


def test_workers_that_are_killed_accept_nothing_twice_and_are_replaced(place):
    with open_store(place) as store:
        add_token(store, "bob", None, HOTP, NOON)
    with Serving(place, "--workers", "2") as serving:
        first = serving.workers()

        def kill(turn):
            if turn % 4 == 2 and (left := serving.workers()):
                os.kill(left[turn % len(left)], signal.SIGKILL)

        answers = present(serving, [code_of(HOTP, turn) for turn in range(12)], kill)
        assert all(together[Reason.ACCEPTED] <= 1 for together in answers), answers
        assert not set(answers[0]) - {Reason.ACCEPTED, Reason.REPLAYED}
        with serving.client() as client:
            assert [client.get("/healthz").status_code for _ in range(5)] == [200] * 5
        assert set(serving.workers()) != set(first)
        with open_store(place) as store:
            step = store.tokens("bob")[0].state.next_step
        with serving.client() as client:
            code = code_of(HOTP, step)
            assert client.post("/v1/verify", json={"user": "bob", "code": code}).json()["accepted"]


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "verifier")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_it_speaks_tls_with_a_certificate(tmp_path, monkeypatch):
    place = file_place(new_store(tmp_path))
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    options = ["--tls-cert", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    with Serving(place, *options) as serving:
        assert serving.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        with serving.client(verify=trusted) as client:
            assert client.post("/v1/verify", json={"user": "x", "code": "1"}).json()["reason"] == "refused"
        with pytest.raises(httpx2.TransportError):
            httpx2.get(serving.url.replace("https", "http") + "/healthz")


def start(place, *options):
    """Start what cannot be; return its exit status and what it said."""
    run = subprocess.run(
        [*COMMAND, "--key-env", "FOB_KEY", "serve", *options],
        env=environment(place), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize(
    "options", [["--listen", "8480"], ["--listen", "x:99999"], ["--workers", "0"], ["--tls-cert", __file__]]
)
def test_wrong_use_is_said(tmp_path, options):
    status, said = start(file_place(new_store(tmp_path)), *options)
    assert status == 2, said
    assert "Listening" not in said


def test_an_address_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        place = file_place(new_store(tmp_path))
        status, said = start(place, "--listen", f"127.0.0.1:{port}")
    assert status == 3
    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in said


def test_it_does_not_start_on_a_store_it_cannot_use(empty_place):
    status, said = start(empty_place)
    assert status == 3
    assert "host-verify init" in said
    assert "Listening" not in said
