"""The desk's command as a process of its own against the simulated token, by terminal and by socket."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokencore import errors
from tokencore.account import Account

from provisioner.sync import synchronise
from tests.desk.terminal import Terminal
from tests.e2e.fob import Fob, run

SECRET_HEX = "3132333435363738393031323334353637383930"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
ALICE = f"otpauth://totp/ACME:alice?secret={SECRET}&issuer=ACME&algorithm=SHA512&digits=8&period=60"
DOOR = f"otpauth://hotp/Door:door?secret={SECRET}&issuer=Door&counter=9"


@pytest.fixture(params=[(), ("--tcp", "127.0.0.1:0")], ids=["pty", "socket"])
def fob(request, tmp_path: Path) -> Iterator[Fob]:
    with Fob(tmp_path / "token", *request.param) as running:
        yield running


def oathtool(*options: str) -> str:
    if shutil.which("oathtool") is None:
        pytest.skip("oathtool is not installed (Debian: oathtool)")
    command = ["oathtool", *options, SECRET_HEX]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def asks(fob: Fob, wanted: bool) -> bool:
    """Whether the screen soon asks for a press, or no more; it is drawn after the answer is sent."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if ("Send code?" in fob.screen()[1]) is wanted:
            return True
    return False


def test_the_life_of_a_token(fob: Fob) -> None:
    serial = fob.line["serial"]
    found = fob.do("info")
    assert found.pop("status")["role"] == "owner"
    assert found | {"uptime": 0, "dropped": 0, "port": ""} == {
        "port": "",
        "serial": serial,
        "board": "simulator",
        "firmware": "0.1.0",
        "accounts": 0,
        "capacity": 100,
        "clock": "not set",
        "utc": None,
        "uptime": 0,
        "dropped": 0,
        "faults": "",
        **dict.fromkeys(("bound", "synced", "rate", "trim", "growth")),
    }
    assert fob.do("add", given=ALICE)["position"] == 1
    assert fob.do("add", "-", given=DOOR)["position"] == 2
    assert json.loads(fob.desk("add", given=ALICE).stdout)["error"]["kind"] == "AccountExists"
    assert json.loads(fob.desk("code", "alice").stdout)["error"]["kind"] == "ClockNotSet"
    sync = fob.confirmed("sync")  # There are accounts, and the clock has never been set.
    assert sync["before"]["offset_ms"] is None
    assert abs(sync["after"]["offset_ms"]) < 50

    released = fob.confirmed("code", "alice")
    options = "--totp=sha512", "--digits=8", "--time-step-size=60s", f"--now=@{released['utc']}"
    assert released["code"] == oathtool(*options)
    assert abs(released["utc"] - time.time()) < 3

    assert fob.confirmed("code", "door")["code"] == oathtool("--counter=9")
    assert [(one["name"], one["counter"]) for one in fob.do("accounts")["accounts"]] == [
        ("alice", 0),
        ("door", 10),
    ]

    fob.do("rename", "door", "Gate")
    fob.do("move", "Gate", "1")
    fob.do("remove", "ACME")
    assert [one["name"] for one in fob.do("accounts")["accounts"]] == ["Gate"]
    assert fob.desk("wipe", given="0000").returncode == 1
    assert fob.do("wipe", given=serial) == {"wiped": serial, "accounts": 1}
    refused = json.loads(fob.desk("accounts").stdout)["error"]
    assert (refused["kind"], "no owner yet" in refused["message"]) == ("NotPaired", True)
    fob.pair()
    assert fob.do("accounts")["accounts"] == []


def test_a_restart_keeps_what_the_desk_put_in(tmp_path: Path) -> None:
    with Fob(tmp_path / "token") as fob:
        fob.do("sync")
        fob.do("add", given=ALICE)
        before = fob.do("accounts")
    with Fob(tmp_path / "token") as fob:
        assert fob.do("accounts") == before
        assert fob.do("info")["clock"] == "ok"


