"""docs/verifier.md: its commands run in the order in which they stand, and its numbers are the policy's."""

import json
import math
import re
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tokencore import otpauth

from host_verify.cli import cli
from host_verify.core import LONGEST_LOCK, Reason
from host_verify.drift import Drift
from host_verify.losing import CODES
from host_verify.pace import PIN_STEP, REFUSAL_STEP
from host_verify.pins import LONGEST as LONGEST_PIN
from host_verify.pins import SHORTEST
from host_verify.policy import Policy
from host_verify.replacements import LONGEST, MOST
from host_verify.web.app import make_app
from host_verify.web.door import FRESH_SECONDS
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings
from host_verify.web.problems import LONGEST_BODY
from host_verify.windows import accepted_offsets
from tests.docs.pages import ROOT, commands

from . import importing
from .parts import account, code_at

PAGE = (ROOT / "docs/verifier.md").read_text()
FIRST, SECOND = account(secret=b"f" * 20), account(secret=b"s" * 20)
DRAWN = account(secret=b"d" * 20)


def test_the_commands_do_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    Path("account.txt").write_text(otpauth.build(FIRST))
    ran = 0
    for command in commands("docs/verifier.md"):
        name, *arguments = shlex.split(command)
        assert name == "host-verify"
        now = int(time.time())
        given = ""
        if "import" in arguments:
            given = prepared(tmp_path, arguments, now)
        elif "export" in arguments:
            given = "correct horse battery\n"
        elif "pin" in arguments:
            given = "4711"
        elif "find" in arguments:
            first = code_at(SECOND, now)
            given = f"{first}\n{code_at(SECOND, now + 30)}\n" if "--two" in arguments else f"{first}\n"
        elif "add" in arguments:
            given = otpauth.build(SECOND)
        elif "check" in arguments:
            # Twice in the page: a fresh code each time.
            given = code_at(SECOND, now if "--json" not in arguments else now + 30)
        elif "resync" in arguments:
            given = f"{code_at(SECOND, now + 600)}\n{code_at(SECOND, now + 630)}\n"
        if "FOBSMITH_KEY" in command:
            monkeypatch.setenv("FOBSMITH_KEY", next(tmp_path.glob("data/**/*.key")).read_text())
        if "ID" in arguments:
            listed = CliRunner().invoke(cli, ["--json", "token", "list", "--user", "alice"]).stdout
            token_id = re.search(r'"id": "([0-9a-f]{8})", "user": "alice", "serial": null', listed)[1]
            arguments = [token_id if argument == "ID" else argument for argument in arguments]
        if "DATE" in arguments:
            tomorrow = datetime.fromtimestamp(now + 86_400, UTC).date().isoformat()
            arguments = [tomorrow if argument == "DATE" else argument for argument in arguments]
        if "KEY" in arguments:
            listed = CliRunner().invoke(cli, ["--json", "apikey", "list"]).stdout
            arguments = [
                json.loads(listed)["keys"][0]["id"] if argument == "KEY" else argument
                for argument in arguments
            ]
        result = CliRunner().invoke(cli, arguments, input=given)
        assert result.exit_code == 0, (command, result.output)
        ran += 1
    assert ran >= 34
    assert Path("srv/verifier.db").exists()
    assert Path("keys/verifier.key").exists()


def prepared(folder: Path, arguments: list[str], now: int) -> str:
    """Put the file that is to be imported into `folder`; return what is to be given with it."""
    if "enrolled.json" in arguments:
        pem = CliRunner().invoke(cli, ["key", "show"]).stdout.encode()
        sealed = importing.entry(DRAWN, load_pem_public_key(pem).public_bytes_raw())
        (folder / "enrolled.json").write_text(json.dumps(importing.document(sealed)))
        return code_at(DRAWN, now)
    figure = json.loads((ROOT / "tests/vectors/rfc6030_pskc.json").read_text())["figures"]["7"]
    (folder / "tokens.xml").write_text(figure["xml"])
    return str(figure["value"]) + "\n"


def test_the_numbers_are_the_policys():
    policy = Policy()
    text = " ".join(PAGE.split())
    assert policy.window == 1
    assert "within one of the server's own" in text
    assert f"up to {policy.silence_window} steps on either side" in text
    assert f"within {policy.notice_window} steps of the expected one, or within one of the server" in text
    assert f"followed up to {policy.max_offset // 3600} hours and {policy.max_rate} ppm" in text
    assert f"The next counter and the {policy.look_ahead} after it" in text
    assert f"{policy.resync_window} steps to either side, or {policy.resync_window} counters ahead" in text
    waits = ", ".join(str(policy.throttle_seconds * (policy.throttle_after + n)) for n in range(3))
    assert f"({waits} s ...)" in text
    assert policy.lock_after == 10
    assert f"After ten the token is `locked` for {policy.lock_seconds // 60} minutes" in text
    locks = [policy.lock_seconds << n for n in range(LONGEST_LOCK)]
    within = sum(1 for n in range(len(locks)) if sum(locks[: n + 1]) <= 365 * 86_400)
    assert f"a guesser has {policy.lock_after + within} tries in the first year" in text
    assert f"ten codes (`--codes` another number, at most {MOST})" in text
    assert (CODES, LONGEST) == (10, 90 * 86_400)
    assert f"It has {SHORTEST} to {LONGEST_PIN} characters" in text
    assert f"of {PIN_STEP * 1000:.0f} ms where any user has a PIN" in text
    long_silent = Drift(0, 0.0, 0.0, 1e9, 0.0, 0.0)
    low, high = accepted_offsets(long_silent, 0, 30, policy)
    widest = math.ceil((high - low) / 30) + 1
    assert f"of at most {widest} after long silence" in text


def test_every_request_is_named_with_its_limits():
    page = make_app(Settings(None, None, Policy(), Rates())).openapi()
    for path, methods in page["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in PAGE
    text = " ".join(PAGE.split())
    rates = Rates()
    assert f"{rates.user} attempts a minute" in text
    assert f"{rates.key:,} requests a minute by one key, {rates.all:,} together" in text
    assert f"whole steps of {REFUSAL_STEP * 1000:.0f} ms" in text
    assert f"413 above {LONGEST_BODY // 1024} KiB" in text
    assert FRESH_SECONDS == 2.0
    assert "within two seconds" in text


def test_every_reason_is_named():
    for reason in Reason:
        assert f"`{reason}`" in PAGE
