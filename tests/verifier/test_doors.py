"""The doors as others use them: FreeRADIUS, PAM with a real sshd, and the page with its files."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from host_verify import client as client_module
from host_verify.apikeys import Scope
from host_verify.cli import cli
from host_verify.cli_radius import radius
from host_verify.pace import REFUSAL_STEP
from host_verify.radius.clients import SHORTEST_SECRET, parse
from host_verify.radius.duplicates import KEPT_SECONDS
from host_verify.service import add_token
from host_verify.web.limits import Rates
from tests.docs.pages import ROOT, commands

from . import freeradius, sshd
from .doors import CLIENTS, HOTP, race, twice
from .filled import FILES, configuration, filled, fresh, token_of
from .parts import MASTER, NOON, code_of, new_store, open_store
from .radius import SHARED, Asking, Running, request

ROUNDS = 24
PAGE = (ROOT / "docs/doors.md").read_text()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with filled(tmp_path_factory.mktemp("doors")) as serving:
        yield serving


def test_one_code_at_one_instant_is_accepted_once_whatever_door_it_comes_to(place, tmp_path):
    answers = race(place, tmp_path, ROUNDS, workers=1)
    assert len(answers) == ROUNDS
    assert sum(answers[0].values()) == CLIENTS
    assert twice(answers) == []


@pytest.fixture
def free_radius(serving):
    if reason := freeradius.why_not():
        pytest.skip(reason)
    with freeradius.FreeRadius(
        serving.url, serving.keys[Scope.VERIFY], "no-blank-in-this-secret", False
    ) as one:
        yield one


def test_freeradius_lets_in_by_the_http_interface(serving, free_radius):
    secret = b"no-blank-in-this-secret"

    def ask(user, code):
        packet = request(user, code, secret)
        asking.send(packet.RequestPacket())
        data = asking.answer()
        reply = packet.CreateReply(packet=data)
        assert packet.VerifyReply(reply, data)
        assert b"accepted" not in data, "what the verifier said went on to the client"
        return reply.code

    with Asking(free_radius.port) as asking:
        code = fresh()
        assert ask("bob", f"{code[:3]} {code[3:]}") == 2
        assert ask("bob", code) == 3
        assert ask("nobody", code) == 3
        assert ask("bob", '", "code": "755224') == 3
        assert ask('bob", "x": "', fresh()) == 3
        assert ask("%{User-Password}", "%{Packet-Src-IP-Address}") == 3
        # A backslash arrives as one; a name beyond ASCII is not sent at all.
        assert ask("DOM\\bob", fresh(2)) == 2
        assert ask("zoë", fresh(3)) == 3
        assert ask("bob", fresh()) == 2
    for secret in (serving.keys[Scope.VERIFY], code):
        assert secret not in free_radius.said()


def test_sshd_asks_through_pam_radius_auth_and_freeradius(free_radius, tmp_path):
    if reason := sshd.why_not("pam_radius_auth.so"):
        pytest.skip(reason)
    lines = pam_radius(tmp_path, free_radius.port, "no-blank-in-this-secret")
    with sshd.Sshd(lines.replace(" require_message_authenticator", ""), server_settings()) as server:
        logs_in_once(server, 1)


def test_sshd_asks_through_pam_radius_auth_and_our_server(tmp_path):
    module = sshd.MODULES / "pam_radius_auth.so"
    if reason := sshd.why_not("pam_radius_auth.so"):
        pytest.skip(reason)
    if b"require_message_authenticator" not in module.read_bytes():
        pytest.skip("this pam_radius_auth sends no Message-Authenticator: 3.0 or newer is needed")
    secret = "no-blank-in-this-secret"
    clients = f'[[client]]\nname = "here"\naddress = "127.0.0.1"\nsecret = "{secret}"\n'
    with open_store(new_store(tmp_path)) as store:
        add_token(store, "root", None, token_of(1), NOON)
        with Running(store, clients=clients) as radius:
            lines = pam_radius(tmp_path, radius.port, secret)
            with sshd.Sshd(lines, server_settings()) as server:
                first, second = code_of(token_of(1), 0), code_of(token_of(1), 1)
                assert [server.login(code) for code in (first, first, second)] == [True, False, True]
    assert radius.counts == {"accepted": 2, "replayed": 1}


def pam_radius(folder, port, secret):
    """The lines of docs/doors/pam/radius, with a file of servers that names ours."""
    servers = folder / "pam_radius_auth.conf"
    servers.touch(0o600)
    servers.write_text(f"127.0.0.1:{port} {secret} 10\n")
    lines = (FILES / "pam/radius").read_text()
    assert "conf=/etc/pam_radius_auth.conf" in lines
    return lines.replace("/etc/pam_radius_auth.conf", str(servers))


def test_sshd_asks_through_pam_exec_and_the_client(serving, tmp_path):
    if reason := sshd.why_not("pam_exec.so"):
        pytest.skip(reason)
    configuration(tmp_path, serving.url, serving.keys[Scope.VERIFY])
    shutil.copy(client_module.__file__, tmp_path / "client.py")
    lines = (FILES / "pam/exec").read_text()
    for example, real in (
        ("/usr/local/lib/fobsmith", str(tmp_path)), ("/etc/fobsmith", str(tmp_path)),
        ("/usr/bin/python3", sys.executable),
    ):  # fmt: skip
        assert example in lines
        lines = lines.replace(example, real)
    with sshd.Sshd(lines, server_settings()) as server:
        logs_in_once(server, 1)
        assert not server.login(fresh(1), "root", "-o", "PubkeyAuthentication=no")
        (tmp_path / "client.toml").unlink()
        assert not server.login(fresh(1))
    assert not [name for name in os.listdir("/etc/pam.d") if name.startswith("fob-")]


def server_settings():
    return (FILES / "pam/sshd_config").read_text()


def logs_in_once(server, index):
    code = fresh(index)
    assert server.login(code), server.said()
    assert not server.login(code)
    assert not server.login("")
    assert server.login(fresh(index)), server.said()


def test_the_page_says_what_is_so():
    text = " ".join(PAGE.split())
    rates = Rates()
    assert f"{rates.user} attempts a minute for one user's name, {rates.key:,} by one client" in text
    assert f"{rates.all:,} together" in text
    assert f"for {KEPT_SECONDS:.0f} s, and is not judged again" in text
    assert f"whole steps of {REFUSAL_STEP * 1000:.0f} ms" in text
    assert f"at least {SHORTEST_SECRET} bytes" in text
    linked = set(re.findall(r"\]\((doors/[^)]*)\)", PAGE))
    assert linked == {str(file.relative_to(ROOT / "docs")) for file in FILES.rglob("*") if file.is_file()}
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]
    for clients in (example, (FILES / "clients.toml").read_text()):
        assert len(parse(clients.encode())) == 1


def test_the_pages_commands_do_what_it_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HOST_VERIFY_STORE", f"sqlite:///{new_store(tmp_path)}")
    monkeypatch.setenv("FOB_KEY", MASTER.hex())
    shown = commands("docs/doors.md")
    assert len(shown) == 2
    for command in shown:
        name, *arguments = shlex.split(command)
        assert name == "host-verify"
        result = CliRunner().invoke(cli, ["--key-env", "FOB_KEY", *arguments])
        assert re.fullmatch(r"fob_[0-9a-f]{8}_\S{43}", result.output.split()[-1]), result.output
    for words in re.findall(r"host-verify radius (.*)", PAGE):
        options = re.findall(r"--[a-z-]+", words)
        assert set(options) <= {option for each in radius.params for option in each.opts}


def test_the_pages_examples_of_asking_work(serving, tmp_path):
    """Each as it stands, with a fresh code and the test's own key, file and place."""
    key, url = serving.keys[Scope.VERIFY], serving.url
    config = configuration(tmp_path, url, key)
    told = {}
    blocks = re.findall(r"```(python|sh)\n(.*?)```", PAGE, re.DOTALL)
    for language, shown in blocks:
        if "123" not in shown or "radclient" in shown:
            continue
        code = fresh()
        block = shown.replace("alice", "bob").replace("123 456", f"{code[:3]} {code[3:]}")
        if language == "python":
            names = {"key": key}
            exec(block.replace("https://verifier.example", url), names)
            told[language] = names["let_in"]
            continue
        for example, real in (("/etc/fobsmith/client.toml", config), ("client.py", client_module.__file__)):
            block = block.replace(example, str(real))
        if "curl" in block and not shutil.which("curl"):
            continue
        for accepted in (True, False):
            run = subprocess.run(
                ["bash", "-c", block], env=os.environ | {"KEY": key, "URL": url},
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            assert (run.returncode == 0) is accepted, run.stdout + run.stderr
            assert not run.stdout + run.stderr
        told[block.split()[0]] = True
    assert told == {"python": True, "echo": True, "printf": True}


@pytest.mark.skipif(
    not shutil.which("radclient"), reason="radclient is not installed (Debian: freeradius-utils)"
)
def test_the_pages_example_of_radclient_works(tmp_path):
    block = next(b for b in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "radclient" in b)
    with open_store(new_store(tmp_path)) as store:
        add_token(store, "alice", None, HOTP, NOON)
        with Running(store) as server:
            block = block.replace("123456", code_of(HOTP, 0)).replace(":1812", f":{server.port}")
            run = subprocess.run(
                ["bash", "-c", block], env=os.environ | {"SECRET": SHARED.decode()},
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
    assert "Received Access-Accept" in run.stdout, run.stdout + run.stderr
