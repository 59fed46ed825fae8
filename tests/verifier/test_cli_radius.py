"""`host-verify radius` where it cannot start: what is said, and with which exit status."""

import socket

import pytest
from click.testing import CliRunner

from host_verify.cli import cli

from .parts import MASTER, new_store
from .radius import CLIENTS, SHARED


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Try to start the server on a store that is well; return the exit status and what was said."""
    monkeypatch.setenv("HOST_VERIFY_STORE", f"sqlite:///{new_store(tmp_path)}")
    monkeypatch.setenv("FOB_KEY", MASTER.hex())
    file = tmp_path / "clients.toml"
    file.touch(0o600)
    file.write_text(CLIENTS)

    def run(*options):
        arguments = ["--key-env", "FOB_KEY", "radius", "--clients", str(file), *options]
        result = CliRunner().invoke(cli, arguments)
        assert SHARED.decode() not in result.output
        return result.exit_code, result.output

    run.folder, run.file = tmp_path, file
    return run


@pytest.mark.parametrize("listen", ["1812", "x:99999", "127.0.0.1:", ":1812"])
def test_an_address_that_cannot_be_is_wrong_use(start, listen):
    status, said = start("--listen", listen)
    assert status == 2
    assert "give --listen as HOST:PORT, such as 127.0.0.1:1812" in said


def test_an_address_in_use_is_named(start):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        status, said = start("--listen", f"127.0.0.1:{port}")
    assert status == 3
    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in said


def test_a_file_of_clients_is_needed_that_only_its_owner_reads(start):
    start.file.chmod(0o644)
    status, said = start()
    assert status == 3
    assert "chmod 600" in said
    start.file.chmod(0o600)
    start.file.write_text(CLIENTS.replace(SHARED.decode(), "short"))
    status, said = start()
    assert status == 2
    assert "client 1: secret: at least 16 bytes are needed" in said
    start.file.unlink()
    status, said = start()
    assert status == 3
    assert "No such file" in said
    assert CliRunner().invoke(cli, ["radius"]).exit_code == 2


def test_it_does_not_start_without_a_store(start):
    (start.folder / "verifier.db").unlink()
    status, said = start("--listen", "127.0.0.1:0")
    assert status == 3
    assert "host-verify init" in said