def test_the_token_sets_its_second_on_the_worlds(tmp_path: Path) -> None:
    """The simulated world's time is told by its own command: the chip must turn its second with it."""
    with Fob(tmp_path / "token") as fob:
        with fob.open() as token:
            done = synchronise(token, time.time_ns)
        world = fob.ask("clock")
        host_ms = time.time_ns() // 1_000_000
    assert abs(world["utc_ms"] - host_ms) < 500
    assert world["rtc_utc"] in (world["utc_ms"] // 1000, (world["utc_ms"] - 50) // 1000)
    assert done.after.uncertainty_ns < 50_000_000


def test_a_hundred_accounts_fill_the_token(fob: Fob) -> None:
    accounts = [Account(bytes([n]) * 64, f"{n:02}" + "x" * 62, "界" * 21, digits=8) for n in range(100)]
    with fob.open() as token:
        assert [token.add(account) for account in accounts] == list(range(100))
        with pytest.raises(errors.StoreFull):
            token.add(Account(b"x", "one too many"))
    listed = fob.do("accounts")["accounts"]
    assert [one["name"] for one in listed] == [account.name for account in accounts]
    assert run("provisioner", "--port", fob.port, "accounts").stdout.endswith(
        "100 of 100 [####################]\n"
    )


def test_a_desk_that_is_killed_while_it_waits_leaves_the_token_usable(fob: Fob) -> None:
    fob.do("add", given=DOOR)
    process = fob.waiting("code", "door")
    process.kill()
    process.communicate()
    listed = fob.do("accounts")["accounts"]
    assert [(one["name"], one["counter"]) for one in listed] == [("door", 9)]
    assert asks(fob, False)


def test_ctrl_c_gives_the_question_up(tmp_path: Path) -> None:
    with Fob(tmp_path / "token") as fob:
        fob.do("add", given=DOOR)
        with Terminal("provisioner", "--port", fob.port, "code", "door") as terminal:
            terminal.wait_for("Press confirm")
            assert asks(fob, True)
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.finish() == 130
        assert asks(fob, False)


def test_a_token_that_dies_while_a_press_is_awaited_is_exit_3(fob: Fob) -> None:
    fob.do("add", given=DOOR)
    process = fob.waiting("code", "door")
    fob.process.kill()
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert json.loads(out)["error"]["uncertain"] is True


def test_a_second_desk_is_told_that_the_port_is_in_use(fob: Fob) -> None:
    fob.do("add", given=DOOR)
    process = fob.waiting("code", "door")
    second = fob.desk("info")
    assert second.returncode == 3
    error = json.loads(second.stdout)["error"]
    assert error["kind"] == ("LinkLost" if fob.port.startswith("socket") else "PortBusy")
    fob.confirm()
    out, _ = process.communicate(timeout=10)
    assert json.loads(out)["counter"] == 9


def test_tokens_are_found_without_port(tmp_path: Path) -> None:
    with Fob(tmp_path / "one", paired=False) as one:
        found = run("provisioner", "--json", "info", FOBSMITH_SEARCH=one.port, FOBSMITH_PORT="")
        assert json.loads(found.stdout)["serial"] == one.line["serial"]
        with Fob(tmp_path / "two", "--tcp", "127.0.0.1:0", paired=False) as two:
            search = f"{one.port} {two.port}"
            both = run("provisioner", "--json", "info", FOBSMITH_SEARCH=search, FOBSMITH_PORT="")
            assert both.returncode == 2
            listed = json.loads(both.stdout)["error"]["candidates"]
            assert [one.line["serial"] in listed[0] + listed[1], two.line["serial"] in listed[0] + listed[1]]
            ports = run("provisioner", "--json", "ports", FOBSMITH_SEARCH=search, FOBSMITH_PORT="")
            states = {port["device"]: port["token_serial"] for port in json.loads(ports.stdout)["ports"]}
            assert states[one.port] == one.line["serial"]
            assert states[two.port] == two.line["serial"]
