"""The README's commands are those that there are: each is run, or is a target of the Makefile."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tokencore import base32
from tokencore.otp import totp

from tests.docs.pages import ROOT, blocks, run
from tests.e2e.fob import Fob

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
MAKE, START, DESK, SERVER = blocks("README.md")


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    assert MAKE == ["make demo", "make test"]
    told = run("make help", ROOT)
    for command in MAKE:
        assert re.search(rf"^{command.removeprefix('make ')} ", told, re.MULTILINE)


def test_the_first_token_by_hand(tmp_path: Path, monkeypatch) -> None:
    (start,) = START
    monkeypatch.setenv("PROVISIONER_KEY", str(tmp_path / "desk.key"))
    (tmp_path / "account.txt").write_text(f"otpauth://totp/ACME:alice?secret={SECRET}&issuer=ACME\n")
    with Fob(tmp_path / start.removeprefix("fobsim run --state "), paired=False) as fob:
        for command in [*DESK, *SERVER]:
            if command == "provisioner pair":
                fob.pair()
                continue
            code = totp(base32.decode(SECRET), int(time.time())) if " check " in command else ""
            run(command, tmp_path, code, FOBSMITH_PORT=fob.port, XDG_DATA_HOME=str(tmp_path / "data"))
    assert (tmp_path / "build/screen.png").read_bytes().startswith(b"\x89PNG")


def test_every_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"
