"""docs/server.md: followed word for word on this machine, of which it changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, commands
from tests.e2e.fob import BIN, Fob

PAGE = "docs/server.md"
ELSEWHERE = ROOT / "tests/docs/elsewhere.sh"
_END = "-- that was"
_PROGRAMS = {
    "curl": "curl", "openssl": "openssl", "freeradius": "freeradius", "radclient": "freeradius-utils",
    "sshd": "openssh-server", "ssh": "openssh-client", "service": "init-system-helpers",
    "ip": "iproute2", "unshare": "util-linux", "/usr/lib/freeradius/rlm_rest.so": "freeradius-rest",
}  # fmt: skip


def why_not(folder: Path) -> str:
    """Why the page cannot be followed here; empty if it can."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    if missing := [package for name, package in _PROGRAMS.items() if not shutil.which(name, os.F_OK, path)]:
        return f"what the page installs is not there (Debian: {' '.join(missing)})"
    (folder / "nothing").mkdir()
    run = subprocess.run(
        [ELSEWHERE, folder / "nothing", "/dev/null"], capture_output=True, text=True, check=False
    )
    return f"no machine of its own can be had here: {run.stderr.strip()}" if run.returncode else ""


def followed(folder: Path, shown: list[str]) -> list[tuple[str, str]]:
    """Return the commands with what each printed; each has to succeed."""
    for name in ("docs", "host_verify"):
        (folder / name).symlink_to(ROOT / name)
    script = folder / "script"
    script.write_text("".join(f"{command}\necho '{_END}' $?\n" for command in shown))
    # Whoever is asked for a code, or whether that is the server, answers.
    asked = folder / "asked"
    asked.write_text(
        '#!/bin/bash\ncase "$1" in *yes/no*) echo yes; exit;; esac\n'
        + next(command for command in shown if command.startswith("code()"))
        + "\ncode\n"
    )
    asked.chmod(0o700)
    (folder / "system").mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOST_VERIFY")}
    environment |= {
        "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "SSH_ASKPASS": str(asked),
        "SSH_ASKPASS_REQUIRE": "force",
    }
    with (folder / "printed").open("w") as printed:
        subprocess.run(
            [ELSEWHERE, folder / "system", script], cwd=folder, env=environment, timeout=120, check=False,
            stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
        )  # fmt: skip
    parts = re.split(rf"{_END} (\d+)\n", (folder / "printed").read_text())
    for command, said, status in zip(shown, parts[::2], parts[1::2], strict=False):
        assert status == "0", (command, said, logs(folder))
    assert len(parts) == 2 * len(shown) + 1, parts[-1]
    return list(zip(shown, parts[::2], strict=False))


def seen_from_here() -> list[object]:
    """What the page changes, as this machine has it."""
    places = ("/etc/pam.d", "/etc/passwd", "/etc/freeradius/3.0/sites-enabled", "/etc/fobsmith", "/home")
    return [(place, os.stat(place).st_mtime_ns if os.path.exists(place) else None) for place in places]


def logs(folder: Path) -> str:
    return "\n".join(file.read_text() for file in sorted(folder.glob("build/*.log")))


def test_a_token_lets_its_user_in_at_every_door(tmp_path: Path) -> None:
    if reason := why_not(tmp_path):
        pytest.skip(reason)
    with Fob(tmp_path / "build/token"):
        pass
    before = seen_from_here()
    done = followed(tmp_path, commands(PAGE))

    def said(words: str) -> list[str]:
        return [text for command, text in done if re.search(words, command)]

    assert said(r"/v1/verify") == ['{"accepted":true,"reason":"accepted"}']
    assert [text.count("Received Access-Accept") for text in said("radclient")] == [1, 1]
    assert said("^ssh ")[0].splitlines()[-1] == "alice is in"
    (shown,) = said("audit show")
    doors = re.findall(r"^\d+ .*? (cli|http|radius) .* verify +accepted +alice ", shown, re.MULTILINE)
    assert doors == ["cli", "http", "radius", "http", "http", "http"]
    told = shown + logs(tmp_path)
    for secret in ("GEZDGNBVGY3TQOJQ", (tmp_path / "build/secret").read_text().strip()):
        assert secret not in told
    assert before == seen_from_here()
