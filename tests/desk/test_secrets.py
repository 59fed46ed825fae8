"""A secret goes from a file, standard input or a prompt to the token, and is seen nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import traceback
from pathlib import Path

import pytest
from tokencore import base32, messages

from provisioner import LinkLost
from tests.desk.line import LineToken
from tests.desk.terminal import BIN
from tests.desk.test_cli import run

CANARY = "KRUGS4ZANFZSA5DIMUQGGYLOMFZHS"  # base32; as bytes it is text that would stand out
BYTES = base32.decode(CANARY)
URI = f"otpauth://totp/Example:alice?secret={CANARY}&issuer=Example"
GROUPED = " ".join(CANARY[at : at + 4] for at in range(0, len(CANARY), 4))
FORMS = [CANARY, CANARY.lower(), GROUPED, BYTES.decode(), BYTES.hex(), repr(BYTES)]


def clean(text: str) -> bool:
    squeezed = text.replace(" ", "").replace("\n", "").lower()
    parts = [form.replace(" ", "").lower() for form in FORMS]
    return not [part for part in parts if part in squeezed or part[:12] in squeezed or part[-12:] in squeezed]


def seen(result) -> str:
    trace = "".join(traceback.format_exception(*result.exc_info, chain=True)) if result.exc_info else ""
    return result.stdout + result.stderr + trace


@pytest.mark.parametrize("option", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    ("arguments", "given", "status"),
    [
        ((), URI, 0),
        (("--name", "n"), GROUPED, 0),
        ((), CANARY, 2),
        (("--name", "n"), CANARY + "1", 2),
        (("--name", "n"), "0" + CANARY, 2),
        ((), URI + "&digits=9", 2),
        ((), URI + "&secret=" + CANARY, 2),
        ((), URI.replace("secret=", "secret"), 2),
        ((), URI.replace("otpauth:", "http:"), 2),
        ((), URI + "\n" + URI, 2),
        ((), URI.replace("totp", CANARY), 2),
        ((), URI.replace("alice", "%zz" + CANARY), 2),
        ((), URI + "&" + CANARY, 2),
        (("--digits", "8"), URI, 2),
        (("--name", "n", "--digits", "9"), CANARY, 2),
        ((), "\udcff" + URI, 2),
    ],
)
def test_a_seed_from_standard_input_is_not_repeated(line, option, arguments, given, status) -> None:
    data = given.encode("utf-8", "surrogateescape")
    result = run("--port", line.port, *option, "add", *arguments, given=data, status=status)  # type: ignore[arg-type]
    assert clean(seen(result))


@pytest.mark.parametrize("option", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("add", URI),
        ("add", CANARY),
        ("add", GROUPED),
        ("add", *GROUPED.split()),
        ("add", "--name", "n", CANARY.lower()),
        ("add", BYTES.hex()),
        ("add", "seed.txt", CANARY),
        ("add", f"--secret={CANARY}"),
        ("add", "--secret", CANARY),
        ("add", "--digits", CANARY),
        ("add", "--kind", URI),
        ("add", f"--algorithm={URI}"),
        (CANARY,),
        (URI,),
        ("move", "alice", CANARY),
        ("remove", CANARY),
        ("remove", URI, CANARY),
        ("rename", CANARY),
        ("accounts", CANARY),
    ],
)
def test_a_seed_in_the_command_line_is_refused_and_not_repeated(line, option, arguments) -> None:
    result = run(
        "--port",
        line.port,
        *option,
        *arguments,
        status=1 if arguments[0] == "remove" and len(arguments) == 2 else 2,
    )
    assert clean(seen(result))
    assert len(line.vault) == 0
    if arguments in (("add", URI), ("add", CANARY)):
        advice = json.loads(result.stdout)["error"]["advice"] if option else result.stderr
        assert "replaced" in advice


def test_a_file_named_like_a_secret_is_read_if_it_is_there(line, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(CANARY).write_text(URI)
    run("--port", line.port, "add", CANARY)
    assert len(line.vault) == 1


def test_a_running_command_holds_no_secret_where_others_can_look(line, tmp_path: Path) -> None:
    """While the token is silent, the process list, its arguments and its environment are looked at."""
    line.to_host = lambda data: [] if "add" in line.asked() else [data]
    seed = tmp_path / "seed"
    seed.write_text(URI)
    with subprocess.Popen(
        [BIN / "provisioner", "--port", line.port, "add", seed],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while "add" not in line.asked():
            assert process.poll() is None
        about = Path(f"/proc/{process.pid}")
        if about.exists():
            assert clean((about / "cmdline").read_text() + (about / "environ").read_text())
        out, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert clean(out + err)


def test_a_lost_connection_in_the_middle_of_add_shows_no_secret() -> None:
    from tokencore.account import Account

    account = Account(BYTES, "alice")
    with LineToken() as line, line.open() as token:
        token.status()  # The channel is there.
        line.to_host = lambda data: []
        try:
            token.add(account)
        except LinkLost as error:
            trace = "".join(traceback.TracebackException.from_exception(error).format())
        assert clean(trace + repr(account) + str(vars(token)))


def test_no_command_reads_a_secret_back(line) -> None:
    line.presses = True  # the clock has never been set
    run("--port", line.port, "add", given=URI)
    told: list[bytes] = []

    def listen(data: bytes) -> list[bytes]:
        told.append(data)
        return [data]

    line.to_host = listen
    shown = "".join(
        seen(run("--port", line.port, *option, command))
        for option in ([], ["--json"])
        for command in ("info", "accounts", "ports", "sync")
    )
    assert clean(shown)
    assert told
    assert BYTES not in b"".join(told)
    assert not [
        field for command in messages.COMMANDS for field in command.response if field.name == "secret"
    ]


def test_nothing_is_written_beside_the_token(line, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    subprocess.run(
        [BIN / "provisioner", "--port", line.port, "add"],
        input=URI,
        text=True,
        env=env,
        check=True,
        cwd=tmp_path,
    )
    assert not list(tmp_path.rglob("*"))
